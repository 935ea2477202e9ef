import { formatPath, type Path } from "@pulumi-appmesh/model";
import { Exemptions } from "../exemptions.js";
import { isAboutStacks, isMeshRule, judgeMesh, judgeSubject, type Verdict } from "../judge.js";
import type { Level, Rule, Subject } from "../rule.js";
import type { Configuration } from "../settings.js";
import type { AnyEntity } from "../subjects/entity.js";
import { entitiesIn, subjectsIn } from "../subjects/forms.js";
import { graphs, unplacedOf } from "../subjects/graph.js";
import { RunningBehind } from "../subjects/running.js";
import { subjectsOfAll } from "../subjects/stack.js";
import type { InFile } from "./documents.js";

/** A finding of a rule in a file. */
export interface Violation {
  readonly rule: Rule;
  readonly level: Exclude<Level, "disabled">;
  readonly file: string;
  /** What the file calls the resource. */
  readonly name: string;
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

/** A part that could not be judged. */
export interface Open {
  readonly file: string;
  readonly name: string;
  readonly path: string;
  /** Those that would look at it, by their names. */
  readonly rules: readonly string[];
}

export interface Checked {
  /** How many of the declared resources rules look at. */
  readonly judged: number;
  readonly violations: readonly Violation[];
  /** What is not known before it is deployed, and what the declaration leaves to others. */
  readonly open: readonly Open[];
  /** What is exempt and why, and exemptions that are over or not needed. */
  readonly exemptions: readonly string[];
}

/** Judges what files declare by the same rules as previews do. Exemptions name resources as `FILE::NAME`. */
export function check(
  declared: readonly InFile[],
  { rules, exemptions: listed }: Configuration,
  now = Date.now(),
): Checked {
  const exemptions = new Exemptions(listed, now);
  const entities = entitiesIn(declared);
  const meshes = graphs(entities.keys(), new RunningBehind(declared));
  const unplaced = unplacedOf(entities.keys());
  const alone = new Map(
    declared.flatMap((resource) => subjectsIn(resource).map((subject) => [subject, resource] as const)),
  );
  const together = subjectsOfAll(declared);
  const violations: Violation[] = [];
  const open = new Map<string, Open & { readonly rules: string[] }>();
  const leaveOpen = ({ file = "", name = "" }: Partial<InFile> = {}, at: Path, rule: string) => {
    const path = formatPath(at);
    const key = JSON.stringify([file, name, path]);
    const found = open.get(key) ?? { file, name, path, rules: [] };
    open.set(key, found);
    if (!found.rules.includes(rule)) found.rules.push(rule);
  };
  for (const { rule, level, config } of rules) {
    if (level === "disabled") continue;
    const tell = ({ findings, open }: Verdict, where: (subject: Subject) => InFile | undefined) => {
      for (const { subject, path } of open) leaveOpen(where(subject), path, rule.name);
      for (const found of findings) {
        const { file = "", name = "" } = where(found.subject) ?? {};
        if (exemptions.covers(rule.name, `${file}::${name}`)) continue;
        const { message, fix, path } = found;
        violations.push({ rule, level, file, name, path: formatPath(path), message, fix });
      }
    };
    if (isMeshRule(rule)) {
      for (const [entity, path] of unplaced) leaveOpen(entities.get(entity), path, rule.name);
      for (const mesh of meshes)
        tell(judgeMesh(rule, mesh, config), (subject) => entities.get(subject as AnyEntity));
    } else {
      const subjects = isAboutStacks(rule) ? together : alone;
      for (const [subject, resource] of subjects) {
        const verdict = judgeSubject(rule, subject, config);
        if (verdict) tell(verdict, () => resource);
      }
    }
  }
  const judged = new Set([...alone.values(), ...together.values()]).size;
  return { judged, violations, open: [...open.values()], exemptions: exemptions.report() };
}
