import { filePath } from "../file-path.js";
import { arn } from "../names.js";
import { type Infer, list, optional, required, string, structure, union } from "../shape.js";
import { sdsSecretName } from "./certificate.js";

export const SubjectAlternativeNameMatchers = structure(
  "SubjectAlternativeNameMatchers",
  "Which subject alternative names are accepted.",
  {
    exact: required(
      list(string({ minLength: 1, maxLength: 254 })),
      "Accepted names, each 1 to 254 characters: host names, or URIs such as SPIFFE IDs. One of them must be in the certificate.",
    ),
  },
);
export type SubjectAlternativeNameMatchers = Infer<typeof SubjectAlternativeNameMatchers>;

export const SubjectAlternativeNames = structure(
  "SubjectAlternativeNames",
  "The subject alternative names that a peer's certificate must carry.",
  { match: required(SubjectAlternativeNameMatchers, "Which names are accepted.") },
);
export type SubjectAlternativeNames = Infer<typeof SubjectAlternativeNames>;

export const TlsValidationContextFileTrust = structure(
  "TlsValidationContextFileTrust",
  "Trusted certificate authorities in a file that the proxy reads.",
  {
    certificateChain: required(
      filePath,
      "File with the certificates of the trusted authorities in PEM. A path of 1 to 255 characters.",
    ),
  },
);
export type TlsValidationContextFileTrust = Infer<typeof TlsValidationContextFileTrust>;

export const TlsValidationContextSdsTrust = structure(
  "TlsValidationContextSdsTrust",
  "Trusted certificate authorities that the proxy gets from a secret discovery service beside it, such as SPIRE's agent.",
  { secretName: required(sdsSecretName, "Name of the secret, such as the SPIFFE ID of the trust domain.") },
);
export type TlsValidationContextSdsTrust = Infer<typeof TlsValidationContextSdsTrust>;

export const TlsValidationContextAcmTrust = structure(
  "TlsValidationContextAcmTrust",
  "Trusted certificate authorities in AWS Private Certificate Authority.",
  {
    certificateAuthorityArns: required(
      list(arn, { minItems: 1, maxItems: 3 }),
      "ARNs of the authorities, 1 to 3.",
    ),
  },
);
export type TlsValidationContextAcmTrust = Infer<typeof TlsValidationContextAcmTrust>;

const file = optional(TlsValidationContextFileTrust, "From a file that the proxy reads.");
const sds = optional(TlsValidationContextSdsTrust, "From a secret discovery service beside the proxy.");

export const TlsValidationContextTrust = union(
  "TlsValidationContextTrust",
  "Where a client's proxy gets the certificate authorities that it trusts. Exactly one member is given.",
  { acm: optional(TlsValidationContextAcmTrust, "From AWS Private Certificate Authority."), file, sds },
);
export type TlsValidationContextTrust = Infer<typeof TlsValidationContextTrust>;

export const TlsValidationContext = structure(
  "TlsValidationContext",
  "How a client's proxy checks the certificate of the service that it calls.",
  {
    trust: required(TlsValidationContextTrust, "Certificate authorities that are trusted."),
    subjectAlternativeNames: optional(
      SubjectAlternativeNames,
      "Names that the service's certificate must carry. If unset, the data plane asks for the name by which the service is " +
        "discovered: its DNS host name, or service and namespace in AWS Cloud Map. Certificates of SPIRE carry a SPIFFE ID " +
        "instead and need this member.",
    ),
  },
);
export type TlsValidationContext = Infer<typeof TlsValidationContext>;

export const ListenerTlsValidationContextTrust = union(
  "ListenerTlsValidationContextTrust",
  "Where a listener gets the certificate authorities that it trusts. Exactly one member is given.",
  { file, sds },
);
export type ListenerTlsValidationContextTrust = Infer<typeof ListenerTlsValidationContextTrust>;

export const ListenerTlsValidationContext = structure(
  "ListenerTlsValidationContext",
  "How a listener checks the certificate of its clients (mutual TLS).",
  {
    trust: required(ListenerTlsValidationContextTrust, "Certificate authorities that are trusted."),
    subjectAlternativeNames: optional(
      SubjectAlternativeNames,
      "Names one of which a client's certificate must carry. If unset, the data plane accepts any name.",
    ),
  },
);
export type ListenerTlsValidationContext = Infer<typeof ListenerTlsValidationContext>;
