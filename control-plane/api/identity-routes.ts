import type { FastifyInstance, FastifyRequest } from "fastify";
import { IdentityError } from "../identity/errors.js";
import type { Authority } from "../identity/proxies/authorities.js";
import { describeIdentity, issueInput, overlapIn, revokeInput } from "../identity/proxies/issued.js";
import type { ProxyIdentities } from "../identity/proxies/proxy-identities.js";
import { formatProxy } from "../identity/proxies/proxy-name.js";
import { type Purpose, purposes } from "../identity/proxies/purpose.js";
import type { Caller } from "../mesh/caller.js";
import type { Operations } from "../mesh/operations.js";
import { checkProves, provesAs } from "../mesh/proxy-owners.js";
import { bodyOf, meshIn } from "./requests.js";

/** A change to what proxies can prove who they are by. */
export interface IdentityChange {
  readonly caller: Caller;
  readonly operation: string;
  /** What follows the account in its ARN. */
  readonly resource: string;
  readonly before: object | undefined;
  readonly after: object | undefined;
}

export interface IdentityRoutesOptions {
  readonly identities: ProxyIdentities;
  readonly operations: Operations;
  readonly onChange?: (change: IdentityChange) => void;
}

/**
 * How proofs are issued to proxies, listed and taken back: for the owner of their mesh, and for the account that has
 * created their virtual node in a mesh that is shared with it. What they are signed with is for keys that may do everything.
 */
export function identityRoutes(app: FastifyInstance, options: IdentityRoutesOptions): void {
  const { identities, operations, onChange = () => {} } = options;
  const path = "/v1/meshes/:meshName/identities";
  const ofMesh = (operation: string) => ({ config: { operation, mesh: meshIn } });
  const ofAll = (operation: string) => ({ config: { operation, access: "write" as const } });
  const tell = (
    { caller }: FastifyRequest,
    operation: string,
    resource: string,
    after: object | undefined,
    before?: object,
  ) => onChange({ caller, operation, resource, before, after });
  /** Throws NotFoundException where the caller sees no such mesh. */
  const meshOf = (request: FastifyRequest) => {
    const { meshOwner, names } = meshIn(request);
    const mesh = { meshName: names[0] as string, meshOwner };
    return { mesh, account: provesAs(operations, request.caller, mesh) };
  };

  app.get(path, ofMesh("ListProxyIdentities"), (request) => {
    const { mesh, account } = meshOf(request);
    const shown = identities
      .list(mesh, account)
      .map((identity) => describeIdentity(identity, identities.seconds()));
    return { identities: shown };
  });

  app.post(path, ofMesh("IssueProxyIdentity"), async (request) => {
    const { mesh, account } = meshOf(request);
    const body = bodyOf(request);
    checkProves(operations, request.caller, issueInput(mesh, body).proxy);
    const { identity, ...secrets } = await identities.issue(mesh, body, account);
    const shown = describeIdentity(identity, identities.seconds());
    tell(request, "IssueProxyIdentity", `proxy-identity/${identity.identityId}`, shown);
    return { identity: shown, ...secrets };
  });

  app.delete(`${path}/:identityId`, ofMesh("RevokeProxyIdentity"), async (request) => {
    const { identityId } = request.params as { identityId: string };
    const { mesh, account } = meshOf(request);
    const identity = await identities.revoke(mesh, identityId, account);
    const shown = describeIdentity(identity, identities.seconds());
    tell(request, "RevokeProxyIdentity", `proxy-identity/${identityId}`, shown);
    return { identity: shown };
  });

  app.post(`${path}/revoke`, ofMesh("RevokeProxyIdentities"), async (request) => {
    const { mesh } = meshOf(request);
    const body = bodyOf(request);
    checkProves(operations, request.caller, revokeInput(mesh, body));
    const { proxy, revokedAt } = await identities.revokeProxy(mesh, body);
    const shown = { [proxy.kind]: proxy.name, nodeId: formatProxy(proxy), revokedAt };
    tell(request, "RevokeProxyIdentities", `proxy-identities/${formatProxy(proxy)}`, shown);
    return shown;
  });

  app.post("/v1/identities/revoke", ofAll("RevokeCertificate"), async (request) => {
    const revoked = await identities.revokeCertificate(bodyOf(request));
    tell(request, "RevokeCertificate", `certificate/${revoked.serialNumber}`, revoked);
    return revoked;
  });

  app.get("/v1/identities/authorities", ofAll("ListAuthorities"), () => ({
    authorities: identities.authorities.list(),
    tokenKeys: identities.tokenKeys.list(),
    trust: identities.authorities.trust("proxies"),
  }));

  app.post("/v1/identities/authorities", ofAll("CreateAuthority"), async (request) => {
    const authority = await identities.authorities.create(purposeIn(bodyOf(request)));
    told(request, "CreateAuthority", authority);
    return { authority };
  });

  app.post("/v1/identities/authorities/:authorityId/use", ofAll("UseAuthority"), async (request) => {
    const authority = await identities.authorities.use(authorityIdIn(request));
    told(request, "UseAuthority", authority);
    return { authority };
  });

  app.delete("/v1/identities/authorities/:authorityId", ofAll("RemoveAuthority"), async (request) => {
    const authority = await identities.authorities.remove(authorityIdIn(request));
    tell(request, "RemoveAuthority", `authority/${authority.authorityId}`, undefined, authority);
    return { authority };
  });

  app.post("/v1/identities/token-keys", ofAll("RotateTokenKey"), async (request) => {
    const tokenKey = await identities.tokenKeys.rotate(overlapIn(bodyOf(request)));
    tell(request, "RotateTokenKey", `token-key/${tokenKey.tokenKeyId}`, tokenKey);
    return { tokenKey };
  });

  function told(request: FastifyRequest, operation: string, authority: Authority): void {
    tell(request, operation, `authority/${authority.authorityId}`, authority);
  }
}

const authorityIdIn = (request: FastifyRequest): string =>
  (request.params as { authorityId: string }).authorityId;

function purposeIn(body: unknown): Purpose {
  const { purpose } = (body ?? {}) as { purpose?: unknown };
  if (purposes.includes(purpose as Purpose)) return purpose as Purpose;
  throw new IdentityError(
    "BadRequestException",
    `purpose: ${JSON.stringify(purpose) ?? "nothing"} was given; "proxies" or "workloads" is allowed.`,
  );
}
