import { DEFAULT_LIFE, IssueIdentityInput } from "@pulumi-appmesh/control-plane/identity/proxies/issued.js";
import {
  accountId,
  exactlyOne,
  optional,
  required,
  resourceName,
  string,
  structure,
} from "@pulumi-appmesh/model";
import type { MeshAddress } from "../client/appmesh.js";
import { isNotFound } from "../client/errors.js";
import { type Json, type ObjectValue, reveal, toJson } from "../server/values.js";
import { issued } from "./issued.js";
import { renewBeforeSeconds } from "./renewal.js";

const { virtualNode, virtualGateway, kind, expiresInSeconds } = IssueIdentityInput.members;
const REPLACES = "Changing it replaces the identity.";

/** What an identity is issued by. */
export const proxyIdentityInputs = {
  meshName: required(resourceName, `Name of the mesh. ${REPLACES}`),
  meshOwner: optional(
    accountId,
    "Account that owns the mesh, twelve digits, if it is shared by another account. Then the virtual node must be one that " +
      `the provider's account has made. Defaults to the provider's own account. ${REPLACES}`,
  ),
  virtualNode: optional(virtualNode.shape, `${virtualNode.doc} ${REPLACES}`),
  virtualGateway: optional(virtualGateway.shape, `${virtualGateway.doc} ${REPLACES}`),
  kind: optional(kind.shape, `${kind.doc} ${REPLACES}`),
  expiresInSeconds: optional(expiresInSeconds.shape, `${expiresInSeconds.doc} ${REPLACES}`),
  renewBeforeSeconds,
} as const;

const shape = structure(
  "ProxyIdentityArgs",
  "What the proxies of one virtual node or gateway prove who they are by.",
  proxyIdentityInputs,
  exactlyOne("virtualNode", "virtualGateway"),
);

/** What the proxies of a virtual node or gateway prove to the control plane by who they are. */
export const proxyIdentity = issued({
  title: "ProxyIdentity",
  doc:
    "What the proxies of one virtual node or gateway prove to the control plane by who they are, so that they get the " +
    "configuration of that one and of no other: a client certificate with its key, or a token. The component `NodeIdentity` " +
    "keeps it in AWS Secrets Manager, where tasks of ECS find it.",
  shape,
  outputs: {
    identityId: required(
      string(),
      "The certificate's serial number, or the token's id: what a revocation names.",
    ),
    trust: required(
      string(),
      "The authorities by which proxies know the control plane, in PEM. They are no secret.",
    ),
    certificate: optional(string(), "The certificate, in PEM. Unset for a token."),
    privateKey: optional(string(), "The certificate's private key, in PEM. Unset for a token."),
    token: optional(string(), "The token. Unset for a certificate."),
  },
  secrets: ["certificate", "privateKey", "token"],
  inPlace: ["renewBeforeSeconds"],
  lifeSeconds: DEFAULT_LIFE,
  words: (id) => `proxy identity ${JSON.stringify(id)}`,
  instead:
    "Make another one, and revoke this one (appmesh identities revoke) when no proxy uses it any more.",

  issue: async (inputs, { appMesh, call }) => {
    const {
      meshName: _,
      meshOwner: _owner,
      renewBeforeSeconds: _before,
      ...body
    } = toJson(inputs) as JsonObject;
    const of = meshIn(inputs);
    try {
      const { identity, ...outputs } = await appMesh.issueIdentity(of, body, call);
      const { identityId } = identity;
      return { id: formatId(of, identityId), outputs: { identityId, ...outputs }, ending: identity };
    } catch (error) {
      const what =
        body.virtualNode === undefined
          ? `virtual gateway ${JSON.stringify(body.virtualGateway)}`
          : `virtual node ${JSON.stringify(body.virtualNode)}`;
      const hint = isNotFound(error)
        ? " If this program makes what it needs, pass the names from the resources' own outputs here, so that the order is known."
        : "";
      throw new Error(
        `cannot issue an identity to the proxies of ${what} of mesh "${of.meshName}": ${(error as Error).message}${hint}`,
        { cause: error },
      );
    }
  },

  look: async (id, { appMesh, call }) => {
    const { identityId, ...of } = parseId(id);
    try {
      return await appMesh.identity(of, identityId, call);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw new Error(`cannot read proxy identity ${JSON.stringify(id)}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  },

  revoke: (id, { appMesh, call }) => {
    const { identityId, ...of } = parseId(id);
    return appMesh.revokeIdentity(of, identityId, call);
  },
});

type JsonObject = { readonly [member: string]: Json };

function meshIn({ meshName = "", meshOwner }: ObjectValue): MeshAddress {
  return {
    meshName: String(reveal(meshName)),
    ...(meshOwner !== undefined && { meshOwner: String(reveal(meshOwner)) }),
  };
}

/** shop/4f…, or shop@111122223333/4f… in a mesh of another account. */
const formatId = ({ meshName, meshOwner }: MeshAddress, identityId: string): string =>
  `${encodeURIComponent(meshName)}${meshOwner === undefined ? "" : `@${meshOwner}`}/${identityId}`;

function parseId(id: string): MeshAddress & { readonly identityId: string } {
  const [, mesh = "", meshOwner, identityId = ""] = /^([^@/]+)(?:@(\d{12}))?\/([^/]+)$/.exec(id) ?? [];
  if (identityId === "") {
    throw new Error(
      `${JSON.stringify(id)} is not the id of a proxy identity; mesh/identity is expected, for example shop/4f0c2d, or ` +
        "shop@111122223333/4f0c2d in a mesh of another account.",
    );
  }
  return { meshName: decodeURIComponent(mesh), ...(meshOwner !== undefined && { meshOwner }), identityId };
}
