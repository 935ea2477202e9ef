import {
  enumeration,
  exactlyOne,
  formatViolation,
  type Infer,
  integer,
  optional,
  resourceName,
  type Shape,
  string,
  structure,
  validate,
} from "@pulumi-appmesh/model";
import { IdentityError } from "../errors.js";
import { clientTokenMember } from "../issuing-call.js";
import { formatProxy, type ProxyName } from "./proxy-name.js";

/** What is known of a proof that was issued to a proxy. Times are seconds since 1970. */
export interface IssuedIdentity {
  /** The certificate's serial number, or the token's id. */
  readonly identityId: string;
  readonly kind: "certificate" | "token";
  readonly proxy: ProxyName;
  /** The account that has created the virtual node, where that is not the mesh's owner: without it, it proves nothing. */
  readonly account?: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt?: number | undefined;
}

const DAY = 24 * 60 * 60;
/** In seconds. A certificate or token that a proxy is given in a secret is replaced when the secret is. */
export const DEFAULT_LIFE = 90 * DAY;
export const LONGEST_LIFE = 397 * DAY;

const proxyMembers = {
  virtualNode: optional(resourceName, "The virtual node whose proxies it is for."),
  virtualGateway: optional(resourceName, "The virtual gateway whose proxies it is for."),
};

export const IssueIdentityInput = structure(
  "IssueIdentityInput",
  "A certificate or token to be issued to the proxies of one virtual node or gateway.",
  {
    ...proxyMembers,
    kind: optional(
      enumeration("IdentityKind", "What proves who a proxy is.", {
        certificate: "A client certificate with its private key.",
        token: "A signed token.",
      }),
      "What is issued. Default: `certificate`.",
    ),
    expiresInSeconds: optional(
      integer({ min: 60, max: LONGEST_LIFE }),
      "For how many seconds it is taken: a minute to 397 days. Default: 90 days.",
    ),
    clientToken: clientTokenMember,
  },
  exactlyOne("virtualNode", "virtualGateway"),
);

const RevokeProxyInput = structure(
  "RevokeProxyInput",
  "The virtual node or gateway whose proxies must prove anew who they are.",
  proxyMembers,
  exactlyOne("virtualNode", "virtualGateway"),
);

export const RevokeCertificateInput = structure(
  "RevokeCertificateInput",
  "A certificate of an authority that is not the control plane's own.",
  {
    serialNumber: {
      shape: string({
        minLength: 1,
        maxLength: 40,
        pattern: { regex: /^[0-9a-fA-F]+$/, says: "hexadecimal digits, without what may stand between them" },
      }),
      required: true,
      doc: "Its serial number, in hexadecimal digits.",
    },
  },
);

export const RotateTokenKeyInput = structure(
  "RotateTokenKeyInput",
  "How the key that signs tokens is replaced.",
  {
    overlapSeconds: optional(
      integer({ min: 0, max: LONGEST_LIFE }),
      "For how many seconds tokens of the keys before are taken: none, to 397 days. Default: 90 days.",
    ),
  },
);

export function checked<S extends Shape>(shape: S, body: unknown): Infer<S> {
  const violations = validate(shape, body);
  if (violations.length === 0) return body as Infer<S>;
  throw new IdentityError("BadRequestException", violations.map(formatViolation).join(" "));
}

/** A mesh by its name and owner. */
interface MeshName {
  readonly meshName: string;
  readonly meshOwner: string;
}

function proxyIn(
  mesh: MeshName,
  input: { readonly virtualNode?: string | undefined; readonly virtualGateway?: string | undefined },
): ProxyName {
  const { virtualNode, virtualGateway = "" } = input;
  const { meshName, meshOwner } = mesh;
  return virtualNode === undefined
    ? { meshName, meshOwner, kind: "virtualGateway", name: virtualGateway }
    : { meshName, meshOwner, kind: "virtualNode", name: virtualNode };
}

export function issueInput(mesh: MeshName, body: unknown) {
  const input = checked(IssueIdentityInput, body);
  const { kind = "certificate", expiresInSeconds = DEFAULT_LIFE, clientToken } = input;
  return { kind, proxy: proxyIn(mesh, input), expiresInSeconds, clientToken };
}

export const revokeInput = (mesh: MeshName, body: unknown): ProxyName =>
  proxyIn(mesh, checked(RevokeProxyInput, body));

export const overlapIn = (body: unknown): number =>
  checked(RotateTokenKeyInput, body).overlapSeconds ?? DEFAULT_LIFE;

/** As clients see it. `seconds`: now, since 1970. */
export function describeIdentity({ proxy, ...identity }: IssuedIdentity, seconds: number): object {
  const { identityId, kind, account, createdAt, expiresAt, revokedAt } = identity;
  const status = revokedAt !== undefined ? "Revoked" : expiresAt <= seconds ? "Expired" : "Active";
  return {
    identityId,
    kind,
    [proxy.kind]: proxy.name,
    nodeId: formatProxy(proxy),
    ...(account !== undefined && { account }),
    createdAt,
    expiresAt,
    ...(revokedAt !== undefined && { revokedAt }),
    status,
  };
}
