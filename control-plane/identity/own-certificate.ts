import { X509Certificate } from "node:crypto";
import type { SecureContextOptions } from "node:tls";
import type { Issued, Issuer } from "./issuer.js";
import type { Authorities } from "./proxies/authorities.js";

export const DAY = 24 * 60 * 60 * 1000;
/** The longest that all clients take. */
const SERVER_DAYS = 397;
/** How long before its end a certificate is replaced. */
const RENEWAL_DAYS = 30;

/** Clocks may be apart: valid since an hour ago. */
export const validity = (now: number, days: number) => ({
  notBefore: new Date(now - DAY / 24),
  notAfter: new Date(now + days * DAY),
});

export const endsSoon = (end: number, now: number): boolean => end <= now + RENEWAL_DAYS * DAY;

/** By which the control plane shows clients who it is. */
export const issueServerCertificate = (
  authority: Issuer,
  names: readonly string[],
  now: number,
): Promise<Issued> =>
  authority.issue({
    commonName: "appmesh serve",
    names,
    usages: ["server"],
    ...validity(now, SERVER_DAYS),
  });

/** The names of this machine's loopback, of the hosts on which a server listens, and further ones by which clients call it. */
export function ownNames(hosts: readonly string[], further: readonly string[]): readonly string[] {
  // Nobody calls a host by the address that stands for all of its addresses.
  const called = hosts.filter((host) => !["0.0.0.0", "::"].includes(host));
  return [...new Set(["localhost", "127.0.0.1", "::1", ...called, ...further])];
}

/** A server's certificate of the authority that the store has, kept in memory: each replica has one of its own. */
export class OwnCertificate {
  #made: { readonly signer: string; readonly until: number; readonly tls: SecureContextOptions } | undefined;
  #making: { readonly signer: string; readonly tls: Promise<SecureContextOptions> } | undefined;

  constructor(
    private readonly authorities: Authorities,
    private readonly names: readonly string[],
  ) {}

  /** The one to show now: another where another authority signs, or where the last one ends soon. */
  async current(now = Date.now()): Promise<SecureContextOptions> {
    const signer = await this.authorities.signer("proxies");
    const made = this.#made;
    if (made?.signer === signer.certificate && !endsSoon(made.until, now)) return made.tls;
    // Asked every few seconds while what signs is slow, one is waited for, and not another one asked for each time.
    if (this.#making?.signer === signer.certificate) return this.#making.tls;
    const making = { signer: signer.certificate, tls: this.#make(signer, now) };
    this.#making = making;
    try {
      return await making.tls;
    } finally {
      if (this.#making === making) this.#making = undefined;
    }
  }

  async #make(signer: Issuer, now: number): Promise<SecureContextOptions> {
    const { certificate, issuers, key } = await issueServerCertificate(signer, this.names, now);
    const tls = { cert: certificate + issuers, key, minVersion: "TLSv1.2" } as const;
    const until = new X509Certificate(certificate).validToDate.getTime();
    this.#made = { signer: signer.certificate, until, tls };
    return tls;
  }
}
