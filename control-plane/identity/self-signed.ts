import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CertifiedKey, makeAuthority } from "./certificates.js";
import { issuerOf } from "./issuer.js";
import { DAY, endsSoon, issueServerCertificate, validity } from "./own-certificate.js";
import { CertificateError, type CertificateFiles } from "./server-certificate.js";

/** A server certificate of an authority that the control plane made for itself. */
export interface SelfSigned extends CertificateFiles {
  /** What clients are to trust. */
  readonly caFile: string;
}

const AUTHORITY_DAYS = 10 * 365;

/**
 * Makes an authority and a server certificate in `folder`, or finds those that are there. The authority is made once;
 * a certificate is made anew where it is for other names, or ends within 30 days. The folder must be this process's own.
 */
export async function selfSigned(
  folder: string,
  names: readonly string[],
  now = Date.now(),
): Promise<SelfSigned> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const caFile = join(folder, "ca.pem");
  const authority = await authorityIn(folder, caFile, now);
  // One file for both, so that no crash can leave two that do not fit.
  const file = join(folder, "server.pem");
  if (!isGood(file, authority, names, now)) {
    const server = await issueServerCertificate(issuerOf(authority), names, now);
    writeWhole(file, server.certificate + server.key, 0o600);
  }
  return { caFile, certFile: file, keyFile: file };
}

async function authorityIn(folder: string, caFile: string, now: number): Promise<CertifiedKey> {
  const keyFile = join(folder, "ca-key.pem");
  if (!existsSync(caFile)) {
    const made = await makeAuthority("appmesh serve's own authority", validity(now, AUTHORITY_DAYS));
    // The certificate last: where it is, all is.
    writeWhole(keyFile, made.key, 0o600);
    writeWhole(caFile, made.certificate, 0o644);
    return made;
  }
  try {
    const [certificate, key] = [readFileSync(caFile, "utf8"), readFileSync(keyFile, "utf8")];
    const authority = new X509Certificate(certificate);
    if (!authority.checkPrivateKey(createPrivateKey(key)))
      throw new Error("the key is not the certificate's");
    if (authority.validToDate.getTime() < now + DAY) throw new Error("the certificate has ended");
    return { certificate, key };
  } catch (error) {
    throw new CertificateError(
      `the authority in ${caFile} and ${keyFile} cannot be used: ${(error as Error).message}. ` +
        `Put both back, or remove ${folder} to have another one made, which clients must then be given`,
      { cause: error },
    );
  }
}

function isGood(file: string, issuer: CertifiedKey, names: readonly string[], now: number): boolean {
  try {
    const text = readFileSync(file, "utf8");
    const certificate = new X509Certificate(text);
    return (
      certificate.verify(new X509Certificate(issuer.certificate).publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(text)) &&
      !endsSoon(certificate.validToDate.getTime(), now) &&
      names.every((name) => certificate.checkHost(name) ?? certificate.checkIP(name))
    );
  } catch {
    // There is none, or none that can be read.
    return false;
  }
}

function writeWhole(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}
