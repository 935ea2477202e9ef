import type { Subject } from "../rule.js";
import type { AnyEntity } from "../subjects/entity.js";
import { type Declared, entitiesIn, isKnown, subjectsIn } from "../subjects/forms.js";
import { unknown } from "../subjects/known.js";
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

/** What tells nothing of where a provider makes what it makes. */
const aboutItself = /^(version|pluginDownloadURL|pluginDownloadURLs|parameterization)$/;

/**
 * Where a provider makes what it makes: two of the same configuration do it at the same place. One of whose configuration not
 * all is known is like no other.
 */
export function scopeOf({ urn, props }: { readonly urn: string; readonly props: object }): string {
  const read = fromWire(props) as Readonly<Record<string, unknown>>;
  const configuration = Object.keys(read)
    .filter((name) => !aboutItself.test(name))
    .toSorted()
    .map((name) => [name, read[name]]);
  let isKnown = true;
  const text = JSON.stringify(configuration, (_name, value: unknown) => {
    if (value === unknown) isKnown = false;
    return value;
  });
  return isKnown ? text : urn;
}

/** What a resource of a stack declares of what rules look at; nothing for other resources, which cost no copy. */
export const subjectsOf = (resource: Resource): readonly Subject[] =>
  isKnown(resource.type) ? subjectsIn(declared(resource)) : [];

/** The entities of a whole stack, with the resource that declares each. */
export function entitiesOfStack(
  resources: readonly StackResource[],
): ReadonlyMap<AnyEntity, Declared & { readonly urn: string }> {
  const known = resources.filter(({ type }) => isKnown(type));
  return entitiesIn(known.map((resource) => ({ ...declared(resource), urn: resource.urn })));
}

/** What a stack runs. */
export const runningIn = (resources: readonly StackResource[]): RunningBehind =>
  new RunningBehind(linkedIn(resources, isAboutRunning));

/** What resources of a stack declare together, with the URN of the one that it is told at. */
export const subjectsOfStack = (resources: readonly StackResource[]): ReadonlyMap<Subject, string> =>
  new Map([...subjectsOfAll(linkedIn(resources, isAboutSubjects))].map(([subject, { id }]) => [subject, id]));

/** Resources of some types, with what they are linked to by the properties that they take from others. */
function linkedIn(
  resources: readonly StackResource[],
  isLookedAt: (type: string) => boolean,
): readonly (Linked & { readonly id: string })[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const linked = ({ propertyDependencies = {}, ...resource }: StackResource) => {
    let from: Linked["from"];
    return {
      ...declared(resource),
      id: resource.urn,
      // What nobody asks for is not read: a stack may be linked through and through.
      get from() {
        from ??= Object.fromEntries(
          Object.entries(propertyDependencies).map(([property, urns]) => [property, urns.flatMap(named)]),
        );
        return from;
      },
    };
  };
  const named = (urn: string): Linked[] => {
    const resource = byUrn.get(urn);
    return resource ? [linked(resource)] : [];
  };
  return resources.filter(({ type }) => isLookedAt(type)).map(linked);
}

function declared({ type, props: given, scope }: Resource & { readonly scope?: string }): Declared {
  const props = fromWire(given) as Declared["props"];
  // Resources of AWS may name a region of their own, beside that of their provider.
  const region = type.startsWith("aws:") && typeof props.region === "string" ? ` in ${props.region}` : "";
  return { type, props, scope: `${scope ?? ""}${region}` };
}
