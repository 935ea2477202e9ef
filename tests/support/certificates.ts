// Certificates for tests: authorities, servers and clients, also ones that are not, or no longer, to be believed.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CertifiedKey,
  issueCertificate,
  makeAuthority,
  type Validity,
} from "@pulumi-appmesh/control-plane/identity/certificates.js";
import { temporaryFolder } from "./control-plane.js";

export type { CertifiedKey } from "@pulumi-appmesh/control-plane/identity/certificates.js";

export interface IssueOptions {
  /** Default: `test`. */
  readonly commonName?: string;
  /** DNS names and IP addresses. Default: none. */
  readonly names?: readonly string[];
  /** URIs, such as `spiffe://shop/catalog`. Default: none. */
  readonly uris?: readonly string[];
  /** Default: both, as App Mesh's proxies use one certificate for both sides. */
  readonly usages?: readonly ("server" | "client")[];
  /** When it is valid. Default: now. */
  readonly when?: When;
}

type When = "now" | "expired" | "not yet";

/** A certificate with those between it and the root, as servers present it; and all of it in files. */
export interface Issued extends CertifiedKey {
  /** PEM: the certificate, and then its issuers up to, and without, the root. */
  readonly chain: string;
  readonly chainFile: string;
  readonly keyFile: string;
}

export class TestAuthority {
  private constructor(
    private readonly own: CertifiedKey,
    private readonly above: string,
  ) {
    this.certificate = own.certificate;
    this.certificateFile = file("ca.pem", own.certificate);
  }

  /** PEM: what clients are to trust. */
  readonly certificate: string;
  readonly certificateFile: string;

  static async make(commonName = "Test CA", when: When = "now"): Promise<TestAuthority> {
    return new TestAuthority(await makeAuthority(commonName, validity(when)), "");
  }

  async intermediate(commonName = "Test intermediate CA", when: When = "now"): Promise<TestAuthority> {
    const own = await makeAuthority(commonName, validity(when), this.own);
    return new TestAuthority(own, own.certificate + this.above);
  }

  async issue(options: IssueOptions = {}): Promise<Issued> {
    const { commonName = "test", usages = ["server", "client"], when = "now", ...names } = options;
    const issued = await issueCertificate(this.own, { commonName, usages, ...validity(when), ...names });
    const chain = issued.certificate + this.above;
    return { ...issued, chain, chainFile: file("chain.pem", chain), keyFile: file("key.pem", issued.key) };
  }
}

function validity(when: When): Validity {
  const hour = 60 * 60 * 1000;
  const [from, to] = { now: [-24, 24], expired: [-48, -24], "not yet": [24, 48] }[when] as [number, number];
  return { notBefore: new Date(Date.now() + from * hour), notAfter: new Date(Date.now() + to * hour) };
}

function file(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
