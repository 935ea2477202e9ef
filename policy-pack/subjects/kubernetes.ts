// App Mesh as Kubernetes objects have it: group appmesh.k8s.aws, version v1beta2, for which AWS's controller wrote.
import {
  apiVersion,
  type Declared,
  declaredEntities,
  nameOf,
  objectKindOf,
  objectKinds,
  pathInManifest,
} from "@pulumi-appmesh/model/kubernetes";
import { type Groups, groupedBackends } from "./backend-groups.js";
import type { Entity } from "./entity.js";
import { guarded, NotKnownYet, unknown } from "./known.js";
import type { Unread } from "./unread.js";

type Members = Readonly<Record<string, unknown>>;

/** What objects of a stack are to one another. */
export interface Neighbours extends Groups {
  /** The mesh of objects that name none, where there is one: the controller finds it by the labels of their namespace. */
  readonly onlyMesh: () => string | undefined;
  /** The name of the gateway of routes that name none, where there is one: the controller finds it by their namespace, too. */
  readonly onlyGateway: () => string | undefined;
  /** What the entity is called that an object declares, where it is called otherwise than by the controller's rule. */
  readonly resolve: Groups["resolve"];
}

export const alone: Neighbours = {
  onlyMesh: () => undefined,
  onlyGateway: () => undefined,
  resolve: () => undefined,
  servicesIn: () => undefined,
};

const unread = (what: string, fix: string): Unread => ({
  kind: "unread",
  what,
  fix,
  source: { path: (path) => path },
});

/**
 * The entities that a Kubernetes object declares: one, or a virtual router and its routes. None where it is of another
 * kind.
 */
export function fromKubernetes(props: Members, neighbours: Neighbours = alone): readonly (Entity | Unread)[] {
  if (typeof props.apiVersion === "string" && props.apiVersion !== apiVersion) {
    const what = `version ${props.apiVersion} cannot be read, so that no other rule judges it`;
    return [unread(what, `declare it in ${apiVersion}`)];
  }
  const { kind } = props;
  if (typeof kind === "string" && objectKindOf(kind) === undefined) {
    const kinds = objectKinds.map((each) => each.kind).join(", ");
    return [unread(`there is no kind ${kind} in ${apiVersion}`, `write one of ${kinds}`)];
  }
  const isUnknown = (value: unknown): boolean => value === unknown;
  const { resolve } = neighbours;
  return declaredEntities(props, { resolve, isUnknown }).map((declared) =>
    entity(declared, props, neighbours),
  );
}

/** Part of an object, which nobody can judge: the rest is in the cluster alone. */
export const patchOf = ({ kind }: Members): Unread =>
  unread(
    `a patch of ${typeof kind === "string" ? kind : "an object"} is only a part of it, so that no other rule judges it`,
    "declare the whole object",
  );

/** What an object calls its entity, where it says so, by what others name the object by. */
export function ownNames(props: Members): readonly (readonly [key: string, name: string])[] {
  const { kind, metadata } = props;
  const { name, namespace = "default" } = membersOf(metadata);
  const { awsName } = membersOf(props.spec);
  if (![name, namespace, awsName].every((each) => typeof each === "string")) return [];
  return [[objectKey(String(kind), name as string, namespace as string), awsName as string]];
}

/** The services that a group names, by what others name it by. */
export function servicesOfGroup(
  props: Members,
): readonly (readonly [key: string, services: readonly unknown[]])[] {
  const { name, namespace = "default" } = membersOf(props.metadata);
  const { virtualservices = [] } = membersOf(props.spec);
  if (props.kind !== "BackendGroup" || !Array.isArray(virtualservices)) return [];
  return typeof name === "string" && typeof namespace === "string"
    ? [[objectKey("BackendGroup", name, namespace), virtualservices]]
    : [];
}

/** An object as others name it. */
export const objectKey = (kind: string, name: string, namespace: string): string =>
  `${kind} ${namespace}/${name}`;

