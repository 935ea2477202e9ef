import {
  type PolicyConfigSchema,
  type ResourceValidationPolicy,
  Secret,
  type StackValidationPolicy,
} from "@pulumi/policy";
import { Exemptions } from "../exemptions.js";
import { type Configuration, type ConfiguredRule, configure, type PackSettings } from "../settings.js";
import { Analyzer, type Answer } from "./analyzer.js";
import { type Policy, policies } from "./policies.js";
import { type StackResource, scopeOf } from "./subjects.js";
import { asSecret, secretIn } from "./values.js";

export type SdkPolicy = ResourceValidationPolicy | StackValidationPolicy;

/**
 * The rules for a pack that is made with `@pulumi/policy`, beside rules of its own:
 *
 *     new PolicyPack("company", { policies: [...appMeshPolicies({ preset: "strict" }), …] });
 *
 * `AppMeshPolicyPack` says the same in less time: the SDK reads every resource anew for every rule.
 *
 * Throws SettingsError where the settings name something that there is not.
 */
export function appMeshPolicies(settings: PackSettings = {}): SdkPolicy[] {
  const configuration = configure(settings);
  const exemptions = new Exemptions(configuration.exemptions, Date.now());
  const rules = new Map(configuration.rules.map((configured) => [configured.rule.name, configured]));
  return policies(configuration).map((policy) => {
    const configured = rules.get(policy.name);
    if (configured === undefined) return { ...described(policy), ...exempt(exemptions) };
    const analyzer = new Analyzer(alone(configured), Date.now(), exemptions);
    return {
      ...described(policy),
      ...(policy.type === "stack" ? ofStack(policy, analyzer) : ofResource(policy, analyzer)),
    };
  });
}

/** Exemptions are told once, by a policy of their own. */
const alone = (configured: ConfiguredRule): Configuration => ({ rules: [configured], exemptions: [] });

interface Asked {
  getConfig<T extends object>(): T;
  notApplicable(reason?: string): never;
}

/** The SDK asks for a remediation only at that level, and judges what is found by the level that it knows itself. */
const follow = (analyzer: Analyzer, { name }: Policy, args: Asked): void =>
  analyzer.configure(
    new Map([[name, { level: "remediate", settings: args.getConfig<Record<string, unknown>>() }]]),
  );

function ofResource(
  policy: Policy,
  analyzer: Analyzer,
): Pick<ResourceValidationPolicy, "validateResource" | "remediateResource"> {
  return {
    validateResource(args, report) {
      follow(analyzer, policy, args);
      const { urn, type } = args;
      tell(policy, analyzer.analyze({ urn, type, props: wired(args.props) }), args, report);
    },
    remediateResource(args) {
      follow(analyzer, policy, args);
      const { urn, type } = args;
      const { remediations } = analyzer.remediate({ urn, type, props: wired(args.props) });
      const mended = remediations.at(-1)?.props;
      return mended && (ofSdk(mended) as Record<string, unknown>);
    },
  };
}

const ofStack = (policy: Policy, analyzer: Analyzer): Pick<StackValidationPolicy, "validateStack"> => ({
  validateStack(args, report) {
    follow(analyzer, policy, args);
    const resources = args.resources.map(
      ({ urn, type, props, provider, propertyDependencies }): StackResource => ({
        urn,
        type,
        get scope() {
          return provider ? scopeOf({ urn: provider.urn, props: wired(provider.props) }) : "";
        },
        get props() {
          return wired(props);
        },
        propertyDependencies: Object.fromEntries(
          Object.entries(propertyDependencies).map(([property, from]) => [
            property,
            from.map((each) => each.urn),
          ]),
        ),
      }),
    );
    tell(policy, analyzer.analyzeStack(resources), args, report);
  },
});

const exempt = (exemptions: Exemptions): Pick<StackValidationPolicy, "validateStack"> => ({
  validateStack(_args, report) {
    for (const line of exemptions.report()) report(line);
  },
});

function tell(
  { name }: Policy,
  { diagnostics, notApplicable }: Answer,
  args: Asked,
  report: (message: string, urn?: string) => void,
): void {
  const own = diagnostics.filter(({ policy }) => policy === name);
  for (const { message, urn } of own) report(message, urn);
  const [skipped] = notApplicable;
  if (own.length === 0 && skipped !== undefined) args.notApplicable(skipped.reason);
}

function described({ level, settings, framework, ...policy }: Policy) {
  const properties = structuredClone(settings) as PolicyConfigSchema["properties"];
  return {
    name: policy.name,
    displayName: policy.displayName,
    description: policy.description,
    severity: policy.severity,
    enforcementLevel: level,
    remediationSteps: policy.remediationSteps,
    url: policy.url,
    tags: [...policy.tags],
    ...(Object.keys(settings).length > 0 && { configSchema: { properties } }),
    ...(framework && { framework: { ...framework, specification: framework.reference } }),
  };
}

/** What the SDK hands out, as it is on the wire. */
const wired = (props: object): object => rewritten(props) as object;

const rewritten = (value: unknown): unknown =>
  mapped(value, (object) => (object instanceof Secret ? asSecret(rewritten(object.value)) : undefined));

interface Proxied {
  readonly __isSpecialProxy?: boolean;
  readonly __getSpecialProxyTarget?: unknown;
}

/** The SDK's proxies throw where something is not known yet, and show secrets as what they are not. */
function bare(value: unknown): unknown {
  let inner = value;
  while (typeof inner === "object" && inner !== null && (inner as Proxied).__isSpecialProxy === true)
    inner = (inner as Proxied).__getSpecialProxyTarget;
  return inner;
}

const ofSdk = (value: unknown): unknown =>
  mapped(value, (members) => {
    const secret = secretIn(members);
    return secret && new Secret(ofSdk(secret.value));
  });

/** A copy of plain values, with others in the place of some objects. */
function mapped(proxied: unknown, instead: (members: object) => unknown): unknown {
  const value = bare(proxied);
  if (typeof value !== "object" || value === null) return value;
  const other = instead(value);
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.map((item) => mapped(item, instead));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapped(member, instead)]));
}
