import type { ProxyName } from "./proxy-name.js";

/** What a proxy has shown of itself, once that has turned out to be genuine. Times are seconds since 1970. */
export interface Proof {
  readonly kind: "certificate" | "token" | "serviceAccount";
  /** The certificate's serial number, the token's id, or NAMESPACE:NAME of the service account. Nothing secret. */
  readonly id: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The proxies that it is a proof of; undefined for service accounts, for which the mesh says it. */
  readonly proxies: readonly ProxyName[] | undefined;
  /** Whether what it was signed with is still believed. */
  isBelieved(): boolean;
}

/** Why a proxy is not admitted. The message is for the proxy's log: it tells nothing that is secret. */
export class ProofError extends Error {
  override readonly name = "ProofError";
  constructor(
    /** `unauthenticated`: nothing was shown, or nothing genuine. `denied`: it is a proof of something else. */
    readonly code: "unauthenticated" | "denied" | "unavailable",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
