import { checkMembers, MalformedRecord, readRecord } from "../store/record-value.js";
import type { MeshSettings } from "../translate/entities.js";
import type { Address } from "./address.js";
import { keyBeside, parseKeyBeside } from "./beside.js";
import { modes, steps } from "./managed-tls.js";

/** As App Mesh had it. */
export const DEFAULT_SETTINGS: MeshSettings = Object.freeze({ defaultRetries: true });

export const settingsKey = (mesh: Address<"mesh">): string => keyBeside(mesh, "settings");

export const encodeSettings = (mesh: Address<"mesh">, settings: MeshSettings | undefined) => ({
  key: settingsKey(mesh),
  value: settings && JSON.stringify(settings),
});

const managedTlsMembers = { mode: "string", settleSeconds: "number", from: "number", at: "number" } as const;

/** Throws MalformedRecord for what is none. */
export function decodeSettings(value: string): MeshSettings {
  const settings = readRecord(value, {
    defaultRetries: "boolean?",
    managedTls: "object?",
  }) as Partial<MeshSettings>;
  const { managedTls } = settings;
  if (managedTls) {
    checkMembers(managedTls, managedTlsMembers, "managedTls.");
    // A mode or a step that only a later release knows must not be taken for none.
    if (!modes.includes(managedTls.mode) || steps[managedTls.from] === undefined) {
      throw new MalformedRecord("managedTls has a mode or a step that is not known here");
    }
  }
  return { ...DEFAULT_SETTINGS, ...settings };
}

/** The mesh whose settings are kept under a key; undefined for any other key. */
export const parseSettingsKey = (key: string): Address<"mesh"> | undefined => parseKeyBeside(key, "settings");
