import type { Subject } from "../rule.js";
import type { AnyEntity } from "../subjects/entity.js";
import { type Declared, entitiesIn, isKnown, subjectsIn } from "../subjects/forms.js";
import { isAboutRunning, type Linked, RunningBehind } from "../subjects/running.js";
import { isAboutSubjects, subjectsOfAll } from "../subjects/stack.js";
import { fromWire } from "./values.js";

/** A resource as Pulumi hands it over. */
export interface Resource {
  readonly type: string;
  /** As they are on the wire. */
  readonly props: object;
}

export interface StackResource extends Resource {
  readonly urn: string;
  /** Tells accounts and clusters apart: two resources are of the same one where they say the same. */
  readonly scope?: string;
  /** By property: the URNs of the resources from which its value was computed. */
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
}

/** What a resource of a stack declares of what rules look at; nothing for other resources, which cost no copy. */
export const subjectsOf = (resource: Resource): readonly Subject[] =>
  isKnown(resource.type) ? subjectsIn(declared(resource)) : [];

/** The entities of a whole stack, with the URN of the resource that declares each. */
export function entitiesOfStack(resources: readonly StackResource[]): ReadonlyMap<AnyEntity, string> {
  const known = resources.filter(({ type }) => isKnown(type));
  const entities = entitiesIn(known.map((resource) => ({ ...declared(resource), urn: resource.urn })));
  return new Map([...entities].map(([entity, { urn }]) => [entity, urn]));
}

/** What a stack runs. */
export const runningIn = (resources: readonly StackResource[]): RunningBehind =>
  // From a service to its registry, and from that to the namespace.
  new RunningBehind(linkedIn(resources, isAboutRunning, 2));

/** What resources of a stack declare together, with the URN of the one that it is told at. */
export const subjectsOfStack = (resources: readonly StackResource[]): ReadonlyMap<Subject, string> =>
  new Map(
    [...subjectsOfAll(linkedIn(resources, isAboutSubjects, 1))].map(([subject, { id = "" }]) => [
      subject,
      id,
    ]),
  );

/** Resources of some types, with what they are linked to by the properties that they take from others. */
function linkedIn(
  resources: readonly StackResource[],
  isLookedAt: (type: string) => boolean,
  depth: number,
): readonly Linked[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const linked = ({ propertyDependencies = {}, ...resource }: StackResource, depth: number): Linked => ({
    ...declared(resource),
    id: resource.urn,
    from:
      depth === 0
        ? {}
        : Object.fromEntries(
            Object.entries(propertyDependencies).map(([property, from]) => [
              property,
              from.flatMap((urn) => {
                const each = byUrn.get(urn);
                return each ? [linked(each, depth - 1)] : [];
              }),
            ]),
          ),
  });
  return resources.filter(({ type }) => isLookedAt(type)).map((resource) => linked(resource, depth));
}

const declared = ({ type, props, scope }: Resource & { readonly scope?: string }): Declared => ({
  type,
  props: fromWire(props) as Declared["props"],
  ...(scope !== undefined && { scope }),
});
