import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { type Address, lineage } from "./address.js";
import type { Entity, Metadata } from "./entity.js";

/** An entity as the operations that are about one give it: App Mesh's VirtualNodeData and its like. */
export interface Description {
  /** The entity's name and those of all that it lives in: `meshName`, `virtualRouterName`, `routeName`. */
  readonly [name: string]: unknown;
  readonly metadata: Metadata;
  readonly spec: object;
  readonly status: { readonly status: "ACTIVE" | "DELETED" };
}

/** An entity as lists give it: App Mesh's VirtualNodeRef and its like. */
export interface Reference extends Omit<Metadata, "uid"> {
  readonly [name: string]: unknown;
}

export const description = (
  { address, metadata, spec }: Entity,
  status: "ACTIVE" | "DELETED" = "ACTIVE",
): Description => ({ ...names(address), metadata, spec, status: { status } });

export function reference({ address, metadata }: Entity): Reference {
  const { uid: _, ...rest } = metadata;
  return { ...names(address), ...rest };
}

const names = (address: Address): Record<string, string> =>
  Object.fromEntries(
    lineage(address.kind).map((kind: Kind, depth) => [
      entityTypes[kind].nameMember,
      address.names[depth] as string,
    ]),
  );
