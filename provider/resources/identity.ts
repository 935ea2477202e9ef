import { type Address, lineage } from "../client/appmesh.js";
import { isUnknown, type ObjectValue, reveal } from "../server/values.js";
import { identityMembers, type ResourceType, words } from "./types.js";

/**
 * The id of an entity: the names from its mesh down to itself, separated by slashes, with the owner of a
 * shared mesh after the mesh: shop, shop/catalog-v1, shop@111122223333/catalog/canary. What would be
 * mistaken for a separator is escaped as in a URL.
 */
export function formatId(address: Address): string {
  const [mesh = "", ...below] = address.names.map(escape);
  const shared = address.meshOwner === undefined ? mesh : `${mesh}@${address.meshOwner}`;
  return [shared, ...below].join("/");
}

/** The reverse of `formatId`. Throws an `Error` that says what an id of this type looks like. */
export function parseId(type: ResourceType, id: string): Address {
  const [mesh = "", ...below] = id.split("/");
  const [meshName = "", meshOwner, ...rest] = mesh.split("@");
  const names = [meshName, ...below];
  const owned = meshOwner === undefined || (type.kind !== "mesh" && /^\d{12}$/.test(meshOwner));
  if (names.length !== type.nameMembers.length || names.includes("") || rest.length > 0 || !owned) {
    const form = type.nameMembers.map((member) => member.replace(/Name$/, "")).join("/");
    throw new Error(
      `${JSON.stringify(id)} is not the id of a ${words(type.kind)}; ${form} is expected, for example ${example(type)}` +
        (type.kind === "mesh" ? "." : `, or ${example(type, "111122223333")} in a mesh of another account.`),
    );
  }
  return { kind: type.kind, names: names.map(unescape), ...(meshOwner !== undefined && { meshOwner }) };
}

/** Where the entity with these inputs is; undefined while one of its names is missing or not known. */
export function addressOf(type: ResourceType, inputs: ObjectValue): Address | undefined {
  const known = identityMembers(type).map((member) => reveal(inputs[member] ?? null));
  if (known.some(isUnknown)) return undefined;
  const names = known.slice(0, type.nameMembers.length).filter((name) => typeof name === "string");
  if (names.length < type.nameMembers.length) return undefined;
  const meshOwner = known[type.nameMembers.length] as string | null | undefined;
  return { kind: type.kind, names, ...(typeof meshOwner === "string" && { meshOwner }) };
}

/** The inputs that name the entity at an address. */
export function identityInputs(type: ResourceType, { names, meshOwner }: Address): Record<string, string> {
  const named = type.nameMembers.map((member, index): [string, string] => [member, names[index] ?? ""]);
  return { ...Object.fromEntries(named), ...(meshOwner !== undefined && { meshOwner }) };
}

/** For messages: virtual node "catalog-v1" of mesh "shop". */
export function describeAddress({ kind, names }: Address): string {
  const kinds = lineage(kind);
  return names
    .map((name, index) => `${words(kinds[index] ?? kind)} ${JSON.stringify(name)}`)
    .reverse()
    .join(" of ");
}

function example(type: ResourceType, owner?: string): string {
  const names = ["shop", type.kind === "gatewayRoute" ? "ingress" : "catalog", "canary"];
  const mesh = owner === undefined ? "shop" : `shop@${owner}`;
  return [mesh, ...names.slice(1, type.nameMembers.length)].join("/");
}

const escape = (name: string): string => name.replace(/[%/@]/g, encodeURIComponent);
const unescape = (name: string): string =>
  name.replace(/%(25|2F|40)/gi, (escaped) => decodeURIComponent(escaped));
