import { createPrivateKey, X509Certificate } from "node:crypto";
import type { CertifiedKey } from "../certificates.js";
import { CertificateError } from "../server-certificate.js";
import { type Authorities, authorityIdOf } from "./authorities.js";

/**
 * Has an authority that was made elsewhere, so that clients know it before the control plane has ever started, be the first
 * one of a store that has none. Throws CertificateError where it is no authority that can sign.
 */
export async function adoptAuthority(
  authorities: Authorities,
  given: CertifiedKey,
  log: { warn(fields: object, message: string): void },
): Promise<void> {
  const wrong = whatIsWrong(given);
  if (wrong !== undefined) {
    throw new CertificateError(
      `the authority in APPMESH_AUTHORITY_CERTIFICATE and APPMESH_AUTHORITY_PRIVATE_KEY cannot be used: ${wrong}. Give the PEM of ` +
        "one authority and its P-256 key, or neither, to have one made",
    );
  }
  if (await authorities.adopt("proxies", given)) return;
  log.warn(
    { given: authorityIdOf(given.certificate), signs: authorities.signerId("proxies") },
    "the store has had another authority before APPMESH_AUTHORITY_CERTIFICATE, and keeps it: clients are to trust that one",
  );
}

function whatIsWrong({ certificate, key }: CertifiedKey): string | undefined {
  try {
    if ((certificate.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length > 1)
      return "there is more than one certificate";
    const authority = new X509Certificate(certificate);
    if (!authority.ca) return "the certificate is not one of an authority";
    const own = createPrivateKey(key);
    if (!authority.checkPrivateKey(own)) return "the key is not the certificate's";
    // What the control plane signs with.
    if (own.asymmetricKeyDetails?.namedCurve !== "prime256v1") return "the key is not of the curve P-256";
    if (authority.validToDate.getTime() < Date.now()) return "the certificate has ended";
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
