// Addresses of the loopback range that no other test uses: an explicit proxy has fixed ports.
import { createServer } from "node:net";

/** An address of 127.0.0.0/8 on which nobody listens at these ports. */
export async function loopbackAddress(...ports: readonly number[]): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const octet = () => 1 + Math.floor(Math.random() * 250);
    const address = `127.${octet()}.${octet()}.${octet()}`;
    if ((await Promise.all([15001, ...ports].map((port) => isFree(address, port)))).every(Boolean))
      return address;
  }
  throw new Error("no free loopback address was found");
}

/**
 * A port on which nobody listens, for who is told it and binds it later. It is none of those that the machine gives to
 * whoever asks for any port, connections too: one of these could have it meanwhile.
 */
export async function freePort(address = "127.0.0.1"): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(address, port)) return port;
  }
  throw new Error(`no free port was found on ${address}`);
}

const isFree = (address: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
