import { createServer } from "node:net";

/**
 * A folder of loopback addresses that nobody uses, 127.X.0.0/24: every sidecar of a run gets an address of its own,
 * and so each may have the mesh's usual ports, however many runs there are on the machine.
 */
export async function freeLoopbackBlock(): Promise<(host: number) => string> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const block = 16 + Math.floor(Math.random() * 200);
    const address = (host: number) => `127.${block}.0.${host}`;
    if (await canListen(address(1), 15001)) return address;
  }
  throw new Error(
    "no free loopback address was found: the shop wants 127.X.0.1 to 127.X.0.5 for one X from 16 to 215. " +
      "Linux has them as it is; on macOS add them first (sudo ifconfig lo0 alias 127.16.0.1, and so on).",
  );
}

function canListen(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, host, () => server.close(() => resolve(true)));
  return promise;
}
