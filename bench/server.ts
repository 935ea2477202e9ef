import type { Awaited } from "./fleet.js";
import type { Program } from "./processes.js";

/** One change of the mesh: a route's weights, or the host name of a virtual node. */
export type Change =
  | { readonly weights: readonly [number, number]; readonly firstTarget: string }
  | { readonly hostname: string };

/** A server under measurement. */
export interface Server {
  readonly name: string;
  readonly program: Program;
  /** HOST:PORT of its ADS. */
  readonly xds: string;
  start(): Promise<void>;
  /** Resolves with the API's answer. */
  apply(change: Change, awaited: Awaited): Promise<void>;
  /** So that memory in use is told from memory that could be given back. */
  collectGarbage(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}
