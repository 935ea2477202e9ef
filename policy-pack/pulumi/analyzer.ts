import { Exemptions } from "../exemptions.js";
import { isAboutStacks, isMeshRule, judgeMesh, judgeSubject, sentence, type Verdict } from "../judge.js";
import type { Level, Severity, Subject, SubjectRule } from "../rule.js";
import { type Configuration, type ConfiguredRule, SettingsError, withSettings } from "../settings.js";
import type { AnyEntity } from "../subjects/entity.js";
import { isKnown } from "../subjects/forms.js";
import { graphs } from "../subjects/graph.js";
import { kindsOfStack } from "../subjects/stack.js";
import { exemptionsPolicy } from "./policies.js";
import { remediate } from "./remediate.js";
import {
  entitiesOfStack,
  type Resource,
  runningIn,
  type StackResource,
  subjectsOf,
  subjectsOfStack,
} from "./subjects.js";

/** What a rule found, as the engine tells it. */
export interface Diagnostic {
  readonly policy: string;
  /** What has to be so, and why. */
  readonly description: string;
  readonly level: Exclude<Level, "disabled" | "remediate">;
  readonly severity: Severity;
  readonly message: string;
  /** Unset where it is about no resource of the stack. */
  readonly urn?: string;
}

/** Why a rule says nothing. */
export interface NotApplicable {
  readonly policy: string;
  readonly reason: string;
}

export interface Answer {
  readonly diagnostics: readonly Diagnostic[];
  readonly notApplicable: readonly NotApplicable[];
}

/** Inputs of a resource as a rule changed them, those of the rules before it included. */
export interface Remediation {
  readonly policy: string;
  readonly description: string;
  readonly props: object;
}

/** What Pulumi's own configuration says of a rule: it comes on top of the pack's settings. */
export interface Given {
  readonly level?: Level;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Judges the resources of one stack for Pulumi's engine. Each is read once for all rules, which is what lets a pack of many
 * rules cost little more than one of none.
 */
export class Analyzer {
  readonly #configuration: Configuration;
  readonly #exemptions: Exemptions;
  #rules: readonly ConfiguredRule[];
  #exemptionsLevel: Level = exemptionsPolicy.level;

  constructor(
    configuration: Configuration,
    now = Date.now(),
    exemptions = new Exemptions(configuration.exemptions, now),
  ) {
    this.#configuration = configuration;
    this.#exemptions = exemptions;
    this.#rules = enabled(configuration.rules);
  }

  /** Throws SettingsError where a rule cannot follow its settings. */
  configure(given: ReadonlyMap<string, Given>): void {
    const problems: string[] = [];
    const names = [...this.#configuration.rules.map(({ rule }) => rule.name), exemptionsPolicy.name];
    // `all` is Pulumi's own, which it has given to each rule by itself.
    for (const name of given.keys())
      if (name !== "all" && !names.includes(name))
        problems.push(`rules.${name}: there is no such name; there are ${names.join(", ")}`);
    const rules = this.#configuration.rules.map(({ rule, level, config }) => {
      const { level: own = level, settings = {} } = given.get(rule.name) ?? {};
      return { rule, level: own, config: withSettings(rule, config, settings, problems) };
    });
    // The engine looks at schemas only where it reads a configuration file; Pulumi Cloud may hold another version's.
    if (problems.length > 0) throw new SettingsError(problems);
    this.#rules = enabled(rules);
    this.#exemptionsLevel = given.get(exemptionsPolicy.name)?.level ?? exemptionsPolicy.level;
  }

  /** Judges the inputs of one resource, before it is made. */
  analyze(resource: Resource & { readonly urn: string }): Answer {
    const answer = new Answers();
    // Nearly all resources of a stack are none of ours: they are let through without a word.
    const subjects = subjectsOf(resource);
    if (subjects.length === 0) return answer;
    for (const configured of this.#rules) {
      const { rule, config } = configured;
      if (isMeshRule(rule) || isAboutStacks(rule)) continue;
      const verdict = verdictOn(rule, subjects, config);
      if (verdict === undefined) answer.skip(rule.name, aboutOthers(rule));
      else this.#tell(configured, verdict, () => resource.urn, answer);
    }
    return answer;
  }

