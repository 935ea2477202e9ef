import { createServer } from "node:net";

/** Listens for a moment, which shows that one can. Port 0 finds a free one. */
export function tryListening(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
