import type { Level, Rule } from "./rule.js";

/** How much is asked for. */
export const presets = {
  baseline: "Each rule at its own level.",
  strict: "What is advice becomes mandatory, and keys may not lie in files.",
  "zero-trust": "As strict, and both sides of every connection prove who they are, by name.",
} as const;
export type Preset = keyof typeof presets;

/** What is a house's own choice stays as it is, whatever the preset. */
const choices = new Set(["name-pattern", "required-tags", "services-used"]);
const proofs = new Set(["tls-mutual", "tls-names-pinned"]);

export function presetLevel(rule: Rule, preset: Preset): Level {
  if (preset === "baseline" || choices.has(rule.name)) return rule.level;
  if (rule.name === "tls-managed-certificates") return "mandatory";
  if (proofs.has(rule.name)) return preset === "zero-trust" ? "mandatory" : rule.level;
  return rule.level === "advisory" ? "mandatory" : rule.level;
}
