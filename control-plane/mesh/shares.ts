import type { Address } from "./address.js";
import { keyBeside, parseKeyBeside } from "./beside.js";

/** With which accounts a mesh is shared, and since when: seconds since 1970, by account. */
export type Shares = Readonly<Record<string, number>>;

export const NO_SHARES: Shares = Object.freeze({});

export const encodeShares = (mesh: Address<"mesh">, shares: Shares) => ({
  key: keyBeside(mesh, "shares"),
  value: Object.keys(shares).length === 0 ? undefined : JSON.stringify(shares),
});

export const decodeShares = (value: string): Shares => JSON.parse(value) as Shares;

/** The mesh whose shares are kept under a key; undefined for any other key. */
export const parseSharesKey = (key: string): Address<"mesh"> | undefined => parseKeyBeside(key, "shares");
