import type { FastifyInstance, FastifyRequest } from "fastify";
import { statusOf } from "../identity/access-key.js";
import type { AccessKeys } from "../identity/access-keys.js";
import { type Scope, sees, UNLIMITED } from "../identity/scope.js";
import type { Caller } from "../mesh/caller.js";
import { ProtocolError } from "./errors.js";
import { isLocalName, isOpen } from "./open-paths.js";
import {
  type AccessKey,
  type Claim,
  prove,
  readClaim,
  type SignedRequest,
  unrecognized,
} from "./signature.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The key by which the request claims to be signed; proven by the time a handler runs. */
    accessKeyId: string | undefined;
    claim: Claim | undefined;
    /** Who asks, as proven by the time a handler runs. */
    caller: Caller;
    /** What the caller may do; undefined until that is proven. */
    scope: Scope | undefined;
  }
}

export interface AuthenticationOptions {
  /** Who may call; undefined lets every program of this machine. */
  readonly accessKeys: AccessKeys | undefined;
  /** The account of those who need no key. */
  readonly account: string;
  readonly region: string;
  readonly now: () => number;
}

/**
 * Finds out who asks. As soon as there is an access key, nothing gets through that is not signed with one, as AWS's
 * Signature Version 4 asks for, but for what is open to all.
 */
export function authenticate(
  app: FastifyInstance,
  { accessKeys, account, region, now }: AuthenticationOptions,
): void {
  for (const name of ["accessKeyId", "claim", "caller", "scope"]) app.decorateRequest(name, undefined);

  // Who has no key is turned away before a body is read, and thus at no cost.
  app.addHook("onRequest", async (request) => {
    if (isOpen(request)) return;
    if (!accessKeys?.required) {
      checkLocal(request);
      request.scope = UNLIMITED;
      request.caller = { account, accessKeyId: undefined, ...originOf(request) };
      return;
    }
    const claim = readClaim(signedParts(request), region, now());
    request.accessKeyId = claim.accessKeyId;
    usable(accessKeys, claim.accessKeyId);
    request.claim = claim;
  });

  app.addHook("preValidation", async (request) => {
    if (isOpen(request) || (!request.claim && request.scope)) return;
    if (!request.claim || !accessKeys) throw new Error("a request came past the reading of its signature");
    const { key, credentials } = usable(accessKeys, request.claim.accessKeyId);
    const body = (request.body as Buffer | null | undefined) ?? NO_BYTES;
    await prove(request.claim, credentials, signedParts(request), body, region);
    // Only who has the secret is told of the key.
    if (statusOf(key, now() / 1000) === "Expired") {
      throw new ProtocolError(
        403,
        "ExpiredTokenException",
        `The access key '${key.accessKeyId}' included in the request is expired. Have another one issued.`,
      );
    }
    request.scope = key.scope;
    request.caller = {
      account: key.account,
      accessKeyId: key.accessKeyId,
      ...((key.scope.meshes || key.scope.unknown) && { sees: (mesh) => sees(key.scope, mesh) }),
      ...originOf(request),
    };
  });
}

/** Looked up at each use, so that a key that is taken back is gone for requests that are on their way, too. */
function usable(keys: AccessKeys, accessKeyId: string) {
  const found = keys.find(accessKeyId);
  if (!found) throw unrecognized("there is no such access key");
  const { key, secretAccessKey } = found;
  if (secretAccessKey === undefined || key.revokedAt !== undefined) {
    throw unrecognized("the access key is revoked");
  }
  const credentials: AccessKey = { accessKeyId, secretAccessKey };
  return { key, credentials };
}

/**
 * Without keys, the API is for programs of this machine alone, and no page of the web is one of them, though the browser
 * that shows it is. A page that has its own host name resolve to this machine comes with that name in `Host`; one that
 * calls another host than its own, which browsers let it do by POST, comes with its own in `Origin`.
 */
function checkLocal({ hostname, headers: { host, origin } }: FastifyRequest): void {
  if (!isLocalName(hostname)) {
    throw new ProtocolError(
      403,
      "AccessDeniedException",
      `Host '${hostname}' is no name of this machine's loopback. ` +
        "Call the API as localhost or 127.0.0.1, or start it with access keys",
    );
  }
  if (origin !== undefined && URL.parse(origin)?.host !== host) {
    throw new ProtocolError(
      403,
      "AccessDeniedException",
      `Origin '${origin.slice(0, 200)}' is a page of another host. Without access keys, no page may call the API`,
    );
  }
}

/** By which a change can be told to be this request's. */
function originOf({ id, socket }: FastifyRequest): Pick<Caller, "requestId" | "peer"> {
  return { requestId: id, peer: peerOf(socket) };
}

export const peerOf = ({ remoteAddress, remotePort }: FastifyRequest["socket"]): string =>
  `${remoteAddress?.includes(":") ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;

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
