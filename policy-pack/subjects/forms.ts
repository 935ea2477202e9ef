import type { Subject } from "../rule.js";
import { fromAppMesh } from "./appmesh.js";
import { fromAws } from "./aws.js";
import type { AnyEntity, Entity } from "./entity.js";
import {
  fromKubernetes,
  type Neighbours,
  objectKey,
  ownNames,
  patchOf,
  servicesOfGroup,
} from "./kubernetes.js";
import { fromIam, iamTypes, type Permissions } from "./permissions.js";
import { podTypes } from "./pods.js";
import { notReadYet, type Unread } from "./unread.js";
import { fromPods, fromTaskDefinition, type Workload } from "./workload.js";

type Members = Readonly<Record<string, unknown>>;

/** A resource, as far as rules look at it. `props` have `unknown` in the place of what is not known yet. */
export interface Declared {
  /** Pulumi's token of the type. */
  readonly type: string;
  readonly props: Members;
  /** Tells accounts and clusters apart. */
  readonly scope?: string;
}

const objects = /^kubernetes:appmesh\.k8s\.aws\//;
/** What stands for resources of which nothing is known before they are made, not even what they are. */
export const openType = "unknown:index:Resources";
const taskDefinitions = /^aws:ecs\/taskDefinition:/;

const forms: readonly {
  readonly types: RegExp;
  read(
    type: string,
    props: Members,
    neighbours: Neighbours | undefined,
  ): readonly (Entity | Workload | Permissions | Unread)[];
}[] = [
  { types: /^appmesh:index:/, read: (type, props) => single(fromAppMesh(type, props)) },
  { types: /^aws:appmesh\//, read: (type, props) => single(fromAws(type, props)) },
  {
    types: objects,
    read: (type, props, neighbours) =>
      type.endsWith("Patch") ? [patchOf(props)] : fromKubernetes(props, neighbours),
  },
  { types: taskDefinitions, read: (_type, props) => single(fromTaskDefinition(props)) },
  { types: podTypes, read: (_type, props) => single(fromPods(props)) },
  { types: new RegExp(`^${openType}$`), read: () => [notReadYet([])] },
  { types: iamTypes, read: (type, props) => single(fromIam(type, props)) },
];

const formOf = (type: string) => forms.find(({ types }) => types.test(type));

const single = <T>(subject: T | undefined): readonly T[] => (subject ? [subject] : []);

/** Whether rules look at resources of the type: nearly all of a stack are something else. */
export const isKnown = (type: string): boolean => formOf(type) !== undefined;

/** What a resource declares of what rules look at; nothing for other resources. */
export function subjectsIn({ type, props }: Declared, neighbours?: Neighbours): readonly Subject[] {
  const form = formOf(type);
  return form ? (form.read(type, props, neighbours) as readonly Subject[]) : [];
}

/** The entities that several resources declare together, with the resource that declares each. */
export function entitiesIn<D extends Declared>(resources: Iterable<D>): ReadonlyMap<AnyEntity, D> {
  const found = new Map<AnyEntity, D>();
  const meshes: AnyEntity[] = [];
  const gateways: { readonly gateway: AnyEntity; readonly scope: string | undefined }[] = [];
  const all = [...resources];
  const inScope = (scope: string | undefined, object: string) => `${scope ?? ""} ${object}`;
  const byObject = <T>(read: (props: Members) => readonly (readonly [string, T])[]) =>
    new Map(
      all.flatMap(({ type, props, scope }) =>
        objects.test(type)
          ? read(props).map(([object, each]) => [inScope(scope, object), each] as const)
          : [],
      ),
    );
  const names = byObject(ownNames);
  const groups = byObject(servicesOfGroup);
  // One mesh of several regions is one by its name.
  const onlyMesh = () => {
    const [name, ...others] = new Set(meshes.map(({ meshName }) => meshName));
    return others.length === 0 ? name : undefined;
  };
  for (const resource of all) {
    const neighbours: Neighbours = {
      onlyMesh,
      onlyGateway: () => {
        const [own, ...others] = gateways.filter(({ scope }) => scope === resource.scope);
        return others.length === 0 ? own?.gateway.names[0] : undefined;
      },
      resolve: (kind, name, namespace) =>
        names.get(inScope(resource.scope, objectKey(kind, name, namespace))),
      servicesIn: (group, namespace) =>
        groups.get(inScope(resource.scope, objectKey("BackendGroup", group, namespace))),
    };
    for (const subject of subjectsIn(resource, neighbours)) {
      if (!("given" in subject)) continue;
      found.set(subject, resource);
      if (subject.kind === "mesh") meshes.push(subject);
      if (subject.kind === "virtualGateway" && objects.test(resource.type))
        gateways.push({ gateway: subject, scope: resource.scope });
    }
  }
  return found;
}
