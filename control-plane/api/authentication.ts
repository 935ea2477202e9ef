import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProtocolError } from "./errors.js";
import { type AccessKey, prove, readClaim, type SignedRequest } from "./signature.js";

/** Where the keys that may call the API are found. */
export interface AccessKeys {
  find(accessKeyId: string): AccessKey | undefined;
}

export interface AuthenticationOptions {
  readonly accessKeys: AccessKeys;
  readonly region: string;
  readonly now: () => number;
}

/** Whether the control plane lives is nobody's secret, and what asks for it cannot sign. */
const open = new Set(["/healthz", "/readyz"]);

/** Lets nothing through that is not signed with one of the keys, as AWS's Signature Version 4 asks for. */
export function authenticate(app: FastifyInstance, { accessKeys, region, now }: AuthenticationOptions): void {
  // Who has no key is turned away before a body is read, and thus at no cost.
  app.addHook("onRequest", async (request) => {
    if (open.has(request.url)) return;
    const claim = readClaim(signedParts(request), region, now());
    request.accessKeyId = claim.accessKeyId;
    request.claim = claim;
    if (!accessKeys.find(claim.accessKeyId))
      await prove(claim, undefined, signedParts(request), NO_BYTES, region);
  });
  app.addHook("preValidation", async (request) => {
    if (open.has(request.url)) return;
    if (!request.claim) throw new Error("a request came past the reading of its signature");
    const body = (request.body as Buffer | null | undefined) ?? NO_BYTES;
    await prove(
      request.claim,
      accessKeys.find(request.claim.accessKeyId),
      signedParts(request),
      body,
      region,
    );
  });
}

/**
 * Without keys, the API is for programs of this machine alone. A web page that has its own host name resolve to this
 * machine would be let through by the browser, but not without that name in `Host`.
 */
export function onlyLocalNames(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => {
    if (open.has(request.url) || isLocalName(request.hostname)) return;
    throw new ProtocolError(
      403,
      "AccessDeniedException",
      `Host '${request.hostname}' is no name of this machine's loopback. ` +
        "Call the API as localhost or 127.0.0.1, or start it with access keys",
    );
  });
}

export const isLocalName = (name: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(name.replace(/\.$/, ""));

const NO_BYTES = new Uint8Array();

function signedParts(request: FastifyRequest): SignedRequest {
  const { method, headers, url } = request;
  const mark = url.indexOf("?");
  return {
    method,
    headers,
    path: mark < 0 ? url : url.slice(0, mark),
    query: request.query as Record<string, string | string[]>,
  };
}
