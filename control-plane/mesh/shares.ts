import { type Address, addressKey, parseKey } from "./address.js";

/** With which accounts a mesh is shared, and since when: seconds since 1970, by account. */
export type Shares = Readonly<Record<string, number>>;

export const NO_SHARES: Shares = Object.freeze({});

/** A mesh's shares are kept beside it, under a key that no entity can have: no name holds a slash. */
const SUFFIX = "/shares";

export const sharesKey = (mesh: Address<"mesh">): string => addressKey(mesh) + SUFFIX;

export const encodeShares = (mesh: Address<"mesh">, shares: Shares) => ({
  key: sharesKey(mesh),
  value: Object.keys(shares).length === 0 ? undefined : JSON.stringify(shares),
});

export const decodeShares = (value: string): Shares => JSON.parse(value) as Shares;

/** The mesh whose shares are kept under a key; undefined for any other key. */
export function parseSharesKey(key: string): Address<"mesh"> | undefined {
  if (!key.endsWith(SUFFIX)) return undefined;
  const address = parseKey(key.slice(0, -SUFFIX.length));
  return address?.kind === "mesh" ? (address as Address<"mesh">) : undefined;
}
