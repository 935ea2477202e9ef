export type { Exemption } from "./exemptions.js";
export { AppMeshPolicyPack } from "./pack.js";
export type { Preset } from "./presets.js";
export type { Family, Framework, Level, Severity } from "./rule.js";
export { rules } from "./rules/index.js";
export { type Configuration, configure, type PackSettings, SettingsError } from "./settings.js";
