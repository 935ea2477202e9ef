import { Secret } from "@pulumi/policy";
import type { Subject } from "../rule.js";
import type { AnyEntity } from "../subjects/entity.js";
import { type Declared, entitiesIn, isKnown, subjectsIn } from "../subjects/forms.js";
import { plain } from "../subjects/known.js";
import { isAboutRunning, type Linked, RunningBehind } from "../subjects/running.js";

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

/** What a stack runs, with what it is linked to by the properties that it takes from others. */
export function runningIn(resources: readonly StackResource[]): RunningBehind {
  const linked = ({ propertyDependencies = {}, ...resource }: StackResource, depth: number): Linked => ({
    ...declared(resource),
    from:
      depth === 0
        ? {}
        : Object.fromEntries(
            Object.entries(propertyDependencies).map(([property, from]) => [
              property,
              from.map((each) => linked(each, depth - 1)),
            ]),
          ),
  });
  // From a service to its registry, and from that to the namespace.
  return new RunningBehind(
    resources.filter(({ type }) => isAboutRunning(type)).map((resource) => linked(resource, 2)),
  );
}

interface StackResource extends Resource {
  readonly propertyDependencies?: Readonly<Record<string, readonly StackResource[]>>;
}

const declared = ({ type, props }: Resource): Declared => ({
  type,
  props: plain(props, unwrapped) as Declared["props"],
});

/** Remediations are given secrets in their wrapping. */
const unwrapped = (value: object): unknown => (value instanceof Secret ? value.value : value);
