import {
  checkSpec,
  entityTypes,
  formatViolation,
  type Kind,
  optional,
  type Specs,
  string,
  structure,
  TagList,
  type TagList as Tags,
  type Violation,
  validate,
} from "@pulumi-appmesh/model";
import type { Tag } from "../entity.js";
import { MeshError } from "../errors.js";
import { checkName } from "./names.js";
import { checkTagKeys } from "./tags.js";

/** What a client sends to create an entity, found to keep the model. */
export interface CreateInput<K extends Kind> extends UpdateInput<K> {
  readonly name: string;
  readonly tags: readonly Tag[];
}

/** What a client sends to update an entity, found to keep the model. */
export interface UpdateInput<K extends Kind> {
  readonly spec: Specs[K];
  readonly clientToken: string | undefined;
}

const clientToken = optional(
  string({
    maxLength: 36,
    pattern: { regex: /^[A-Za-z0-9_-]*$/, says: "of letters, numbers, hyphens and underscores" },
  }),
  "Marks a request, so that a repetition of it is not taken for a second one.",
);

export function createInput<K extends Kind>(kind: K, body: unknown): CreateInput<K> {
  const { title, nameMember } = entityTypes[kind];
  const shape = structure(`Create${title}Input`, "", { clientToken, tags: optional(TagList, "") });
  const { [nameMember]: name, spec, ...rest } = asObject(body);
  const violations = [...checkName(kind, name), ...checkPresent(kind, spec), ...validate(shape, rest)];
  if (violations.length === 0) violations.push(...checkTagKeys(rest.tags as Tags | undefined));
  refuse(violations);
  return {
    name: name as string,
    spec: (spec ?? {}) as Specs[K],
    tags: (rest.tags ?? []) as Tags,
    clientToken: tokenIn(rest),
  };
}

export function updateInput<K extends Kind>(kind: K, body: unknown): UpdateInput<K> {
  const shape = structure(`Update${entityTypes[kind].title}Input`, "", { clientToken });
  const { spec, ...rest } = asObject(body);
  refuse([...checkPresent(kind, spec), ...validate(shape, rest)]);
  return {
    spec: (spec ?? {}) as Specs[K],
    clientToken: tokenIn(rest),
  };
}

/** The AWS CLI's skeletons have an empty token, which is sent as it is by those who leave it: it marks nothing. */
const tokenIn = (body: Record<string, unknown>): string | undefined =>
  (body.clientToken || undefined) as string | undefined;

/** Every way in which a request breaks the model, in one error. */
export function refuse(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  throw new MeshError("BadRequestException", violations.map(formatViolation).join("\n"));
}

/** A mesh may be made without a spec. */
const checkPresent = (kind: Kind, spec: unknown): Violation[] =>
  spec === undefined && !entityTypes[kind].specRequired ? [] : checkSpec(kind, spec);

export function asObject(body: unknown): Record<string, unknown> {
  if (typeof body === "object" && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new MeshError("BadRequestException", "the request's body must be a JSON object");
}