const membersOf = (value: unknown): Members =>
  typeof value === "object" && value !== null ? (value as Members) : {};

function entity(
  { kind, place, name, spec: declared }: Declared,
  props: Members,
  neighbours: Neighbours,
): Entity {
  const { onlyMesh, onlyGateway } = neighbours;
  const objectSpec = (): Members => guarded(props, []).spec as Members;
  const namespace = (): string =>
    (guarded(membersOf(props.metadata), ["metadata"]).namespace as string | undefined) ?? "default";
  const objectName = (): string => {
    const { awsName } = objectSpec() ?? {};
    const { name } = membersOf(props.metadata);
    if (typeof name !== "string") throw new NotKnownYet(["metadata", "name"]);
    return nameOf(String(props.kind), name, namespace(), awsName as string | undefined);
  };
  const routeName = (): string => {
    if (name === undefined) throw new NotKnownYet([...place, "name"]);
    return name;
  };
  let given: unknown = props;
  for (const step of place) given = (given as Record<string | number, unknown> | undefined)?.[step];
  const { spec, groupOf } =
    kind === "virtualNode" ? withGroups(declared, props, neighbours) : plain(declared);
  return {
    kind,
    get meshName() {
      if (kind === "mesh") return objectName();
      const { meshRef } = (objectSpec() ?? {}) as { meshRef?: { name: string } };
      const mesh = meshRef?.name ?? onlyMesh();
      if (mesh === undefined) throw new NotKnownYet(["spec", "meshRef"]);
      return mesh;
    },
    get names() {
      if (kind === "mesh") return [];
      if (kind === "route") return [objectName(), routeName()];
      if (kind !== "gatewayRoute") return [objectName()];
      const { virtualGatewayRef } = (objectSpec() ?? {}) as {
        virtualGatewayRef?: { name: string; namespace?: string };
      };
      if (virtualGatewayRef === undefined) {
        const gateway = onlyGateway();
        if (gateway === undefined) throw new NotKnownYet(["spec", "virtualGatewayRef"]);
        return [gateway, objectName()];
      }
      const { name, namespace: other = namespace() } = virtualGatewayRef;
      return [nameOf("VirtualGateway", name, other), objectName()];
    },
    get spec() {
      return guarded({ spec }, []).spec as Entity["spec"];
    },
    given: declared,
    // The controller makes entities without tags, and objects have none.
    tags: undefined,
    source: {
      // What is said of an entity as a whole is said of its object, or of its place in one with several.
      path: (path) => {
        if (path.length === 0 && kind !== "route") return [];
        const group = path[1] === "backends" ? groupOf(path[2]) : undefined;
        return group === undefined
          ? [...place, ...pathInManifest(kind, path.slice(1), given)]
          : [...place, "backendGroups", group];
      },
    },
  } as Entity;
}

/** A spec as the controller writes it, and which group the backend at an index is of, if it is of one. */
interface Completed {
  readonly spec: unknown;
  readonly groupOf: (index: string | number | undefined) => number | undefined;
}

const plain = (spec: unknown): Completed => ({ spec, groupOf: () => undefined });

function withGroups(spec: unknown, props: Members, neighbours: Neighbours): Completed {
  const { backendGroups } = membersOf(props.spec);
  const { backends = [] } = membersOf(spec);
  if (backendGroups === unknown) return plain({ ...membersOf(spec), backends: unknown });
  if (!Array.isArray(backendGroups) || !Array.isArray(backends)) return plain(spec);
  const { namespace = "default" } = membersOf(props.metadata);
  const grouped = groupedBackends(backendGroups, String(namespace), neighbours);
  return {
    spec: { ...membersOf(spec), backends: [...backends, ...grouped.map(({ backend }) => backend)] },
    groupOf: (index) => grouped[Number(index) - backends.length]?.group,
  };
}
