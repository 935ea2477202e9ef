import { presetLevel, presets } from "./presets.js";
import { families, type Rule, type SubjectKind } from "./rule.js";
import { rules } from "./rules/index.js";
import type { JSONSchema } from "./schema.js";

/** RULES.md: every rule, as a reader finds it. */
export function rulesPage(): string {
  const names = Object.keys(presets) as (keyof typeof presets)[];
  const lines = [
    "# Rules",
    "",
    "Made from the rules themselves by `npm run rules`. Levels are those of the presets; settings and exemptions are told in",
    "[README.md](README.md).",
    "",
  ];
  for (const [family, what] of Object.entries(families)) {
    const own = rules.filter((rule) => rule.family === family);
    lines.push(
      `## ${family}`,
      "",
      what,
      "",
      `| rule | severity | ${names.join(" | ")} | |`,
      `|---|---|${"---|".repeat(names.length + 1)}`,
    );
    for (const rule of own) {
      const levels = names.map((preset) => presetLevel(rule, preset));
      lines.push(
        `| [${rule.name}](#${rule.name}) | ${rule.severity} | ${levels.join(" | ")} | ${rule.title} |`,
      );
    }
    for (const rule of own) lines.push("", ...section(rule));
    lines.push("");
  }
  return lines.join("\n");
}

/** What is looked at beside the entities of a mesh. */
const beside: Partial<Readonly<Record<SubjectKind, string>>> = {
  workload: "task definitions and pods with a proxy in them",
  permissions: "roles of containers and policies for proxies, in AWS",
  unread: "what cannot be read",
  grant: "policies that the stack attaches to roles of containers, in AWS",
};

function section(rule: Rule): string[] {
  const settings = Object.entries(rule.settings as Record<string, JSONSchema & { default: unknown }>);
  const about =
    "checkMesh" in rule
      ? "a mesh as a whole, as far as the stack declares it"
      : rule.kinds.map((kind: SubjectKind) => beside[kind] ?? kind).join(", ");
  return [
    `### ${rule.name}`,
    "",
    `${rule.what} ${rule.why}`,
    "",
    `- About: ${about}`,
    ...rule.remediation.map((step) => `- To do: ${step}`),
    ...settings.map(
      ([name, { type, description, default: value }]) =>
        `- Setting \`${name}\` (${type}, default \`${JSON.stringify(value)}\`): ${description}`,
    ),
    ...rule.frameworks.map(
      ({ name, version, reference }) => `- Helps with ${name} (${version}), ${reference}`,
    ),
    `- [More](${rule.link})`,
  ];
}
