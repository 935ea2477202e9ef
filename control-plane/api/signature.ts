import { createHash, createHmac, type Hash, type Hmac, timingSafeEqual } from "node:crypto";
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

/**
 * Reads what needs no body: who claims to sign, when, and for which region. Throws AWS's 403 errors.
 *
 * A signature is about all that an operation goes by: the method, the path, the query, `Host` and the body. Whoever
 * sees a signed request can send the same one again as long as its date is near enough, and nothing else. Of App
 * Mesh's operations, reads tell them nothing new; updates put the spec that is there, or one that was there minutes
 * ago; creates and deletes find that they are done, or done over by somebody, whose client token they lack. Nobody
 * sees a request that goes over HTTPS or stays on the machine: the API asks for one of the two.
 */
export function readClaim({ headers, path, query }: SignedRequest, region: string, now: number): Claim {
  const authorization = headers.authorization;
  if (typeof authorization !== "string") {
    if (Object.keys(query).some((name) => /^x-amz-(signature|algorithm|credential)$/i.test(name))) {
      throw incomplete(
        "Presigned URLs are not served: sign the request in its Authorization header, as the AWS SDKs and the AWS CLI do.",
      );
    }
    throw new ProtocolError(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  const [whole, accessKeyId, day, scopeRegion, service, signedHeaders, signature] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (!whole || !accessKeyId || !signedHeaders || !signature) {
    throw incomplete(
      "Authorization header requires the form 'AWS4-HMAC-SHA256 Credential=KEY/DAY/REGION/appmesh/aws4_request, SignedHeaders=..., Signature=...'.",
    );
  }
  // These mean the same to the signature as the path without them, but not to the router.
  if (!path.startsWith("/") || /\/(\.{0,2}\/|\.{1,2}$)/.test(path)) {
    throw incomplete(`The path '${path}' must be signed and sent without empty, '.' and '..' parts.`);
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
  key: AccessKey,
  request: SignedRequest,
  body: Uint8Array,
  region: string,
): Promise<void> {
  if (request.headers["x-amz-security-token"] !== undefined) {
    throw unrecognized("the request has a session token, and keys of this control plane come without");
  }
  const hash = createHash("sha256").update(body).digest("hex");
  const claimedHash = request.headers["x-amz-content-sha256"];
  if (typeof claimedHash === "string" && /^(UNSIGNED|STREAMING)-/.test(claimedHash)) {
    throw invalid(
      `'x-amz-content-sha256' is '${claimedHash.slice(0, 60)}': a body must be signed whole, and sent in one piece.`,
    );
  }
  if (claimedHash !== undefined && claimedHash !== hash) {
    throw invalid(
      "The provided 'x-amz-content-sha256' header does not match what was computed from the body.",
    );
  }
  const signer = new SignatureV4({
    credentials: key,
    region,
    service: SERVICE,
    sha256: NativeSha256,
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

/** What AWS says of keys that it does not know, and never why: that is for the log, and `reason` says it. */
export const unrecognized = (reason: string) =>
  new ProtocolError(
    403,
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
    reason,
  );
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

/** The runtime's own SHA-256, which takes a fraction of the time of one in JavaScript. */
class NativeSha256 {
  #hash: Hash | Hmac;
  readonly #secret: Parameters<typeof createHmac>[1] | undefined;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined || typeof secret === "string" ? secret : bytesOf(secret);
    this.#hash = this.#fresh();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === "string" ? data : bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#fresh();
  }

  #fresh(): Hash | Hmac {
    return this.#secret === undefined ? createHash("sha256") : createHmac("sha256", this.#secret);
  }
}

const bytesOf = (data: ArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
