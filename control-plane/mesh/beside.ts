import { type Address, addressKey, parseKey } from "./address.js";

/** The key of what is kept beside a mesh, such as `shares`. No entity can have it: no name holds a slash. */
export const keyBeside = (mesh: Address<"mesh">, what: string): string => `${addressKey(mesh)}/${what}`;

/** The mesh beside which that is kept under a key; undefined for any other key. */
export function parseKeyBeside(key: string, what: string): Address<"mesh"> | undefined {
  if (!key.endsWith(`/${what}`)) return undefined;
  const address = parseKey(key.slice(0, -what.length - 1));
  return address?.kind === "mesh" ? (address as Address<"mesh">) : undefined;
}

/** The same, for whatever is kept beside a mesh. */
export const meshBeside = (key: string): Address<"mesh"> | undefined =>
  parseKeyBeside(key, key.slice(key.lastIndexOf("/") + 1));
