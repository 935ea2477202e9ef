import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions, type Server } from "node:tls";
import { Ending } from "./ending.js";

/** A certificate and its key in PEM files, which may be one and the same. The certificate comes first in its chain. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** TLS 1.2 is the oldest that is not deprecated (RFC 8996), and the AWS SDKs' least. */
const MIN_VERSION = "TLSv1.2";
/** How often the files are looked at. */
const LOOK_MILLISECONDS = 2_000;

/** Says in `message` what is wrong with which file. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

export interface ServerCertificateOptions extends CertificateFiles {
  readonly onReloaded?: () => void;
  /** The files have changed and cannot be used: the server goes on with what it has. */
  readonly onFailure?: (error: CertificateError) => void;
  /** The certificate ends soon, or has ended. */
  readonly onEnding?: (news: { readonly hasEnded: boolean; readonly message: string }) => void;
}

/** What a server shows of itself, from files: whenever they change to a pair that fits, new connections are shown that one. */
export class ServerCertificate {
  readonly #options: ServerCertificateOptions;
  #current: string;
  #failed: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #server: Server | undefined;
  readonly #ending = new Ending();

  private constructor(options: ServerCertificateOptions, current: string) {
    this.#options = options;
    this.#current = current;
    this.#tellEnding();
  }

  /** Throws CertificateError where the files cannot be read, or do not fit. */
  static open(options: ServerCertificateOptions): ServerCertificate {
    return new ServerCertificate(options, JSON.stringify(readCertificate(options)));
  }

  /** What the server is to be made with. */
  get tls(): SecureContextOptions {
    return JSON.parse(this.#current) as SecureContextOptions;
  }

  /** Keeps the server's certificate up to date from now on. */
  follow(server: Server): void {
    this.#server = server;
    this.#timer = setInterval(() => this.reload(), LOOK_MILLISECONDS).unref();
  }

  /** Looks at the files at once. */
  reload(): void {
    this.#read();
    this.#tellEnding();
  }

  #tellEnding(): void {
    const news = this.#ending.news(String(this.tls.cert));
    if (news) this.#options.onEnding?.(news);
  }

  #read(): void {
    let found: string;
    try {
      found = JSON.stringify(readCertificate(this.#options));
    } catch (error) {
      // Files are often written one after the other: said once for each failure, and tried again.
      const { message } = error as CertificateError;
      if (message !== this.#failed) this.#options.onFailure?.(error as CertificateError);
      this.#failed = message;
      return;
    }
    this.#failed = undefined;
    if (found === this.#current) return;
    this.#current = found;
    this.#server?.setSecureContext(this.tls);
    this.#options.onReloaded?.();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** What a server shows of itself, as it is in its files now. Throws CertificateError. */
export function readCertificate({ certFile, keyFile }: CertificateFiles): SecureContextOptions {
  const tls = {
    cert: readPem(certFile, "certificate"),
    key: readPem(keyFile, "private key"),
    minVersion: MIN_VERSION,
  } as const;
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new CertificateError(
      `the certificate in ${certFile} and the private key in ${keyFile} cannot be used: ${(error as Error).message}. ` +
        "Both must be PEM, the server's own certificate the first one, and the key its own and without a passphrase",
      { cause: error },
    );
  }
  return tls;
}

function readPem(file: string, what: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CertificateError(`the ${what} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  // To OpenSSL, nothing is no certificate, and no error: the server would listen, and nobody could connect.
  if (text.trim() === "") throw new CertificateError(`the ${what} cannot be used: ${file} is empty`);
  return text;
}
