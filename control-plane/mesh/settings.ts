import type { MeshSettings } from "../translate/entities.js";
import type { Address } from "./address.js";
import { keyBeside, parseKeyBeside } from "./beside.js";

/** As App Mesh had it. */
export const DEFAULT_SETTINGS: MeshSettings = Object.freeze({ defaultRetries: true });

export const encodeSettings = (mesh: Address<"mesh">, settings: MeshSettings | undefined) => ({
  key: keyBeside(mesh, "settings"),
  value: settings && JSON.stringify(settings),
});

export const decodeSettings = (value: string): MeshSettings => ({
  ...DEFAULT_SETTINGS,
  ...(JSON.parse(value) as Partial<MeshSettings>),
});

/** The mesh whose settings are kept under a key; undefined for any other key. */
export const parseSettingsKey = (key: string): Address<"mesh"> | undefined => parseKeyBeside(key, "settings");
