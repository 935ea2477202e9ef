import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";

interface Asking {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: ConstructorParameters<typeof SignatureV4>[0]["credentials"];
  readonly signal: AbortSignal;
}

/**
 * GetCertificateAuthorityCertificate of AWS Private CA, the one question that is asked of it: not worth a client of a
 * hundred classes. Rejects with an error of the service's name for it.
 */
export async function getAuthority(
  certificateAuthorityArn: string,
  { region, endpoint, credentials, signal }: Asking,
): Promise<{ readonly Certificate?: string; readonly CertificateChain?: string }> {
  const { host, hostname, port, pathname, protocol, href } = new URL(endpoint);
  const signer = new SignatureV4({ service: "acm-pca", region, credentials, sha256: Sha256 });
  const { headers, body } = await signer.sign(
    new HttpRequest({
      method: "POST",
      protocol,
      hostname,
      ...(port === "" ? {} : { port: Number(port) }),
      path: pathname,
      headers: {
        host,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "ACMPrivateCA.GetCertificateAuthorityCertificate",
      },
      body: JSON.stringify({ CertificateAuthorityArn: certificateAuthorityArn }),
    }),
  );
  const answer = await fetch(href, { method: "POST", headers, body, signal }).catch((error) => {
    // fetch itself says no more than that it failed.
    throw error.cause ?? error;
  });
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text);
  throw refusal(answer.status, text);
}

function refusal(status: number, text: string): Error {
  let told: { readonly __type?: string; readonly message?: string; readonly Message?: string } = {};
  try {
    told = JSON.parse(text);
  } catch {
    // Not the service itself, but something in between.
  }
  const error = new Error(told.message ?? told.Message ?? `status ${status}`);
  error.name = told.__type?.split("#").at(-1) ?? `HTTP ${status}`;
  return error;
}
