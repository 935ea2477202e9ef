import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import type { ExportedCertificate } from "../translate/entities.js";
import { PrivateCa } from "./acm-pca.js";
import { CertificateError, type CertificateSource } from "./certificate-source.js";

export interface AwsCertificatesOptions {
  /** URLs of other endpoints than AWS's own. */
  readonly acmEndpoint?: string | undefined;
  readonly acmPcaEndpoint?: string | undefined;
  /** The longest that one question may take, retries included. Default: 10 seconds. */
  readonly timeoutMillis?: number;
}

/** AWS itself, through its SDK, which is loaded with the first question: most meshes have no such certificate. */
export function awsCertificates(options: AwsCertificatesOptions = {}): CertificateSource {
  const { acmEndpoint, acmPcaEndpoint, timeoutMillis = 10_000 } = options;
  const clients = perRegion(async (region) => {
    const { ACMClient } = await import("@aws-sdk/client-acm");
    return new ACMClient({ region, maxAttempts: 3, ...(acmEndpoint ? { endpoint: acmEndpoint } : {}) });
  });
  const authorities = new Map<string, PrivateCa>();
  return {
    certificate: (arn) =>
      told("AWS Certificate Manager", "acm:ExportCertificate", arn, async () => {
        const { ExportCertificateCommand } = await import("@aws-sdk/client-acm");
        const acm = await clients(regionOf(arn, "acm"));
        const Passphrase = Buffer.from(randomBytes(32).toString("hex"));
        const answer = await acm.send(new ExportCertificateCommand({ CertificateArn: arn, Passphrase }), {
          abortSignal: AbortSignal.timeout(timeoutMillis),
        });
        const { Certificate = "", CertificateChain = "", PrivateKey = "" } = answer;
        return opened(Certificate, CertificateChain, PrivateKey, Passphrase);
      }),
    authority: (arn) =>
      told("AWS Private CA", "acm-pca:GetCertificateAuthorityCertificate", arn, async () => {
        const region = regionOf(arn, "acm-pca");
        const authority = authorities.get(arn) ?? new PrivateCa({ region, arn, endpoint: acmPcaEndpoint });
        authorities.set(arn, authority);
        const { Certificate, CertificateChain } = await authority.ask<{
          Certificate?: string;
          CertificateChain?: string;
        }>(
          "GetCertificateAuthorityCertificate",
          { CertificateAuthorityArn: arn },
          AbortSignal.timeout(timeoutMillis),
        );
        return { certificates: pem(Certificate, CertificateChain) };
      }),
  };
}

function perRegion<T>(make: (region: string) => Promise<T>): (region: string) => Promise<T> {
  const clients = new Map<string, Promise<T>>();
  return (region) => {
    let client = clients.get(region);
    if (client === undefined) {
      client = make(region);
      clients.set(region, client);
    }
    return client;
  };
}

function regionOf(arn: string, service: "acm" | "acm-pca"): string {
  const region = new RegExp(`^arn:aws[a-z-]*:${service}:([a-z0-9-]+):\\d{12}:.+$`).exec(arn)?.[1];
  if (region === undefined) throw new NotAnArn(service);
  return region;
}

class NotAnArn extends Error {
  constructor(readonly service: string) {
    super();
  }
}

/** Takes the passphrase off the private key, and makes sure that it is the certificate's. */
function opened(certificate: string, chain: string, key: string, passphrase: Buffer): ExportedCertificate {
  const privateKey = createPrivateKey({ key, passphrase });
  if (!new X509Certificate(certificate).checkPrivateKey(privateKey)) {
    throw new Error("the private key is another certificate's");
  }
  return {
    certificate: pem(certificate),
    issuers: pem(chain),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const pem = (...texts: readonly (string | undefined)[]): string =>
  texts.flatMap((text) => (text?.trim() ? [`${text.trim()}\n`] : [])).join("");

async function told<T>(who: string, action: string, arn: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new CertificateError(explain(error as Error, who, action, arn), { cause: error });
  }
}

/** What went wrong, in words that tell what to do about it. */
function explain(error: Error, who: string, action: string, arn: string): string {
  if (error instanceof NotAnArn) {
    return `${JSON.stringify(arn)} is no ARN of ${who}: it must be arn:aws:${error.service}:REGION:ACCOUNT:…`;
  }
  switch (error.name) {
    case "ResourceNotFoundException":
      return `${who} has no ${arn}: create it, or name another`;
    case "CredentialsProviderError":
      return (
        `${arn} cannot be had from ${who} without AWS credentials: give the control plane a role, AWS_PROFILE, or ` +
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
      );
    case "AccessDeniedException":
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "ExpiredTokenException":
      return `${who} refuses ${arn} (${error.name}): allow the control plane's credentials ${action}`;
    case "ValidationException":
    case "RequestInProgressException":
    case "InvalidStateException":
      return `${who} does not give ${arn}: ${error.message}. Only issued, private certificates can be exported`;
    case "AbortError":
    case "TimeoutError":
      return `${who} does not answer for ${arn}`;
    default: {
      const code = (error as NodeJS.ErrnoException).code;
      return `${who} does not give ${arn}: ${code ?? `${error.name}: ${error.message}`}`;
    }
  }
}
