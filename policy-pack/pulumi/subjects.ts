import { Secret } from "@pulumi/policy";
import type { Subject } from "../rule.js";
import type { AnyEntity } from "../subjects/entity.js";
import { type Declared, entitiesIn, isKnown, subjectsIn } from "../subjects/forms.js";
import { plain } from "../subjects/known.js";

interface Resource {
  readonly type: string;
  readonly props: object;
}

/** What a resource of a stack declares of what rules look at; nothing for other resources, which cost no copy. */
export const subjectsOf = (resource: Resource): readonly Subject[] =>
  isKnown(resource.type) ? subjectsIn(declared(resource)) : [];

/** The entities of a whole stack, with the URN of the resource that declares each. */
export function entitiesOfStack(
  resources: readonly (Resource & { readonly urn: string })[],
): ReadonlyMap<AnyEntity, string> {
  const known = resources.filter(({ type }) => isKnown(type));
  const entities = entitiesIn(known.map((resource) => ({ ...declared(resource), urn: resource.urn })));
  return new Map([...entities].map(([entity, { urn }]) => [entity, urn]));
}

const declared = ({ type, props }: Resource): Declared => ({
  type,
  props: plain(props, unwrapped) as Declared["props"],
});

/** Remediations are given secrets in their wrapping. */
const unwrapped = (value: object): unknown => (value instanceof Secret ? value.value : value);
