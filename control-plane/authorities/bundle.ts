import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { issueCertificate } from "../identity/certificates.js";
import type { PlacedAuthority, PlacedCertificates } from "../identity/issuer.js";
import { CertificateError } from "../identity/server-certificate.js";

/** An authority of the user's own: its certificate, those above it up to the root, and its key, all PEM, in one text. */
export function fromBundle(text: string, place: string): PlacedAuthority {
  const key = keyIn(text, place);
  const found = chainOf(text, place);
  if (!new X509Certificate(found.certificate).checkPrivateKey(key)) {
    throw unusable(
      place,
      "the key is not that of the first certificate. Put the certificate of what signs first",
    );
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw unusable(place, "the key is not one of the curve P-256, with which the control plane signs");
  }
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  return {
    ...found,
    issue: (options) => issueCertificate({ certificate: found.certificate, key: pem }, options),
  };
}

/** The certificates of an authority, what signs first and the root last. Throws CertificateError where they are none. */
export function chainOf(text: string, place: string): PlacedCertificates {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const [first, ...others] = found.map((pem) => certificateOf(pem, place));
  if (first === undefined) throw unusable(place, "there is no certificate in it. It must be PEM");
  const chain = [first];
  for (let last = first; !isRoot(last); ) {
    const above = others.find((other) => last.checkIssued(other) && last.verify(other.publicKey));
    if (above === undefined || chain.includes(above)) {
      throw unusable(
        place,
        `the certificate of ${inOneLine(last.issuer)} is missing. Add those above the authority's, up to the root: it is what is trusted`,
      );
    }
    chain.push(above);
    last = above;
  }
  for (const certificate of chain) {
    const who = inOneLine(certificate.subject);
    if (!certificate.ca) throw unusable(place, `the certificate of ${who} is not one of an authority`);
    if (certificate.validToDate.getTime() <= Date.now()) {
      throw unusable(
        place,
        `the certificate of ${who} has ended, ${certificate.validToDate.toISOString()}. Give one that is valid`,
      );
    }
  }
  const [certificate = "", ...above] = chain.map((of) => of.toString());
  return { certificate, issuers: above.slice(0, -1).join(""), anchor: above.at(-1) ?? certificate };
}

export const unusable = (place: string, reason: string): CertificateError =>
  new CertificateError(`the authority at ${place} cannot be used: ${reason}`);

const isRoot = (certificate: X509Certificate): boolean =>
  certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);

const inOneLine = (name: string): string => `"${name.replaceAll("\n", ", ")}"`;

function certificateOf(pem: string, place: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw unusable(place, `a certificate in it cannot be read: ${(error as Error).message}`);
  }
}

function keyIn(text: string, place: string): KeyObject {
  const [pem] =
    /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[^-]+-----END ([A-Z]+ )?PRIVATE KEY-----/.exec(text) ?? [];
  if (pem === undefined) {
    throw unusable(place, "there is no private key in it. It must be PEM, without a passphrase");
  }
  try {
    return createPrivateKey(pem);
  } catch {
    // The reason could hold something of it.
    throw unusable(place, "the private key in it cannot be read. It must be PEM, without a passphrase");
  }
}
