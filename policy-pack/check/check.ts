import { formatPath } from "@pulumi-appmesh/model";
import { Exemptions } from "../exemptions.js";
import { isAboutStacks, isMeshRule, judgeMesh, judgeSubject, type Verdict } from "../judge.js";
import type { Level, Rule } from "../rule.js";
import type { Configuration } from "../settings.js";
import { entitiesIn, subjectsIn } from "../subjects/forms.js";
import { graphs } from "../subjects/graph.js";
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

export interface Checked {
  /** How many of the declared resources rules look at. */
  readonly judged: number;
  readonly violations: readonly Violation[];
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
  const alone = new Map(
    declared.flatMap((resource) => subjectsIn(resource).map((subject) => [subject, resource] as const)),
  );
  const together = subjectsOfAll(declared);
  const violations: Violation[] = [];
  for (const { rule, level, config } of rules) {
    if (level === "disabled") continue;
    const tell = (
      { findings }: Verdict,
      where: (found: Verdict["findings"][number]) => InFile | undefined,
    ) => {
      for (const found of findings) {
        const { file = "", name = "" } = where(found) ?? {};
        if (exemptions.covers(rule.name, `${file}::${name}`)) continue;
        const { message, fix, path } = found;
        violations.push({ rule, level, file, name, path: formatPath(path), message, fix });
      }
    };
    if (isMeshRule(rule)) {
      for (const mesh of meshes)
        tell(judgeMesh(rule, mesh, config), ({ subject }) => entities.get(subject as never));
    } else {
      const subjects = isAboutStacks(rule) ? together : alone;
      for (const [subject, resource] of subjects) {
        const verdict = judgeSubject(rule, subject, config);
        if (verdict) tell(verdict, () => resource);
      }
    }
  }
  const judged = new Set([...alone.values(), ...together.values()]).size;
  return { judged, violations, exemptions: exemptions.report() };
}
