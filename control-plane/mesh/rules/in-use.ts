import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { type Address, childOf, meshOf, ownName } from "../address.js";
import type { Entity } from "../entity.js";
import { MeshError } from "../errors.js";
import type { MeshState } from "../state.js";
import { references } from "./references.js";

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
      if (referrers(state, address, "route").length > 0) {
        return `VirtualNode with name ${name} cannot be deleted because it is the target of one or more routes.`;
      }
      return isProvider(state, address);
    case "virtualRouter":
      if (state.children(address, "route").size > 0) {
        return `VirtualRouter you're trying to delete ${name} has active routes`;
      }
      return isProvider(state, address);
    case "virtualService": {
      const routes = referrers(state, address, "gatewayRoute").map((route) =>
        route.address.names.slice(1).join("/"),
      );
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
  referrers(state, address, "virtualService").length > 0
    ? `${entityTypes[address.kind].title} with name ${ownName(address)} cannot be deleted because it is a VirtualService provider`
    : undefined;

/** The entities of one kind, in the same mesh, that refer to this one. */
function referrers(state: MeshState, { kind, ...address }: Address, by: Kind): Entity[] {
  const name = ownName({ kind, ...address });
  return everyInMesh(state, meshOf({ kind, ...address }), by).filter(({ spec }) =>
    [...references(by, spec)].some(([referredKind, referred]) => referredKind === kind && referred === name),
  );
}

function everyInMesh(state: MeshState, mesh: Address, kind: Kind): Entity[] {
  const parentKind = entityTypes[kind].parent;
  if (parentKind === undefined || parentKind === "mesh") return [...state.children(mesh, kind)];
  return [...state.children(mesh, parentKind)].flatMap((parent) => [
    ...state.children(childOf(mesh, parentKind, ownName(parent.address)), kind),
  ]);
}
