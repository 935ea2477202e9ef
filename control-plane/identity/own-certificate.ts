import type { SecureContextOptions } from "node:tls";
import { issueCertificate } from "./certificates.js";
import type { Authorities } from "./proxies/authorities.js";

const DAY = 24 * 60 * 60 * 1000;
/** The longest that all clients take. */
const SERVER_DAYS = 397;
/** How long before its end a certificate is replaced. */
const RENEWAL_DAYS = 30;

/** A server's certificate of the authority that the store has, kept in memory: each replica has one of its own. */
export class OwnCertificate {
  #made: { readonly signer: string; readonly until: number; readonly tls: SecureContextOptions } | undefined;

  constructor(
    private readonly authorities: Authorities,
    private readonly names: readonly string[],
  ) {}

  /** The one to show now: another where another authority signs, or where the last one ends soon. */
  async current(now = Date.now()): Promise<SecureContextOptions> {
    const signer = await this.authorities.signer("proxies");
    const made = this.#made;
    if (made?.signer === signer.certificate && made.until > now + RENEWAL_DAYS * DAY) return made.tls;
    const until = now + SERVER_DAYS * DAY;
    const { certificate, key } = await issueCertificate(signer, {
      commonName: "appmesh serve",
      names: this.names,
      usages: ["server"],
      // Clocks may be apart.
      notBefore: new Date(now - DAY / 24),
      notAfter: new Date(until),
    });
    const tls = { cert: certificate, key, minVersion: "TLSv1.2" } as const;
    this.#made = { signer: signer.certificate, until, tls };
    return tls;
  }
}
