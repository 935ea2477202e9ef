import { createHash, timingSafeEqual } from "node:crypto";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { ProtocolError } from "./errors.js";

/** An access key that may call the API. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Those parts of a request that its signature is about. */
export interface SignedRequest {
  readonly method: string;
  /** As it came, still encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a request says of its signature, before that is proven. */
export interface Claim {
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: Date;
}

const SERVICE = "appmesh";
/** How far the clocks of a client and of the control plane may be apart, as for AWS's services. */
const CLOCK_SKEW_MINUTES = 5;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

/** Reads what needs no body: who claims to sign, when, and for which region. Throws AWS's 403 errors. */
export function readClaim({ headers }: SignedRequest, region: string, now: number): Claim {
  const authorization = headers.authorization;
  if (typeof authorization !== "string") {
    throw new ProtocolError(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  const [whole, accessKeyId, day, scopeRegion, service, signedHeaders, signature] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (!whole || !accessKeyId || !signedHeaders || !signature) {
    throw incomplete(
      "Authorization header requires the form 'AWS4-HMAC-SHA256 Credential=KEY/DAY/REGION/appmesh/aws4_request, SignedHeaders=..., Signature=...'.",
    );
  }
  const signed = signedHeaders.split(";");
  for (const required of ["host", "x-amz-date"]) {
    if (!signed.includes(required))
      throw incomplete(`'${required}' must be a 'SignedHeader' in the Authorization header.`);
  }
  const long = String(headers["x-amz-date"]);
  const date = parseDate(long);
  if (!date || !long.startsWith(`${day}T`)) {
    throw incomplete(
      `X-Amz-Date must be of the form '${day}T235959Z', on the day of the credential scope; it is '${long}'.`,
    );
  }
  if (service !== SERVICE) throw invalid(`Credential should be scoped to correct service: '${SERVICE}'.`);
  if (scopeRegion !== region) {
    throw invalid(
      `Credential should be scoped to a valid region, not '${scopeRegion}': this control plane serves '${region}'.`,
    );
  }
  const skew = now - date.getTime();
  if (Math.abs(skew) > CLOCK_SKEW_MINUTES * 60_000) {
    const problem = skew > 0 ? "expired" : "not yet current";
    throw invalid(
      `Signature ${problem}: ${long} is more than ${CLOCK_SKEW_MINUTES} min. away from ${formatDate(now)}, which it is here.`,
    );
  }
  return { accessKeyId, signedHeaders: signed, signature, date };
}

/** Proves a claim: signs the same request with the same key, and compares. Throws AWS's 403 errors. */
export async function prove(
  claim: Claim,
  key: AccessKey | undefined,
  request: SignedRequest,
  body: Uint8Array,
  region: string,
): Promise<void> {
  if (!key || request.headers["x-amz-security-token"] !== undefined) {
    // Keys of this control plane come without session tokens.
    throw new ProtocolError(
      403,
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
  }
  const hash = createHash("sha256").update(body).digest("hex");
  const claimedHash = request.headers["x-amz-content-sha256"];
  if (claimedHash !== undefined && claimedHash !== hash) {
    throw invalid(
      "The provided 'x-amz-content-sha256' header does not match what was computed from the body.",
    );
  }
  const signer = new SignatureV4({
    credentials: key,
    region,
    service: SERVICE,
    sha256: Sha256,
    applyChecksum: false,
  });
  const headers: Record<string, string> = { "x-amz-content-sha256": hash };
  for (const name of claim.signedHeaders) headers[name] = String(request.headers[name] ?? "");
  const again = await signer.sign(
    new HttpRequest({ method: request.method, path: request.path, query: { ...request.query }, headers }),
    {
      signingDate: claim.date,
      signableHeaders: new Set(claim.signedHeaders),
      unsignableHeaders: new Set(["x-amz-content-sha256"]),
    },
  );
  const expected = AUTHORIZATION.exec(again.headers.authorization ?? "")?.[6];
  if (!expected || !timingSafeEqual(Buffer.from(expected, "hex"), Buffer.from(claim.signature, "hex"))) {
    throw invalid(
      "The request signature we calculated does not match the signature you provided. " +
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
}

const invalid = (message: string) => new ProtocolError(403, "InvalidSignatureException", message);
const incomplete = (message: string) => new ProtocolError(403, "IncompleteSignatureException", message);

/** `20251123T101500Z` */
function parseDate(text: string): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const formatDate = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
