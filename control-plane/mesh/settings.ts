import type { MeshSettings } from "../translate/entities.js";
import { type Address, addressKey, parseKey } from "./address.js";

/** As App Mesh had it. */
export const DEFAULT_SETTINGS: MeshSettings = Object.freeze({ defaultRetries: true });

/** A mesh's settings are kept beside it, under a key that no entity can have: no name holds a slash. */
const SUFFIX = "/settings";

export const encodeSettings = (mesh: Address<"mesh">, settings: MeshSettings | undefined) => ({
  key: addressKey(mesh) + SUFFIX,
  value: settings && JSON.stringify(settings),
});

export const decodeSettings = (value: string): MeshSettings => ({
  ...DEFAULT_SETTINGS,
  ...(JSON.parse(value) as Partial<MeshSettings>),
});

/** The mesh whose settings are kept under a key; undefined for any other key. */
export function parseSettingsKey(key: string): Address<"mesh"> | undefined {
  if (!key.endsWith(SUFFIX)) return undefined;
  const address = parseKey(key.slice(0, -SUFFIX.length));
  return address?.kind === "mesh" ? (address as Address<"mesh">) : undefined;
}
