import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "./server.js";

/** Resident memory of a server, in KiB. */
export interface Memory {
  readonly server: string;
  /** With its resources and no proxy, after a collection of garbage. */
  readonly empty: number;
  /** With all proxies, just after pushes, as the machine sees it. */
  readonly asItIs: number;
  /** With all proxies, after a collection of garbage. */
  readonly collected: number;
  readonly proxies: number;
}

export async function collectedKiB(server: Server): Promise<number> {
  // Twice: what finalizers let go of in the first goes in the second.
  for (let i = 0; i < 2; i++) {
    await server.collectGarbage();
    await sleep(300);
  }
  return server.program.residentKiB();
}

export async function memory(server: Server, empty: number, proxies: number): Promise<Memory> {
  const asItIs = server.program.residentKiB();
  return { server: server.name, empty, asItIs, collected: await collectedKiB(server), proxies };
}
