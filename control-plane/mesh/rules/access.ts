import { entityTypes } from "@pulumi-appmesh/model";
import { type Address, meshOf, ownName, parentOf } from "../address.js";
import type { Caller } from "../caller.js";
import type { Entity } from "../entity.js";
import { MeshError } from "../errors.js";
import type { MeshState } from "../state.js";
import { existing, notFound } from "./not-found.js";

/**
 * Who may do what, as App Mesh's "Working with shared meshes" has it: those with whom a mesh is shared see everything
 * in it and create in it; what exists is changed by the account that created it, and deleted by that one or by the
 * mesh's owner.
 */

/**
 * The entity at an address, for those who may see it. A mesh that is not shared with a caller is answered like one
 * that does not exist, so that nobody learns what others have.
 */
export function visible<K extends Address["kind"]>(
  state: MeshState,
  caller: Caller,
  address: Address<K>,
): Entity<K> {
  const mesh = meshOf(address);
  if (!sees(state, caller, mesh)) throw notFound(mesh);
  return existing(state, address);
}

/** A mesh of the caller's own account, by its name. Another account's is not there. */
export const ownMesh = (state: MeshState, caller: Caller, meshName: string): Address<"mesh"> =>
  visible(state, caller, { kind: "mesh", meshOwner: caller.account, names: [meshName] }).address;

/** Whether a mesh exists that a caller may see: one of its account, or shared with it, that its key is for. */
export const sees = (state: MeshState, caller: Caller, mesh: Address<"mesh">): boolean =>
  state.sees(caller.account, mesh) && knows(caller, mesh);

export const knows = ({ sees }: Caller, mesh: Address<"mesh">): boolean =>
  sees === undefined || sees({ meshName: ownName(mesh), meshOwner: mesh.meshOwner });

export function checkMayCreate(state: MeshState, caller: Caller, address: Address): void {
  const { kind, meshOwner } = address;
  if ((kind === "virtualGateway" || kind === "gatewayRoute") && caller.account !== meshOwner) {
    throw forbidden(
      caller,
      `create a ${entityTypes[kind].title} in mesh ${address.names[0]} of account ${meshOwner}`,
      "only the owner of a shared mesh may",
    );
  }
  // App Mesh: "If the virtual router is in a shared mesh, then you must be the owner of the virtual router resource."
  const parent = parentOf(address);
  if (parent && parent.kind !== "mesh") {
    const { metadata } = existing(state, parent);
    if (metadata.resourceOwner !== caller.account) {
      const { title } = entityTypes[parent.kind];
      throw forbidden(
        caller,
        `create a ${entityTypes[kind].title} of ${title} ${ownName(parent)}`,
        `only the owner of the ${title}, account ${metadata.resourceOwner}, may`,
      );
    }
  }
}

export function checkMayUpdate(caller: Caller, { address, metadata }: Entity, verb = "update"): void {
  if (metadata.resourceOwner === caller.account) return;
  throw forbidden(
    caller,
    `${verb} ${entityTypes[address.kind].title} ${ownName(address)}`,
    `only the account that created it, ${metadata.resourceOwner}, may`,
  );
}

export function checkMayDelete(caller: Caller, { address, metadata }: Entity): void {
  if (metadata.resourceOwner === caller.account || address.meshOwner === caller.account) return;
  throw forbidden(
    caller,
    `delete ${entityTypes[address.kind].title} ${ownName(address)}`,
    `only the account that created it, ${metadata.resourceOwner}, and the mesh's owner, ${address.meshOwner}, may`,
  );
}

const forbidden = ({ account }: Caller, what: string, why: string): MeshError =>
  new MeshError("ForbiddenException", `account ${account} may not ${what}: ${why}`);
