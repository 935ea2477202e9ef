import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Logger } from "pino";
import { Ending } from "./identity/ending.js";
import { OwnCertificate } from "./identity/own-certificate.js";
import { type Proof, ProofError } from "./identity/proxies/proof.js";
import type { ProxyIdentities } from "./identity/proxies/proxy-identities.js";
import type { ProxyName } from "./identity/proxies/proxy-name.js";
import { CertificateError, readCertificate } from "./identity/server-certificate.js";
import type { Proxy } from "./translate/entities.js";
import { Http2Transport } from "./xds/http2-transport.js";
import type { RefusalLog } from "./xds/refusal-log.js";
import { type Authenticate, type Identity, Refusal, StatusCode } from "./xds/transport.js";

/** How the control plane shows proxies who it is: by a certificate in files, or one of its own authority, for these names. */
export type XdsCertificate =
  | { readonly certFile: string; readonly keyFile: string }
  | { readonly names: readonly string[] };

export interface ProxyAccessOptions {
  readonly identities: ProxyIdentities;
  /** The account of meshes whose owner proxies do not name. */
  readonly account: string;
  readonly certificate: XdsCertificate | undefined;
  readonly log: Logger;
  readonly refusals: RefusalLog;
  /** Called for each stream that is not let in. */
  readonly onRefused: (refusal: Refusal) => void;
}

const LOOK_MILLISECONDS = 2_000;

/** Lets proxies in by what they prove, and keeps what that needs up to date on all addresses where they are served. */
export class ProxyAccess {
  readonly #options: ProxyAccessOptions;
  readonly #transports = new Set<Http2Transport>();
  #tls: SecureContextOptions | undefined;
  readonly #own: OwnCertificate | undefined;
  readonly #ending = new Ending();
  #failed: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: ProxyAccessOptions) {
    this.#options = options;
    const { certificate, identities } = options;
    if (certificate && "names" in certificate)
      this.#own = new OwnCertificate(identities.authorities, certificate.names);
  }

  get identities(): ProxyIdentities {
    return this.#options.identities;
  }

  /** Throws CertificateError where there is no certificate that can be used. */
  static async open(options: ProxyAccessOptions): Promise<ProxyAccess> {
    const access = new ProxyAccess(options);
    if (options.certificate) {
      await access.#load();
      options.identities.authorities.onChanged(() => void access.reload());
      access.#timer = setInterval(() => void access.reload(), LOOK_MILLISECONDS).unref();
    }
    return access;
  }

  /** Plain text, for this machine alone: proxies need no proof, and are held to the one that they show. */
  loopback(): Http2Transport {
    return new Http2Transport({ authenticate: this.#authenticate(false) });
  }

  /** TLS. `proven`: whether proxies must prove who they are, or the network that reaches this says enough. */
  overTls(proven: boolean): Http2Transport {
    const transport = new Http2Transport({
      tls: this.#tls ?? {},
      authenticate: this.#authenticate(proven),
      secretsForAll: false,
    });
    this.#transports.add(transport);
    return transport;
  }

  /** Looks at once at what may have changed. */
  async reload(): Promise<void> {
    const before = JSON.stringify(this.#tls);
    try {
      await this.#load();
      this.#failed = undefined;
    } catch (error) {
      const { message } = error as Error;
      // Files are often written one after the other: said once for each failure, and tried again.
      if (message !== this.#failed) {
        this.#options.log.error(
          { err: error },
          "the certificate for proxies cannot be used; the last one stays",
        );
      }
      this.#failed = message;
      return;
    }
    if (JSON.stringify(this.#tls) === before) return;
    for (const transport of this.#transports) transport.setTls(this.#tls ?? {});
    this.#options.log.info("what proxies are shown and believed by has changed, for new connections");
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tellEnding(certFile: string): void {
    const news = this.#ending.news(String(this.#tls?.cert));
    if (news)
      this.#options.log[news.hasEnded ? "error" : "warn"](
        { certFile },
        `the certificate for proxies ${news.message}`,
      );
  }

  async #load(): Promise<void> {
    const { certificate, identities } = this.#options;
    if (certificate === undefined) return;
    const shown = "certFile" in certificate ? readCertificate(certificate) : await this.#own?.current();
    this.#tls = { ...shown, ca: identities.trust() };
    if ("certFile" in certificate) this.#tellEnding(certificate.certFile);
  }

  #authenticate(proven: boolean): Authenticate {
    const { identities } = this.#options;
    return async ({ tls, authorization, peer }) => {
      try {
        const proof = await identities.prove({ tls, authorization });
        if (proof === undefined && proven) throw nothingShown;
        return proof && this.#identity(proof);
      } catch (error) {
        const refusal = refusalOf(error);
        this.#options.onRefused(refusal);
        this.#options.refusals.tell({ peer, code: refusal.code }, `proxy refused: ${refusal.message}`);
        throw refusal;
      }
    };
  }

  #identity(proof: Proof): Identity {
    const { identities, account } = this.#options;
    const kind = { certificate: "certificate", token: "token", serviceAccount: "service account" }[
      proof.kind
    ];
    return {
      description: `${kind} ${proof.id}`,
      check: (proxy) => {
        try {
          identities.check(proof, nameOf(proxy, account));
        } catch (error) {
          throw refusalOf(error);
        }
      },
    };
  }
}

const nameOf = ({ meshName, meshOwner, kind, name }: Proxy, account: string): ProxyName => ({
  meshName,
  meshOwner: meshOwner ?? account,
  kind,
  name,
});

const nothingShown = new ProofError(
  "unauthenticated",
  "the proxy has not shown who it is: give it a certificate or a token, by appmesh identities issue",
);

const codes = {
  unauthenticated: StatusCode.unauthenticated,
  denied: StatusCode.permissionDenied,
  unavailable: StatusCode.unavailable,
} as const;

function refusalOf(error: unknown): Refusal {
  if (error instanceof ProofError) return new Refusal(codes[error.code], error.message);
  throw error;
}

/** Authorities in PEM files, as they are at any time. Throws CertificateError where one holds none at the start. */
export function authoritiesIn(files: readonly string[], log: Logger): () => readonly string[] {
  let texts = files.map(readAuthorities);
  let readAt = performance.now();
  return () => {
    if (performance.now() - readAt < LOOK_MILLISECONDS) return texts;
    readAt = performance.now();
    texts = files.map((file, i) => {
      try {
        return readAuthorities(file);
      } catch (error) {
        log.error({ err: error }, "an authority of proxies cannot be read; the last one stays");
        return texts[i] as string;
      }
    });
    return texts;
  };
}

function readAuthorities(file: string): string {
  try {
    const text = readFileSync(file, "utf8");
    if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new Error("there is no certificate in it");
    createSecureContext({ ca: text });
    return text;
  } catch (error) {
    throw new CertificateError(
      `the authority of proxies in ${file} cannot be used: ${(error as Error).message}. It must be PEM`,
      { cause: error },
    );
  }
}
