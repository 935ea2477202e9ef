import { join } from "node:path";
import type { SecureContextOptions, Server } from "node:tls";
import type { Logger } from "pino";
import { DAY, OwnCertificate, ownNames } from "./identity/own-certificate.js";
import type { Authorities } from "./identity/proxies/authorities.js";
import { selfSigned } from "./identity/self-signed.js";
import { CertificateError, ServerCertificate } from "./identity/server-certificate.js";

/** How the API shows who it is: by a certificate in files, or by one of an authority of its own, for further names. */
export type ApiTls =
  | { readonly certFile: string; readonly keyFile: string }
  | { readonly names: readonly string[] };

/** What a server shows of itself, kept up to date. */
export interface ShownCertificate {
  readonly tls: SecureContextOptions;
  follow(server: Server): void;
  /** Looks at once whether there is another. */
  reload(): void;
}

export interface OpenTlsOptions {
  readonly data: string;
  readonly host: string;
  /** Those that the store has, where others share it: clients then trust all replicas alike. Default: one in `data`. */
  readonly authorities: Authorities | undefined;
  readonly log: Logger;
}

export interface OpenedTls {
  readonly certificate: ShownCertificate;
  /** What clients are to trust, where the authority is the control plane's own. */
  readonly caFile: string | undefined;
  close(): void;
}

/** Throws CertificateError where there is no certificate that can be used. */
export async function openTls(
  tls: ApiTls,
  { data, host, authorities, log }: OpenTlsOptions,
): Promise<OpenedTls> {
  const events = {
    onReloaded: () => log.info("the API's certificate has changed, and is in use for new connections"),
    onFailure: (error: CertificateError) =>
      log.error({ err: error }, "the API's certificate has changed and cannot be used; the last one stays"),
  };
  if ("certFile" in tls) {
    const onEnding = ({ hasEnded, message }: { hasEnded: boolean; message: string }) =>
      log[hasEnded ? "error" : "warn"]({ certFile: tls.certFile }, `the API's certificate ${message}`);
    const certificate = ServerCertificate.open({ ...tls, ...events, onEnding });
    return { certificate, caFile: undefined, close: () => certificate.close() };
  }
  const names = ownNames([host], tls.names);
  if (authorities) return ofShared(authorities, names, log);
  const folder = join(data, "tls");
  const { caFile, ...files } = await made(folder, names);
  const certificate = ServerCertificate.open({ ...files, ...events });
  // A control plane that runs for a year must not wait for its next start to have its certificate replaced.
  const renewal = setInterval(() => {
    made(folder, names).catch((err) => log.error({ err }, "the API's certificate could not be renewed"));
  }, DAY).unref();
  return {
    certificate,
    caFile,
    close: () => {
      clearInterval(renewal);
      certificate.close();
    },
  };
}

async function ofShared(authorities: Authorities, names: readonly string[], log: Logger): Promise<OpenedTls> {
  const own = new OwnCertificate(authorities, names);
  let tls = await own.current();
  let server: Server | undefined;
  const reload = () => {
    own.current().then(
      (found) => {
        if (found === tls) return;
        tls = found;
        server?.setSecureContext(found);
        log.info("the API's certificate has changed, and is in use for new connections");
      },
      (err) => log.error({ err }, "the API's certificate could not be renewed"),
    );
  };
  authorities.onChanged(reload);
  const renewal = setInterval(reload, DAY).unref();
  log.info(
    { trust: authorities.trust("proxies") },
    "clients of the API are to trust the store's own authority",
  );
  return {
    certificate: {
      get tls() {
        return tls;
      },
      follow: (followed) => {
        server = followed;
      },
      reload,
    },
    caFile: undefined,
    close: () => clearInterval(renewal),
  };
}

async function made(folder: string, names: readonly string[]) {
  try {
    return await selfSigned(folder, names);
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    throw new CertificateError(`no certificate can be made in ${folder}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
