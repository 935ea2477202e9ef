import type { Instance } from "../translate/entities.js";

/** A service of AWS Cloud Map, by its names. */
export interface CloudMapService {
  readonly namespaceName: string;
  readonly serviceName: string;
}

/** What Cloud Map knows of a service at one moment. */
export interface Discovered {
  /** In the order of their ids, healthy or not. */
  readonly instances: readonly Instance[];
  /** Grows whenever an instance comes or goes. undefined where Cloud Map told none. */
  readonly revision: number | undefined;
  /** Cloud Map checks the health of these instances, which changes without a new revision. */
  readonly checked: boolean;
}

/** AWS Cloud Map, as far as proxies need it. Every call rejects with a CloudMapError. */
export interface CloudMap {
  discover(service: CloudMapService): Promise<Discovered>;
  /** A cheaper question than the above: whether its answer would be another. */
  revision(service: CloudMapService): Promise<number | undefined>;
}

/** Why a service cannot be looked up, and what to do about it. */
export class CloudMapError extends Error {
  override readonly name = "CloudMapError";
}
