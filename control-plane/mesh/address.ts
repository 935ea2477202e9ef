import { entityTypes, type Kind } from "@pulumi-appmesh/model";

/** Where an entity is: in whose mesh, below which others, under which name. */
export interface Address<K extends Kind = Kind> {
  readonly kind: K;
  readonly meshOwner: string;
  /** From the mesh down to the entity itself: `["shop", "catalog", "canary"]` for a route of router `catalog`. */
  readonly names: readonly string[];
}

/** The kinds on the way from a mesh down to an entity of this kind: `["mesh", "virtualRouter", "route"]`. */
export function lineage(kind: Kind): readonly Kind[] {
  const parent = entityTypes[kind].parent;
  return parent === undefined ? [kind] : [...lineage(parent), kind];
}

export const ownName = (address: Address): string => address.names.at(-1) as string;

export function parentOf(address: Address): Address | undefined {
  const parent = entityTypes[address.kind].parent;
  return parent && { kind: parent, meshOwner: address.meshOwner, names: address.names.slice(0, -1) };
}

export const childOf = <K extends Kind>(parent: Address, kind: K, name: string): Address<K> => ({
  kind,
  meshOwner: parent.meshOwner,
  names: [...parent.names, name],
});

export const meshOf = (address: Address): Address<"mesh"> => ({
  kind: "mesh",
  meshOwner: address.meshOwner,
  names: address.names.slice(0, 1),
});

/** `mesh/shop/virtualRouter/catalog/route/canary`, as in ARNs and node ids. */
export const addressPath = (address: Address): string =>
  lineage(address.kind)
    .map((kind, depth) => `${kind}/${address.names[depth]}`)
    .join("/");

/** The key of an entity's record in a store. Names hold no slash, so that it can be read back. */
export const addressKey = (address: Address): string => `${address.meshOwner}/${addressPath(address)}`;

/** Reads back what addressKey or addressPath made; undefined for anything else. */
export function parsePath(meshOwner: string, path: string): Address | undefined {
  const parts = path.split("/");
  const kind = parts.at(-2) as Kind;
  const names = parts.filter((_, at) => at % 2 === 1);
  if (!Object.hasOwn(entityTypes, kind)) return undefined;
  const address = { kind, meshOwner, names };
  return names.every((name) => name !== "") && addressPath(address) === path ? address : undefined;
}

export function parseKey(key: string): Address | undefined {
  const owner = key.indexOf("/");
  return parsePath(key.slice(0, owner), key.slice(owner + 1));
}

/** The ARN carries the mesh owner's account, whoever owns the entity. */
export const arnOf = (address: Address, region: string): string =>
  `arn:aws:appmesh:${region}:${address.meshOwner}:${addressPath(address)}`;

/** Reads back what arnOf made, of whatever partition and region; undefined for what names no entity. */
export function parseArn(arn: string): Address | undefined {
  const [, , , , account = "", ...path] = arn.split(":");
  return parsePath(account, path.join(":"));
}
