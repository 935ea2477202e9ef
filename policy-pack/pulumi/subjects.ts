import { Secret } from "@pulumi/policy";
import type { Subject } from "../rule.js";
import { fromAppMesh } from "../subjects/appmesh.js";
import { fromAws } from "../subjects/aws.js";
import type { AnyEntity, Entity } from "../subjects/entity.js";
import { plain } from "../subjects/known.js";
import { fromKubernetes } from "../subjects/kubernetes.js";
import { fromPods, fromTaskDefinition, type Workload } from "../subjects/workload.js";

interface Declared {
  readonly type: string;
  readonly props: object;
  readonly urn: string;
}

/** What a resource declares of what rules look at, in whichever of the known forms; nothing for other resources. */
export function subjectsOf(
  { type, props }: Pick<Declared, "type" | "props">,
  onlyMesh: () => string | undefined = () => undefined,
): readonly Subject[] {
  // Nearly all resources of a stack are something else, and cost no copy.
  const form = forms.find(({ types }) => types.test(type));
  return form ? (form.read(type, plain(props, unwrapped) as Members, onlyMesh) as readonly Subject[]) : [];
}

/** The entities of a whole stack, with the resource that declares each. */
export function entitiesOfStack(resources: readonly Declared[]): ReadonlyMap<AnyEntity, string> {
  const found = new Map<AnyEntity, string>();
  // Kubernetes objects tell their mesh by the labels of their namespace: where a stack has one mesh, it is that.
  const onlyMesh = () => {
    const meshes = [...found.keys()].filter(({ kind }) => kind === "mesh");
    return meshes.length === 1 ? meshes[0]?.meshName : undefined;
  };
  for (const resource of resources) {
    if (workloads.test(resource.type)) continue;
    for (const entity of subjectsOf(resource, onlyMesh)) found.set(entity as AnyEntity, resource.urn);
  }
  return found;
}

type Members = Readonly<Record<string, unknown>>;

const taskDefinitions = /^aws:ecs\/taskDefinition:/;
const pods =
  /^kubernetes:(core\/v1:Pod|apps\/v1:(Deployment|StatefulSet|DaemonSet|ReplicaSet)|batch\/v1:(Cron)?Job)$/;
const workloads = new RegExp(`${taskDefinitions.source}|${pods.source}`);

const forms: readonly {
  readonly types: RegExp;
  read(type: string, props: Members, onlyMesh: () => string | undefined): readonly (Entity | Workload)[];
}[] = [
  { types: /^appmesh:index:/, read: (type, props) => single(fromAppMesh(type, props)) },
  { types: /^aws:appmesh\//, read: (type, props) => single(fromAws(type, props)) },
  {
    types: /^kubernetes:appmesh\.k8s\.aws\//,
    read: (_type, props, onlyMesh) => fromKubernetes(props, onlyMesh),
  },
  { types: taskDefinitions, read: (_type, props) => single(fromTaskDefinition(props)) },
  { types: pods, read: (_type, props) => single(fromPods(props)) },
];

const single = <T>(subject: T | undefined): readonly T[] => (subject ? [subject] : []);

/** Remediations are given secrets in their wrapping. */
const unwrapped = (value: object): unknown => (value instanceof Secret ? value.value : value);
