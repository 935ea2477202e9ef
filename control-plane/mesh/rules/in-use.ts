import { entityTypes } from "@pulumi-appmesh/model";
import { type Address, ownName } from "../address.js";
import { MeshError } from "../errors.js";
import type { MeshState } from "../state.js";

/** What others live in or refer to is not deleted. The texts are App Mesh's: people search for them. */
export function checkUnused(state: MeshState, address: Address): void {
  const reason = inUse(state, address);
  if (reason !== undefined) throw new MeshError("ResourceInUseException", reason);
}

function inUse(state: MeshState, address: Address): string | undefined {
  const name = ownName(address);
  switch (address.kind) {
    case "mesh":
      for (const kind of ["virtualNode", "virtualRouter", "virtualService", "virtualGateway"] as const) {
        if (state.children(address, kind).size === 0) continue;
        const children = `${entityTypes[kind].title}s`;
        return `Mesh ${name} for account ${address.meshOwner} has active ${children}, please delete ${children} before deleting the Mesh`;
      }
      return undefined;
    case "virtualNode":
      if (state.referrers(address, "route").length > 0) {
        return `VirtualNode with name ${name} cannot be deleted because it is the target of one or more routes.`;
      }
      return isProvider(state, address);
    case "virtualRouter":
      if (state.children(address, "route").size > 0) {
        return `VirtualRouter you're trying to delete ${name} has active routes`;
      }
      return isProvider(state, address);
    case "virtualService": {
      const routes = state.referrers(address, "gatewayRoute").map(({ names }) => names.slice(1).join("/"));
      if (routes.length === 0) return undefined;
      return `VirtualService ${name} is being referenced in the following: GATEWAY_ROUTE: [${routes.join(", ")}]`;
    }
    case "virtualGateway":
      if (state.children(address, "gatewayRoute").size === 0) return undefined;
      return `VirtualGateway you're trying to delete ${name} has active gateway routes`;
    default:
      return undefined;
  }
}

const isProvider = (state: MeshState, address: Address): string | undefined =>
  state.referrers(address, "virtualService").length > 0
    ? `${entityTypes[address.kind].title} with name ${ownName(address)} cannot be deleted because it is a VirtualService provider`
    : undefined;
