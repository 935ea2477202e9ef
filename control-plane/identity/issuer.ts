import { X509Certificate } from "node:crypto";
import { type CertifiedKey, issueCertificate, type LeafOptions, type Signer } from "./certificates.js";
import { CertificateError } from "./server-certificate.js";

/** What an authority issued: a certificate with its key, and those between it and what is trusted, all PEM. */
export interface Issued extends CertifiedKey {
  readonly issuers: string;
}

/** An authority at work, wherever its key is. */
export interface Issuer {
  /** The certificate of what signs, PEM. */
  readonly certificate: string;
  /** Never one that ends after what signs it. */
  issue(options: LeafOptions): Promise<Issued>;
}

/** What is known of an authority whose key is not in the store: nothing of it is secret. All PEM. */
export interface PlacedCertificates {
  /** Of what signs. */
  readonly certificate: string;
  /** Those above it, up to, and without, the one that is trusted. */
  readonly issuers: string;
  /** What is to be trusted: a root, which may be the certificate itself. */
  readonly anchor: string;
}

export interface PlacedAuthority extends PlacedCertificates {
  issue(options: LeafOptions): Promise<CertifiedKey>;
}

/** What has an authority's key cannot be asked now. It may be again soon. */
export class AuthorityAway extends CertificateError {}

/** Where keys of authorities are that are not in the store. */
export interface AuthorityPlaces {
  /**
   * What is at a place. `known`: what was there before, where a place has a key alone, and its certificate is to be made
   * once. Rejects with a CertificateError that names the place, what is wrong, and the way out.
   */
  open(place: string, commonName: string, known: PlacedCertificates | undefined): Promise<PlacedAuthority>;
}

/** An authority that signs by itself. */
export const issuerOf = (
  { certificate, ...by }: { readonly certificate: string } & Signer,
  issuers = "",
): Issuer => ({
  certificate,
  issue: async (options) => ({
    ...(await issueCertificate({ certificate, ...by }, withinLife(options, certificate))),
    issuers,
  }),
});

/** What an authority signs is worth nothing once it has ended itself. */
export function withinLife(options: LeafOptions, authority: string): LeafOptions {
  const notAfter = new X509Certificate(authority).validToDate;
  return options.notAfter <= notAfter ? options : { ...options, notAfter };
}
