import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import type { Entity } from "./entity.js";
import { guarded } from "./known.js";

const kinds = new Map<string, Kind>(
  Object.values(entityTypes).map(({ kind, title }) => [`appmesh:index:${title}`, kind]),
);

/** The resources of this project's own provider: the model as it is. */
export function fromAppMesh(type: string, props: Readonly<Record<string, unknown>>): Entity | undefined {
  const kind = kinds.get(type);
  if (kind === undefined) return undefined;
  return {
    kind,
    get meshName() {
      return guarded(props, []).meshName as string;
    },
    get names() {
      return lineageNames(kind).map((member) => guarded(props, [])[member] as string);
    },
    get spec() {
      return (guarded(props, []).spec ?? {}) as Entity["spec"];
    },
    given: props.spec ?? {},
    get tags() {
      return (guarded(props, []).tags ?? {}) as Entity["tags"];
    },
    source: { path: (path) => path },
  } as Entity;
}

/** The members that name an entity below its mesh, from the outside in. */
export function lineageNames(kind: Kind): readonly string[] {
  const { parent, nameMember } = entityTypes[kind];
  if (parent === undefined) return [];
  return [...lineageNames(parent), nameMember];
}
