import { checkMembers, readRecord } from "../store/record-value.js";
import type { Address } from "./address.js";
import { keyBeside, parseKeyBeside } from "./beside.js";

/** With which accounts a mesh is shared, and since when: seconds since 1970, by account. */
export type Shares = Readonly<Record<string, number>>;

export const NO_SHARES: Shares = Object.freeze({});

export const sharesKey = (mesh: Address<"mesh">): string => keyBeside(mesh, "shares");

export const encodeShares = (mesh: Address<"mesh">, shares: Shares) => ({
  key: sharesKey(mesh),
  value: Object.keys(shares).length === 0 ? undefined : JSON.stringify(shares),
});

/** Throws MalformedRecord for what is none. */
export function decodeShares(value: string): Shares {
  const shares = readRecord(value);
  checkMembers(shares, Object.fromEntries(Object.keys(shares).map((account) => [account, "number"])));
  return shares as Shares;
}

/** The mesh whose shares are kept under a key; undefined for any other key. */
export const parseSharesKey = (key: string): Address<"mesh"> | undefined => parseKeyBeside(key, "shares");
