import { formatPath, type Path } from "@pulumi-appmesh/model";
import type { Finding, Judge, MeshRule, Rule, Subject, SubjectRule } from "./rule.js";
import type { AnyEntity } from "./subjects/entity.js";
import type { MeshGraph } from "./subjects/graph.js";
import { NotKnownYet } from "./subjects/known.js";

/** What a rule says of one subject. Without findings, and with nothing left open, the subject complies. */
export interface Verdict {
  readonly findings: readonly FoundAt[];
  /** Why the rule says nothing. */
  readonly notApplicable: string | undefined;
  /** Parts that could not be judged because they are not known before `pulumi up`, in the declaration's own words. */
  readonly open: readonly string[];
}

export interface FoundAt extends Finding {
  readonly subject: Subject;
  /** In the words of the declaration. */
  readonly path: Path;
}

export const isMeshRule = (rule: Rule): rule is MeshRule => "checkMesh" in rule;

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
  record.known(
    () =>
      rule.checkMesh(mesh, {
        config,
        find: (entity, path, finding) => record.find(entity as AnyEntity, path, finding),
        notApplicable: (reason) => record.skip(reason),
      }),
    undefined,
  );
  return record.verdict();
}

class Findings {
  readonly #findings: FoundAt[] = [];
  readonly #open = new Set<string>();
  #notApplicable: string | undefined;

  find(subject: Subject, path: Path, finding: Finding): void {
    this.#findings.push({ ...finding, subject, path: subject.source.path(path) });
  }

  skip(reason: string): void {
    this.#notApplicable = reason;
  }

  known(judge: () => void, subject: Subject | undefined): void {
    try {
      judge();
    } catch (error) {
      if (!(error instanceof NotKnownYet)) throw error;
      this.#open.add(formatPath(subject ? subject.source.path(error.path) : error.path));
    }
  }

  verdict(): Verdict {
    return { findings: this.#findings, notApplicable: this.#notApplicable, open: [...this.#open] };
  }
}

/** `spec.listeners[0].tls.mode: mode PERMISSIVE takes connections without TLS; set mode to STRICT.` */
export function sentence(path: Path, { message, fix }: Finding): string {
  const where = formatPath(path);
  return `${where === "" ? "" : `${where}: `}${message}; ${fix}.`;
}
