import { type Exemption, readExemptions } from "./exemptions.js";
import { type Preset, presetLevel, presets } from "./presets.js";
import { type Family, families, type Level, type Rule } from "./rule.js";
import { rules } from "./rules/index.js";
import type { JSONSchema } from "./schema.js";

/** What a team asks of its meshes. The more particular wins: rules before families before all before the preset. */
export interface PackSettings {
  /** Defaults to `baseline`. */
  readonly preset?: Preset;
  /** Level of every rule. */
  readonly all?: Level;
  /** Level of every rule of a family. */
  readonly families?: Partial<Readonly<Record<Family, Level>>>;
  /** By name of the rule: its level, or its level and settings. */
  readonly rules?: Readonly<
    Record<string, Level | ({ readonly level?: Level } & Readonly<Record<string, unknown>>)>
  >;
  /** What may be otherwise, why, and until when. */
  readonly exemptions?: readonly Exemption[];
}

/** A rule as a team wants it. */
export interface ConfiguredRule {
  readonly rule: Rule;
  readonly level: Level;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Configuration {
  readonly rules: readonly ConfiguredRule[];
  readonly exemptions: readonly Exemption[];
}

/** The settings cannot be followed. The message names each place, what was given, and what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  constructor(readonly problems: readonly string[]) {
    super(
      `the settings of the policy pack cannot be followed:\n${problems.map((each) => `  ${each}`).join("\n")}`,
    );
  }
}

const levels: readonly Level[] = ["advisory", "mandatory", "remediate", "disabled"];

/** Checks settings that may come from a file, and applies them. Nothing that is not understood is passed over. */
export function configure(settings: unknown = {}): Configuration {
  const problems: string[] = [];
  const top = members(settings, "", ["preset", "all", "families", "rules", "exemptions"], problems);
  const preset = oneOf(top.preset, "preset", Object.keys(presets), problems) as Preset | undefined;
  const all = oneOf(top.all, "all", levels, problems) as Level | undefined;
  const byFamily = members(top.families ?? {}, "families", Object.keys(families), problems);
  for (const [family, level] of Object.entries(byFamily))
    oneOf(level, `families.${family}`, levels, problems);
  const byRule = members(
    top.rules ?? {},
    "rules",
    rules.map(({ name }) => name),
    problems,
  );
  const configured = rules.map((rule): ConfiguredRule => {
    const own = byRule[rule.name];
    const { level: ownLevel, ...given } =
      typeof own === "string" || own === undefined
        ? { level: own }
        : members(own, `rules.${rule.name}`, ["level", ...Object.keys(rule.settings)], problems);
    const path = typeof own === "string" ? `rules.${rule.name}` : `rules.${rule.name}.level`;
    const level = oneOf(ownLevel, path, levels, problems) as Level | undefined;
    return {
      rule,
      level: level ?? (byFamily[rule.family] as Level) ?? all ?? presetLevel(rule, preset ?? "baseline"),
      config: withSettings(rule, defaults(rule), given, problems),
    };
  });
  const exemptions = readExemptions(
    top.exemptions,
    rules.map(({ name }) => name),
    problems,
  );
  if (problems.length > 0) throw new SettingsError(problems);
  return { rules: configured, exemptions };
}

const defaults = (rule: Rule): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(rule.settings as Record<string, { default: unknown }>).map(
      ([name, { default: value }]) => [name, value],
    ),
  );

/** Settings of a rule with others on top, which are checked. */
export function withSettings(
  rule: Rule,
  settings: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
  problems: string[],
): Readonly<Record<string, unknown>> {
  for (const [name, value] of Object.entries(given)) {
    const schema = (rule.settings as Record<string, JSONSchema>)[name];
    if (schema && !fits(schema, value)) {
      problems.push(`rules.${rule.name}.${name}: ${shown(value)} was given; ${allowed(schema)} is allowed`);
    }
  }
  return { ...settings, ...given };
}

function fits(schema: Omit<JSONSchema, "description">, value: unknown): boolean {
  switch (schema.type) {
    case "integer":
    case "number":
      return (
        typeof value === "number" &&
        (schema.type === "number" || Number.isInteger(value)) &&
        value >= (schema.minimum ?? Number.NEGATIVE_INFINITY) &&
        value <= (schema.maximum ?? Number.POSITIVE_INFINITY)
      );
    case "array":
      return Array.isArray(value) && value.every((item) => !schema.items || fits(schema.items, item));
    case "string":
      return (
        typeof value === "string" &&
        new RegExp(schema.pattern ?? "").test(value) &&
        (schema.isExpression !== true || isExpression(value))
      );
    case "boolean":
      return typeof value === "boolean";
  }
}

function isExpression(text: string): boolean {
  try {
    new RegExp(text, "u");
    return true;
  } catch {
    return false;
  }
}

function allowed(schema: JSONSchema): string {
  const { type, minimum, maximum, items } = schema;
  if (type === "array") return `a list of ${items?.type}s`;
  if (schema.isExpression) return "a regular expression";
  if (schema.pattern !== undefined) return `a string that matches ${schema.pattern}`;
  const range =
    minimum === undefined
      ? ""
      : maximum === undefined
        ? ` of at least ${minimum}`
        : ` from ${minimum} to ${maximum}`;
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}${range}`;
}

function oneOf(
  value: unknown,
  path: string,
  words: readonly string[],
  problems: string[],
): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && words.includes(value)) return value;
  problems.push(`${path}: ${shown(value)} was given; any of ${words.join(", ")} is allowed`);
  return undefined;
}

function members(
  value: unknown,
  path: string,
  words: readonly string[],
  problems: string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.push(`${path || "the settings"}: ${shown(value)} was given; an object is allowed`);
    return {};
  }
  for (const name of Object.keys(value)) {
    if (words.includes(name)) continue;
    problems.push(
      `${path === "" ? name : `${path}.${name}`}: there is no such name; there are ${words.join(", ")}`,
    );
  }
  return Object.fromEntries(Object.entries(value).filter(([name]) => words.includes(name)));
}

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);
