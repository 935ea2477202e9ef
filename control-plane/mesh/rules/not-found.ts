import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { type Address, ownName, parentOf } from "../address.js";
import type { Entity } from "../entity.js";
import { MeshError } from "../errors.js";
import type { MeshState } from "../state.js";

/** The entity at an address. An error names the first one on the way from the mesh down that does not exist. */
export function existing<K extends Kind>(state: MeshState, address: Address<K>): Entity<K> {
  const parent = parentOf(address);
  if (parent) existing(state, parent);
  const entity = state.get(address);
  if (!entity) throw notFound(address);
  return entity;
}

export function notFound(address: Address): MeshError {
  const { title } = entityTypes[address.kind];
  const where = address.kind === "mesh" ? "" : ` under mesh ${address.names[0]}`;
  const parent = parentOf(address);
  const below =
    parent && parent.kind !== "mesh" ? ` and ${entityTypes[parent.kind].title} ${ownName(parent)}` : "";
  return new MeshError(
    "NotFoundException",
    `${title} with name ${ownName(address)} is not present${where}${below} for account ${address.meshOwner}`,
  );
}
