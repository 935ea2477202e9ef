import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";

/** Where a server listens. Port 0 takes any free one. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Reads `127.0.0.1:7070`, `localhost:0` or `[::1]:7070`; undefined for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host !== undefined && Number(port) <= 65535 ? { host, port: Number(port) } : undefined;
}

export const formatEndpoint = ({ host, port }: Endpoint): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** The address that a host name stands for on this machine, and whether only this machine can reach it. */
export async function resolveHost(host: string): Promise<{ address: string; isLoopback: boolean }> {
  const { address, family } = await lookup(host);
  return { address, isLoopback: loopback.check(address, family === 6 ? "ipv6" : "ipv4") };
}
