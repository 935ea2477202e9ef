import { isAboutStacks } from "../judge.js";
import type { Framework, Level, Rule, Severity } from "../rule.js";
import type { JSONSchema } from "../schema.js";
import type { Configuration } from "../settings.js";

/** A rule, as Pulumi lists it. */
export interface Policy {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly severity: Severity;
  readonly level: Level;
  /** What it looks at: one resource before it is made, or the stack as a whole. */
  readonly type: "resource" | "stack";
  readonly tags: readonly string[];
  readonly remediationSteps: string;
  readonly url: string;
  readonly framework?: Framework;
  /** Its settings, by name. */
  readonly settings: Readonly<Record<string, JSONSchema & { readonly default: unknown }>>;
  /** What the pack's own settings give them. */
  readonly initial: Readonly<Record<string, unknown>>;
}

/** Says what is left untold, and what of it should not be there any more. */
export const exemptionsPolicy = {
  name: "exemptions",
  displayName: "Exemptions are seen",
  description:
    "What is exempt from the rules is told with its reason, and so are exemptions that are over or not needed.",
  severity: "low",
  level: "advisory",
  type: "stack",
  tags: [],
  remediationSteps: "",
  url: "",
  settings: {},
  initial: {},
} as const satisfies Policy;

/**
 * The rules, as Pulumi lists them. Levels and settings are what it starts from: what `--policy-pack-config` or Pulumi Cloud
 * say comes on top, and the engine fills in a setting's default wherever neither says anything.
 */
export const policies = ({ rules, exemptions }: Configuration): readonly Policy[] => [
  ...rules.map(({ rule, level, config }) => described(rule, level, config)),
  ...(exemptions.length > 0 ? [exemptionsPolicy] : []),
];

function described(rule: Rule, level: Level, initial: Readonly<Record<string, unknown>>): Policy {
  const [framework] = rule.frameworks;
  return {
    name: rule.name,
    displayName: rule.title,
    description: `${rule.what} ${rule.why}`,
    severity: rule.severity,
    level,
    type: isAboutStacks(rule) ? "stack" : "resource",
    tags: [rule.family],
    remediationSteps: rule.remediation.join(" "),
    url: rule.link,
    ...(framework && { framework }),
    settings: rule.settings,
    initial,
  };
}
