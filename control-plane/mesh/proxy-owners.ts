import { entityTypes } from "@pulumi-appmesh/model";
import type { Address } from "./address.js";
import type { Caller } from "./caller.js";
import { MeshError } from "./errors.js";
import type { Operations } from "./operations.js";
import type { MeshState } from "./state.js";

interface MeshName {
  readonly meshName: string;
  readonly meshOwner: string;
}

/** A virtual node or gateway, which proxies are of. */
interface ProxyName extends MeshName {
  readonly kind: "virtualNode" | "virtualGateway";
  readonly name: string;
}

/**
 * As whose proofs a caller sees those of a mesh's proxies: undefined where all of them are, since the mesh is the
 * caller's; else those of the proxies of its account alone. Throws NotFoundException where the caller sees no such mesh.
 */
export function provesAs(operations: Operations, caller: Caller, mesh: MeshName): string | undefined {
  const { meshName, meshOwner } = mesh;
  operations.describe(caller, { kind: "mesh", meshOwner, names: [meshName] });
  return caller.account === meshOwner ? undefined : caller.account;
}

/**
 * Throws where a caller may not say by what the proxies of a virtual node or gateway prove who they are: the mesh's owner
 * may, of those too that are yet to be made, and the account that has created the virtual node.
 */
export function checkProves(operations: Operations, caller: Caller, proxy: ProxyName): void {
  if (caller.account === proxy.meshOwner) return;
  const { resourceOwner } = operations.describe(caller, addressOf(proxy)).metadata;
  if (resourceOwner === caller.account) return;
  throw new MeshError(
    "ForbiddenException",
    `account ${caller.account} may not say who the proxies of ${entityTypes[proxy.kind].title} ${proxy.name} are: only the account ` +
      `that created it, ${resourceOwner}, and the mesh's owner, ${proxy.meshOwner}, may`,
  );
}

/** The account that has created a virtual node or gateway; undefined where it is not there. */
export const ownerOfProxy = (state: MeshState, proxy: ProxyName): string | undefined =>
  state.known(addressOf(proxy))?.metadata.resourceOwner;

/** Calls back when virtual nodes have gone, or others of the same name have come. */
export function onNodesReplaced(state: MeshState, listener: () => void): void {
  const prefix = "virtualNode/";
  state.subscribe(({ meshName, meshOwner, reads }) => {
    const isOther = (read: string) =>
      read.startsWith(prefix) &&
      (state.known({ kind: "virtualNode", meshOwner, names: [meshName, read.slice(prefix.length)] })?.metadata
        .version ?? 1) === 1;
    if (reads.some(isOther)) listener();
  });
}

const addressOf = ({ meshName, meshOwner, kind, name }: ProxyName): Address => ({
  kind,
  meshOwner,
  names: [meshName, name],
});
