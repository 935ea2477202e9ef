import { filePath } from "../file-path.js";
import { arn } from "../names.js";
import { type Infer, optional, required, string, structure, union } from "../shape.js";

/** Name under which a secret discovery service holds a certificate or a trust bundle. */
export const sdsSecretName = string({ minLength: 1 });

export const ListenerTlsFileCertificate = structure(
  "ListenerTlsFileCertificate",
  "A certificate in files that the proxy reads.",
  {
    certificateChain: required(
      filePath,
      "File with the certificate chain in PEM, the proxy's own certificate first. A path of 1 to 255 characters.",
    ),
    privateKey: required(filePath, "File with the private key in PEM. A path of 1 to 255 characters."),
  },
);
export type ListenerTlsFileCertificate = Infer<typeof ListenerTlsFileCertificate>;

export const ListenerTlsSdsCertificate = structure(
  "ListenerTlsSdsCertificate",
  "A certificate that the proxy gets from a secret discovery service beside it, such as SPIRE's agent.",
  { secretName: required(sdsSecretName, "Name of the secret, such as the SPIFFE ID of the workload.") },
);
export type ListenerTlsSdsCertificate = Infer<typeof ListenerTlsSdsCertificate>;

export const ListenerTlsAcmCertificate = structure(
  "ListenerTlsAcmCertificate",
  "A certificate in AWS Certificate Manager.",
  {
    certificateArn: required(
      arn,
      "ARN of the certificate. It must be a private certificate, since only those can be exported.",
    ),
  },
);
export type ListenerTlsAcmCertificate = Infer<typeof ListenerTlsAcmCertificate>;

const file = optional(ListenerTlsFileCertificate, "From files that the proxy reads.");
const sds = optional(ListenerTlsSdsCertificate, "From a secret discovery service beside the proxy.");

export const ListenerTlsCertificate = union(
  "ListenerTlsCertificate",
  "The certificate that a listener shows to its clients. Exactly one member is given.",
  { acm: optional(ListenerTlsAcmCertificate, "From AWS Certificate Manager."), file, sds },
);
export type ListenerTlsCertificate = Infer<typeof ListenerTlsCertificate>;

export const ClientTlsCertificate = union(
  "ClientTlsCertificate",
  "The certificate that a proxy shows to the services that it calls. Exactly one member is given.",
  { file, sds },
);
export type ClientTlsCertificate = Infer<typeof ClientTlsCertificate>;