  /** Makes the safe changes that rules at the level `remediate` know, one rule after the other. */
  remediate({ urn, type, props }: Resource & { readonly urn: string }): {
    readonly remediations: readonly Remediation[];
    readonly notApplicable: readonly NotApplicable[];
  } {
    const remediations: Remediation[] = [];
    const answer = new Answers();
    const rules = this.#rules.filter(({ level }) => level === "remediate");
    if (rules.length === 0 || !isKnown(type)) return { remediations, notApplicable: [] };
    let now = props;
    let subjects = subjectsOf({ type, props: now });
    if (subjects.length === 0) return { remediations, notApplicable: [] };
    for (const { rule, config } of rules) {
      if (isMeshRule(rule) || isAboutStacks(rule)) continue;
      const verdict = verdictOn(rule, subjects, config);
      if (verdict === undefined) {
        answer.skip(rule.name, aboutOthers(rule));
        continue;
      }
      if (verdict.findings.length === 0 || this.#exemptions.covers(rule.name, urn)) continue;
      const mended = remediate(now, verdict.findings);
      if (mended === undefined) continue;
      now = mended;
      subjects = subjectsOf({ type, props: now });
      remediations.push({ policy: rule.name, description: describe(rule), props: mended });
    }
    return { remediations, notApplicable: answer.notApplicable };
  }

  /** Judges all that the stack declares, with what became of it. */
  analyzeStack(resources: readonly StackResource[]): Answer {
    const answer = new Answers();
    const entities = entitiesOfStack(resources);
    const meshes = graphs(
      entities.keys(),
      runningIn(resources),
      (entity) => entities.get(entity)?.scope ?? "",
    );
    const subjects = subjectsOfStack(resources);
    for (const configured of this.#rules) {
      const { rule, config } = configured;
      if (!isAboutStacks(rule)) continue;
      if (!isMeshRule(rule)) {
        const verdict = verdictOn(rule, [...subjects.keys()], config);
        if (verdict === undefined) answer.skip(rule.name, absent(rule));
        else this.#tell(configured, verdict, (subject) => subjects.get(subject) ?? "", answer);
        continue;
      }
      if (meshes.length === 0) {
        answer.skip(rule.name, entities.size === 0 ? nothing : unplaced);
        continue;
      }
      const verdict = together(meshes.map((mesh) => judgeMesh(rule, mesh, config)));
      this.#tell(configured, verdict, (subject) => entities.get(subject as AnyEntity)?.urn ?? "", answer);
    }
    if (this.#exemptionsLevel !== "disabled")
      for (const line of this.#exemptions.report())
        answer.find({
          policy: exemptionsPolicy.name,
          description: exemptionsPolicy.description,
          level: strict(this.#exemptionsLevel),
          severity: exemptionsPolicy.severity,
          message: line,
        });
    return answer;
  }

  #tell(
    { rule, level }: ConfiguredRule,
    { findings, notApplicable, open }: Verdict,
    urnOf: (subject: Subject) => string,
    answer: Answers,
  ): void {
    for (const { subject, path, ...finding } of findings) {
      const urn = urnOf(subject);
      if (this.#exemptions.covers(rule.name, urn)) continue;
      answer.find({
        policy: rule.name,
        description: describe(rule),
        level: strict(level),
        severity: rule.severity,
        message: sentence(path, finding),
        urn,
      });
    }
    if (findings.length > 0) return;
    if (notApplicable !== undefined) answer.skip(rule.name, notApplicable);
    else if (open.length > 0)
      answer.skip(
        rule.name,
        `${open.map(({ text }) => text).join(", ")} ${open.length === 1 ? "is" : "are"} not known before \`pulumi up\`, which judges it`,
      );
  }
}

class Answers implements Answer {
  readonly diagnostics: Diagnostic[] = [];
  readonly notApplicable: NotApplicable[] = [];

  find(diagnostic: Diagnostic): void {
    this.diagnostics.push(diagnostic);
  }

  skip(policy: string, reason: string): void {
    this.notApplicable.push({ policy, reason });
  }
}

const enabled = (rules: readonly ConfiguredRule[]) => rules.filter(({ level }) => level !== "disabled");

/** What could not be mended stops. */
const strict = (level: Level): Diagnostic["level"] => (level === "advisory" ? "advisory" : "mandatory");

const describe = ({ what, why }: { readonly what: string; readonly why: string }): string => `${what} ${why}`;

const nothing = "the stack declares nothing of a mesh";
const unplaced = "the names of its entities and meshes are not known before `pulumi up`, which judges it";
const absent = ({ kinds }: SubjectRule): string => kinds.map((kind) => kindsOfStack[kind]).join(", and ");
const aboutOthers = ({ kinds }: SubjectRule): string => `it is about ${kinds.join(", ")}`;

/** What the rule says of what a resource declares; undefined where it is about others. */
function verdictOn(
  rule: SubjectRule,
  subjects: readonly Subject[],
  config: Readonly<Record<string, unknown>>,
): Verdict | undefined {
  const verdicts = subjects.flatMap((subject) => judgeSubject(rule, subject, config) ?? []);
  return verdicts.length === 0 ? undefined : together(verdicts);
}

/** One verdict of several: the rule was applicable where it was to any of them. */
const together = (verdicts: readonly Verdict[]): Verdict => ({
  findings: verdicts.flatMap(({ findings }) => findings),
  notApplicable: verdicts.every(({ notApplicable }) => notApplicable !== undefined)
    ? verdicts[0]?.notApplicable
    : undefined,
  open: verdicts.flatMap(({ open }) => open),
});
