import type { Path } from "@pulumi-appmesh/model";
import type { JSONSchema } from "./schema.js";
import type { MeshPod, PodChoice } from "./subjects/choices.js";
import type { AnyEntity, Entity } from "./subjects/entity.js";
import type { Grant } from "./subjects/grants.js";
import type { MeshGraph } from "./subjects/graph.js";
import type { Permissions } from "./subjects/permissions.js";
import type { Unread } from "./subjects/unread.js";
import type { Workload } from "./subjects/workload.js";

/** Rules that are switched together. */
export const families = {
  tls: "Encryption and identity of what the mesh carries.",
  retries: "Retries that help, and do not make an overload worse.",
  resiliency: "Time limits, health checks, outlier detection and limits.",
  routing: "Routes that lead where they should.",
  egress: "What may leave the mesh.",
  observability: "Logs and traces of what happens.",
  sidecars: "Proxies beside the applications, in ECS tasks and Kubernetes pods.",
  naming: "Names and tags.",
  declarations: "Declarations that can be judged at all.",
} as const;
export type Family = keyof typeof families;

export type Level = "advisory" | "mandatory" | "remediate" | "disabled";
export type Severity = "low" | "medium" | "high" | "critical";

/** What a rule is and why, whatever it is about. */
export interface RuleInfo<Config> {
  /** In lower case, with hyphens. A contract: configurations and exemptions name it. */
  readonly name: string;
  readonly title: string;
  readonly family: Family;
  readonly severity: Severity;
  /** One sentence: what has to be so. */
  readonly what: string;
  /** One sentence: what goes wrong otherwise. */
  readonly why: string;
  /** What to do about a finding, a sentence each. */
  readonly remediation: readonly string[];
  readonly link: string;
  readonly level: Level;
  readonly frameworks: readonly Framework[];
  /** A JSON schema for each setting; every one has a default. */
  readonly settings: { readonly [Name in keyof Config]: JSONSchema & { readonly default: Config[Name] } };
}

/** A requirement that the rule helps to meet. */
export interface Framework {
  readonly name: string;
  readonly version: string;
  /** The requirement within it. */
  readonly reference: string;
}

/** How a rule tells what it finds. */
export interface Judge<Config> {
  readonly config: Config;
  /** `path` is in the model's words and begins with `spec`. */
  find(path: Path, finding: Finding): void;
  /** Judges each item on its own: what is not known of one does not keep the others from being judged. */
  each<T>(list: readonly T[] | undefined, path: Path, judge: (item: T, path: Path) => void): void;
  /** The rule says nothing of this subject, for that reason. */
  notApplicable(reason: string): void;
}

export interface Finding {
  /** What was found and what is wrong with it, as a sentence. */
  readonly message: string;
  /** What to do, as a sentence. */
  readonly fix: string;
  /** The one safe change that mends it, if there is one: values by their place in the subject. */
  readonly edits?: readonly Edit[];
}

export interface Edit {
  readonly path: Path;
  readonly value: unknown;
}

/**
 * What a rule may look at: an entity, a task definition or pod with a proxy in it, what such a one may do in AWS, and what
 * chooses pods for a proxy.
 */
export type Subject = AnyEntity | Workload | Permissions | Grant | PodChoice | MeshPod | Unread;
export type SubjectKind = Subject["kind"];

/** A rule that looks at one subject. */
export interface SubjectRule<K extends SubjectKind = SubjectKind, Config = object> extends RuleInfo<Config> {
  readonly kinds: readonly K[];
  /** `kind` tells of which kind the subject is where the rule is about several. */
  check(subject: Extract<Subject, { readonly kind: K }>, judge: Judge<Config>): void;
}

/** A rule that looks at a whole mesh, as far as the stack declares it. */
export interface MeshRule<Config = object> extends RuleInfo<Config> {
  checkMesh(mesh: MeshGraph, judge: MeshJudge<Config>): void;
}

export interface MeshJudge<Config> extends Reading {
  readonly config: Config;
  find(entity: Entity, path: Path, finding: Finding): void;
  notApplicable(reason: string): void;
}

/** How entities of a mesh are read, of which any may have parts that are not known yet. */
export interface Reading {
  /**
   * What is read of an entity; undefined where a part of it is not known yet, which leaves that part open and the others
   * to be judged.
   */
  known<T>(entity: Entity, read: () => T): T | undefined;
  /** Judges each item of a list of the entity on its own: what is not known of one does not keep the others from it. */
  each<T>(
    entity: Entity,
    list: () => readonly T[] | undefined,
    judge: (item: T, index: number) => void,
  ): void;
}

// biome-ignore lint/suspicious/noExplicitAny: rules are kept together whatever they are about and configured by.
export type Rule = SubjectRule<any, any> | MeshRule<any>;

export const rule = <K extends SubjectKind, Config = object>(
  rule: SubjectRule<K, Config>,
): SubjectRule<K, Config> => rule;
export const meshRule = <Config = object>(rule: MeshRule<Config>): MeshRule<Config> => rule;
