import { formatPath, type Path } from "@pulumi-appmesh/model";
import type { Finding, Judge, MeshRule, Rule, Subject, SubjectRule } from "./rule.js";
import { nameOf } from "./rules/common.js";
import type { AnyEntity, Entity } from "./subjects/entity.js";
import type { MeshGraph } from "./subjects/graph.js";
import { inFinding, violationsOf } from "./subjects/invalid.js";
import { NotKnownYet } from "./subjects/known.js";
import { kindsOfStack } from "./subjects/stack.js";

/** What a rule says of one subject. Without findings, and with nothing left open, the subject complies. */
export interface Verdict {
  readonly findings: readonly FoundAt[];
  /** Why the rule says nothing. */
  readonly notApplicable: string | undefined;
  /** Parts that could not be judged because they are not known before they are made. */
  readonly open: readonly OpenAt[];
}

export interface OpenAt {
  readonly subject: Subject;
  /** In the words of the declaration. */
  readonly path: Path;
  /** The path, with the name of the entity where the rule is about several. */
  readonly text: string;
}

export interface FoundAt extends Finding {
  readonly subject: Subject;
  /** In the words of the declaration. */
  readonly path: Path;
}

export const isMeshRule = (rule: Rule): rule is MeshRule => "checkMesh" in rule;

/** Whether a rule looks at what can be told of a stack as a whole only. */
export const isAboutStacks = (rule: Rule): boolean =>
  isMeshRule(rule) || rule.kinds.every((kind) => Object.hasOwn(kindsOfStack, kind));

/** What a rule says of one subject; undefined where it is about other kinds. */
export function judgeSubject(
  rule: SubjectRule,
  subject: Subject,
  config: Readonly<Record<string, unknown>>,
): Verdict | undefined {
  if (!(rule.kinds as readonly string[]).includes(subject.kind)) return undefined;
  const record = new Findings();
  const known = (judge: () => void) => record.known(judge, subject);
  const judge: Judge<object> = {
    config,
    find: (path, finding) => record.find(subject, path, finding),
    each: (list, path, visit) => {
      for (let index = 0; index < (list?.length ?? 0); index++) {
        known(() => visit((list as readonly never[])[index] as never, [...path, index]));
      }
    },
    notApplicable: (reason) => record.skip(reason),
  };
  known(() => rule.check(subject, judge));
  return record.verdict();
}

/** What a rule says of a mesh. Its findings are about different entities. */
export function judgeMesh(
  rule: MeshRule,
  mesh: MeshGraph,
  config: Readonly<Record<string, unknown>>,
): Verdict {
  const record = new Findings();
  const known = <T>(entity: Entity, read: () => T): T | undefined =>
    record.known(read, entity as AnyEntity, ` of ${nameOf(entity)}`);
  rule.checkMesh(mesh, {
    config,
    find: (entity, path, finding) => record.find(entity as AnyEntity, path, finding),
    known,
    each: (entity, list, visit) => {
      const items = known(entity, list) ?? [];
      for (let index = 0; index < items.length; index++)
        known(entity, () => visit(items[index] as never, index));
    },
    notApplicable: (reason) => record.skip(reason),
  });
  return record.verdict();
}

class Findings {
  readonly #findings: FoundAt[] = [];
  readonly #open = new Map<string, OpenAt>();
  #notApplicable: string | undefined;

  find(subject: Subject, path: Path, finding: Finding): void {
    this.#findings.push({ ...finding, subject, path: subject.source.path(path) });
  }

  skip(reason: string): void {
    this.#notApplicable = reason;
  }

  /** `whose` tells of which subject it is where the rule is about several. */
  known<T>(read: () => T, subject: Subject, whose = ""): T | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof NotKnownYet) {
        const path = subject.source.path(error.path);
        const text = `${formatPath(path)}${whose}`;
        this.#open.set(text, { subject, path, text });
      } else if (!this.#findInvalid(subject)) throw error;
      return undefined;
    }
  }

  /** Rules take specs for valid. One that is not is told: nobody else may look at it before it is made. */
  #findInvalid(subject: Subject): boolean {
    if (!("given" in subject)) return false;
    const [first] = violationsOf(subject);
    if (first === undefined) return false;
    const { message, fix } = inFinding(first);
    this.find(subject, first.path, {
      message: `the spec is invalid, so that the rule cannot judge it: ${message}`,
      fix,
    });
    return true;
  }

  verdict(): Verdict {
    // What seems not to apply may do, once it is known.
    const notApplicable = this.#open.size > 0 ? undefined : this.#notApplicable;
    return { findings: this.#findings, notApplicable, open: [...this.#open.values()] };
  }
}

/** `spec.listeners[0].tls.mode: mode PERMISSIVE takes connections without TLS; set mode to STRICT.` */
export function sentence(path: Path, { message, fix }: Finding): string {
  const where = formatPath(path);
  return `${where === "" ? "" : `${where}: `}${message}; ${fix}.`;
}
