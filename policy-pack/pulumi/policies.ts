import type {
  PolicyConfigSchema,
  PolicyPackConfig,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { Exemptions } from "../exemptions.js";
import { isMeshRule, judgeMesh, judgeSubject, sentence, type Verdict } from "../judge.js";
import type { MeshRule, Rule, Subject, SubjectRule } from "../rule.js";
import type { Configuration, ConfiguredRule } from "../settings.js";
import type { AnyEntity } from "../subjects/entity.js";
import { isKnown } from "../subjects/forms.js";
import { graphs, type MeshGraph } from "../subjects/graph.js";
import { PerCall } from "./per-call.js";
import { remediate } from "./remediate.js";
import { entitiesOfStack, runningIn, subjectsOf } from "./subjects.js";

type Policy = ResourceValidationPolicy | StackValidationPolicy;

/**
 * Levels and settings as Pulumi starts from. What `--policy-pack-config` or Pulumi Cloud say comes on top, and what rules
 * are asked to follow is the result: the engine fills in a schema's defaults wherever neither says anything.
 */
export const initialConfig = ({ rules }: Configuration): PolicyPackConfig =>
  Object.fromEntries(
    rules.map(({ rule, level, config }) => [rule.name, { enforcementLevel: level, ...config }]),
  );

/** The rules, as Pulumi runs them. */
export function policies({ rules, exemptions: listed }: Configuration, now = Date.now()): Policy[] {
  const exemptions = new Exemptions(listed, now);
  const subjects: Subjects = new PerCall();
  const stacks: Stacks = new PerCall();
  return [
    ...rules.map((configured) =>
      isMeshRule(configured.rule)
        ? meshPolicy(configured, configured.rule, exemptions, stacks)
        : subjectPolicy(configured, configured.rule, exemptions, subjects),
    ),
    ...(listed.length > 0 ? [exemptionsPolicy(exemptions)] : []),
  ];
}

type Subjects = PerCall<readonly Subject[]>;

interface Stack {
  readonly entities: ReadonlyMap<AnyEntity, string>;
  readonly meshes: readonly MeshGraph[];
}
type Stacks = PerCall<Stack>;

function subjectPolicy(
  configured: ConfiguredRule,
  rule: SubjectRule,
  exemptions: Exemptions,
  read: Subjects,
): ResourceValidationPolicy {
  /** What the rule says of what a resource declares; undefined where it is about others. */
  const verdictOn = (
    subjects: readonly Subject[],
    args: Pick<ResourceValidationArgs, "getConfig">,
  ): Verdict | undefined => {
    const about = subjects.filter(({ kind }) => (rule.kinds as readonly string[]).includes(kind));
    if (about.length === 0) return undefined;
    const config = { ...configured.config, ...args.getConfig<object>() };
    return together(about.flatMap((subject) => judgeSubject(rule, subject, config) ?? []));
  };
  return {
    ...described(configured),
    validateResource(args, reportViolation) {
      // Nearly all resources of a stack are none of ours: they are let through without a word.
      if (!isKnown(args.type)) return;
      const subjects = read.get(args.urn, rule.name, () => subjectsOf(args));
      if (subjects.length === 0) return;
      const verdict = verdictOn(subjects, args);
      if (verdict === undefined) return skip(args, aboutOthers(rule));
      const told = verdict.findings.filter(() => !exemptions.covers(rule.name, args.urn));
      for (const { path, ...finding } of told) reportViolation(sentence(path, finding), args.urn);
      if (verdict.findings.length === 0) skipped(args, verdict);
    },
    remediateResource(args) {
      if (!isKnown(args.type)) return undefined;
      // What an earlier remediation changed is to be seen: it is read for every rule.
      const subjects = subjectsOf(args);
      if (subjects.length === 0) return undefined;
      const verdict = verdictOn(subjects, args);
      if (verdict === undefined) return skip(args, aboutOthers(rule));
      if (verdict.findings.length === 0) return undefined;
      if (exemptions.covers(rule.name, args.urn)) return undefined;
      return remediate(args.props, verdict.findings);
    },
  };
}

function meshPolicy(
  configured: ConfiguredRule,
  rule: MeshRule,
  exemptions: Exemptions,
  read: Stacks,
): StackValidationPolicy {
  return {
    ...described(configured),
    validateStack(args, reportViolation) {
      const { entities, meshes } = read.get("", rule.name, () => {
        const entities = entitiesOfStack(args.resources);
        return { entities, meshes: graphs(entities.keys(), runningIn(args.resources)) };
      });
      const config = { ...configured.config, ...args.getConfig<object>() };
      const verdicts = meshes.map((mesh) => judgeMesh(rule, mesh, config));
      if (verdicts.length === 0) return skip(args, "the stack declares nothing of a mesh");
      const { findings, ...rest } = together(verdicts);
      for (const { subject, path, ...finding } of findings) {
        const urn = entities.get(subject as AnyEntity) ?? "";
        if (!exemptions.covers(rule.name, urn)) reportViolation(sentence(path, finding), urn);
      }
      if (findings.length === 0) skipped(args, rest);
    },
  };
}

/** Says what is left untold, and what of it should not be there any more. */
function exemptionsPolicy(exemptions: Exemptions): StackValidationPolicy {
  return {
    name: "exemptions",
    displayName: "Exemptions are seen",
    description:
      "What is exempt from the rules is told with its reason, and so are exemptions that are over or not needed.",
    enforcementLevel: "advisory",
    severity: "low",
    validateStack(_args, reportViolation) {
      for (const line of exemptions.report()) reportViolation(line);
    },
  };
}

/** One verdict of several: the rule was applicable where it was to any of them. */
const together = (verdicts: readonly Verdict[]): Verdict => ({
  findings: verdicts.flatMap(({ findings }) => findings),
  notApplicable: verdicts.every(({ notApplicable }) => notApplicable !== undefined)
    ? verdicts[0]?.notApplicable
    : undefined,
  open: verdicts.flatMap(({ open }) => open),
});

interface Skipping {
  readonly notApplicable: (reason?: string) => never;
}

/** Says that a rule does not apply, which the SDK does by an error: without its stack, for which nobody asks and everybody waits. */
function skip(args: Skipping, reason: string): never {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return args.notApplicable(reason);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function skipped(args: Skipping, { notApplicable, open }: Pick<Verdict, "notApplicable" | "open">): void {
  if (notApplicable !== undefined) skip(args, notApplicable);
  if (open.length > 0)
    skip(
      args,
      `${open.join(", ")} ${open.length === 1 ? "is" : "are"} not known before \`pulumi up\`, which judges it`,
    );
}

const aboutOthers = ({ kinds }: SubjectRule): string => `it is about ${kinds.join(", ")}`;

function described({ rule, level }: ConfiguredRule) {
  const [framework] = rule.frameworks;
  const configSchema = schemaOf(rule);
  return {
    name: rule.name,
    displayName: rule.title,
    description: `${rule.what} ${rule.why}`,
    severity: rule.severity,
    enforcementLevel: level,
    remediationSteps: rule.remediation.join(" "),
    url: rule.link,
    tags: [rule.family],
    ...(configSchema && { configSchema }),
    ...(framework && { framework: { ...framework, specification: framework.reference } }),
  };
}

function schemaOf({ settings }: Rule): PolicyConfigSchema | undefined {
  const names = Object.keys(settings);
  return names.length === 0
    ? undefined
    : { properties: structuredClone(settings) as PolicyConfigSchema["properties"] };
}
