import type { ExportedAuthority, ExportedCertificate } from "../translate/entities.js";

/** Where certificates come from that entities name by ARN. Every call rejects with a CertificateError. */
export interface CertificateSource {
  /** A certificate of AWS Certificate Manager with its private key. */
  certificate(certificateArn: string): Promise<ExportedCertificate>;
  /** The certificate of an authority of AWS Private Certificate Authority. */
  authority(certificateAuthorityArn: string): Promise<ExportedAuthority>;
}

/** Why a certificate cannot be had, and what to do about it. Its text never holds anything of a private key. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}
