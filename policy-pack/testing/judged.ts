// What a rule says, in the words that a user reads.

import type { Kind } from "@pulumi-appmesh/model";
import { isMeshRule, judgeMesh, judgeSubject, sentence, type Verdict } from "../judge.js";
import { fromWire } from "../pulumi/values.js";
import type { Rule, Subject } from "../rule.js";
import { fromAppMesh, lineageNames } from "../subjects/appmesh.js";
import type { AnyEntity } from "../subjects/entity.js";
import { graphs } from "../subjects/graph.js";
import { type Linked, RunningBehind } from "../subjects/running.js";

/** As Pulumi marks a text that is not known during a preview. */
export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** As Pulumi marks an object that is not known during a preview. */
export const unknownObject = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff";

export interface Said {
  readonly findings?: readonly string[];
  readonly notApplicable?: string;
  readonly open?: readonly string[];
}

const title = (kind: Kind): string => kind[0]?.toUpperCase() + kind.slice(1);

/** An entity as a resource of this project declares it; `path` is `shop`, `shop/web` or `shop/router/route`. */
export function entity(kind: Kind, path: string, spec: object | string, more: object = {}): AnyEntity {
  const [meshName, ...names] = path.split("/");
  const members = Object.fromEntries(lineageNames(kind).map((member, index) => [member, names[index]]));
  const props = fromWire({ meshName, ...members, spec, ...more });
  const made = fromAppMesh(`appmesh:index:${title(kind)}`, props as Record<string, unknown>);
  if (made === undefined) throw new Error(`no entity is of kind ${kind}`);
  return made as AnyEntity;
}

const defaults = (rule: Rule): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(rule.settings as Record<string, { default: unknown }>).map(([name, each]) => [
      name,
      each.default,
    ]),
  );

/** What a rule says of one entity; undefined where it is about other kinds. */
export function judged(rule: Rule, subject: Subject, config: object = {}): Said | undefined {
  if (isMeshRule(rule)) throw new Error(`${rule.name} is about meshes`);
  const verdict = judgeSubject(rule, subject, { ...defaults(rule), ...config });
  return verdict && told(verdict, ({ path, ...finding }) => sentence(path, finding));
}

/** What a rule says of a mesh; each finding begins with the entity that it is about. */
export function judgedMesh(
  rule: Rule,
  entities: readonly AnyEntity[],
  config: object = {},
  running: Iterable<Linked> = [],
): Said {
  if (!isMeshRule(rule)) throw new Error(`${rule.name} is about entities`);
  const [mesh] = graphs(entities, new RunningBehind(running));
  if (mesh === undefined) throw new Error("there is no mesh");
  const verdict = judgeMesh(rule, mesh, { ...defaults(rule), ...config });
  return told(
    verdict,
    ({ subject, path, ...finding }) =>
      `${[subject.kind, ...(subject as AnyEntity).names].join("/")}: ${sentence(path, finding)}`,
  );
}

const told = (
  { findings, notApplicable, open }: Verdict,
  text: (found: Verdict["findings"][number]) => string,
): Said => ({
  ...(findings.length > 0 && { findings: findings.map(text) }),
  ...(notApplicable !== undefined && { notApplicable }),
  ...(open.length > 0 && { open: open.map(({ text }) => text) }),
});

export const complies: Said = {};
