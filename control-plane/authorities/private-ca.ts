import { randomUUID, X509Certificate } from "node:crypto";
import { PrivateCa } from "../certificates/acm-pca.js";
import { requestCertificate } from "../identity/certificates.js";
import type { PlacedAuthority } from "../identity/issuer.js";
import { asked, patiently, regionOf, type Times } from "./aws.js";
import { chainOf } from "./bundle.js";

/** AWS Private CA: it is sent what to sign, keys stay here. Made for short-lived certificates, of up to seven days. */
export async function atPrivateCa(
  place: string,
  endpoint: string | undefined,
  { openMillis, issueMillis }: Times,
): Promise<PlacedAuthority> {
  const service = new PrivateCa({ region: regionOf(place), arn: place, endpoint });
  const ask = <T extends object>(action: string, input: object, millis = issueMillis): Promise<T> =>
    patiently(millis, (signal) =>
      service.ask<T>(action, { CertificateAuthorityArn: place, ...input }, signal),
    );
  const { Certificate = "", CertificateChain = "" } = await asked(
    place,
    "acm-pca:GetCertificateAuthorityCertificate",
    () => ask<Told>("GetCertificateAuthorityCertificate", {}, openMillis),
  );
  const certificates = chainOf(`${Certificate}\n${CertificateChain}`, place);
  const isRsa = new X509Certificate(certificates.certificate).publicKey.asymmetricKeyType === "rsa";
  return {
    ...certificates,
    issue: async (options) => {
      const { request, key } = await requestCertificate(options);
      const certificate = await asked(
        place,
        "acm-pca:IssueCertificate and acm-pca:GetCertificate",
        async () => {
          const { CertificateArn } = await ask<{ CertificateArn: string }>("IssueCertificate", {
            Csr: Buffer.from(request).toString("base64"),
            SigningAlgorithm: isRsa ? "SHA256WITHRSA" : "SHA256WITHECDSA",
            // What is asked for is what is signed: URIs, which other templates leave out.
            TemplateArn: `${place.split(":").slice(0, 2).join(":")}:acm-pca:::template/BlankEndEntityCertificate_CSRPassthrough/V1`,
            Validity: { Type: "ABSOLUTE", Value: Math.floor(options.notAfter.getTime() / 1000) },
            ValidityNotBefore: { Type: "ABSOLUTE", Value: Math.floor(options.notBefore.getTime() / 1000) },
            IdempotencyToken: randomUUID().replaceAll("-", ""),
          });
          const issued = await ask<Told>("GetCertificate", { CertificateArn });
          return new X509Certificate(issued.Certificate ?? "").toString();
        },
      );
      return { certificate, key };
    },
  };
}

interface Told {
  readonly Certificate?: string;
  readonly CertificateChain?: string;
}
