// What runs the applications of virtual nodes, and how many of them: services of ECS, and what makes pods in Kubernetes.
import type { Entity } from "./entity.js";
import { unknown } from "./known.js";

type Members = Readonly<Record<string, unknown>>;

/** Something that runs copies of an application. */
export interface Running {
  /** `Deployment web`, for a sentence. */
  readonly title: string;
  /** How many copies are asked for. undefined where that is not known, or not for the declaration to say. */
  readonly copies: number | undefined;
}

/** A resource with what its properties were computed from, by property. */
export interface Linked {
  /** What the others name it by: its URN. */
  readonly id?: string;
  /** Tells clusters and accounts apart. */
  readonly scope?: string;
  readonly type: string;
  readonly props: Members;
  readonly from?: Readonly<Record<string, readonly Linked[]>>;
}

/** What is running behind virtual nodes, where the stack says so for certain. */
export class RunningBehind {
  readonly #resources: readonly Linked[];

  constructor(resources: Iterable<Linked>) {
    this.#resources = [...resources].filter(({ type }) => isAboutRunning(type));
  }

  /** All that answers for the virtual node; empty where that is not for certain. */
  node(node: Entity<"virtualNode">): readonly Running[] {
    const { dns, awsCloudMap } = node.spec.serviceDiscovery ?? {};
    if (awsCloudMap) return this.#inCloudMap(awsCloudMap.namespaceName, awsCloudMap.serviceName);
    return dns ? this.#behindHostname(dns.hostname) : [];
  }

  #inCloudMap(namespaceName: string, serviceName: string): readonly Running[] {
    this.#services ??= this.#ecsServices();
    return this.#services.get(`${namespaceName}/${serviceName}`) ?? [];
  }
  #services: ReadonlyMap<string, readonly Running[]> | undefined;

  /** By namespace and name in Cloud Map. */
  #ecsServices(): ReadonlyMap<string, readonly Running[]> {
    const found = new Map<string, Running[]>();
    const isScaled = this.#resources.some(({ type }) => type === scaling);
    for (const { type, props, from = {} } of this.#resources) {
      if (type !== ecsService) continue;
      const registries = (from.serviceRegistries ?? []).filter((each) => each.type === cloudMapService);
      const [registry] = registries;
      if (registry === undefined || registries.length > 1) continue;
      const namespaces = (registry.from?.dnsConfig ?? registry.from?.namespaceId ?? []).filter((each) =>
        cloudMapNamespace.test(each.type),
      );
      const [namespace] = namespaces;
      const [name, within] = [registry.props.name, namespace?.props.name];
      if (typeof name !== "string" || typeof within !== "string" || namespaces.length > 1) continue;
      // What scales by itself decides on its own; a daemon runs on every machine.
      const isFixed = !isScaled && props.schedulingStrategy !== "DAEMON";
      append(found, `${within}/${name}`, {
        title: `ECS service ${typeof props.name === "string" ? props.name : name}`,
        copies: isFixed && typeof props.desiredCount === "number" ? props.desiredCount : undefined,
      });
    }
    return found;
  }

  /** The pods that a Service selects answer for its name within the cluster. */
  #behindHostname(hostname: string): readonly Running[] {
    this.#hostnames ??= this.#kubernetesServices();
    return this.#hostnames.get(hostname.replace(/\.svc(\.cluster\.local\.?)?$/, "")) ?? [];
  }
  #hostnames: ReadonlyMap<string, readonly Running[]> | undefined;

  #kubernetesServices(): ReadonlyMap<string, readonly Running[]> {
    const owners = this.#resources.filter(({ type }) => copied.test(type));
    const isScaled = this.#resources.some(({ type }) => podScaling.test(type));
    /** By namespace and one label, so that a Service looks only at what may be its own. */
    const labelled = new Map<string, Linked[]>();
    for (const owner of owners) {
      const { namespace } = metadataOf(owner.props);
      for (const [key, value] of Object.entries(podLabels(owner)))
        append(labelled, `${namespace} ${key}=${String(value)}`, owner);
    }
    const found = new Map<string, Running[]>();
    for (const { type, props } of this.#resources) {
      if (type !== kubernetesService) continue;
      const { name, namespace } = metadataOf(props);
      const selector = Object.entries(membersOf(membersOf(props.spec).selector));
      const [first] = selector;
      if (name === undefined || namespace === undefined || first === undefined) continue;
      for (const owner of labelled.get(`${namespace} ${first[0]}=${String(first[1])}`) ?? []) {
        const labels = podLabels(owner);
        if (!selector.every(([key, value]) => labels[key] === value)) continue;
        const { replicas } = membersOf(owner.props.spec);
        append(found, `${name}.${namespace}`, {
          title: `${owner.type.split(":").at(-1)} ${metadataOf(owner.props).name ?? ""}`.trim(),
          copies:
            !isScaled && counted.test(owner.type) && typeof replicas === "number" ? replicas : undefined,
        });
      }
    }
    return found;
  }
}

const ecsService = "aws:ecs/service:Service";
const scaling = "aws:appautoscaling/target:Target";
const cloudMapService = "aws:servicediscovery/service:Service";
const cloudMapNamespace = /^aws:servicediscovery\/(privateDns|publicDns|http)Namespace:/;
const kubernetesService = "kubernetes:core/v1:Service";
const copied =
  /^kubernetes:(apps\/v1:(Deployment|StatefulSet|ReplicaSet|DaemonSet)|core\/v1:Pod|argoproj\.io\/\w+:Rollout)$/;
/** Those whose `replicas` is how many run. */
const counted = /:(Deployment|StatefulSet|ReplicaSet)$/;
const podScaling = /^kubernetes:autoscaling\/v\d\w*:HorizontalPodAutoscaler$|^kubernetes:keda\.sh\//;

/** Whether resources of the type tell what runs. */
export const isAboutRunning = (type: string): boolean =>
  [ecsService, scaling, kubernetesService].includes(type) || copied.test(type) || podScaling.test(type);

const membersOf = (value: unknown): Members =>
  typeof value === "object" && value !== null ? (value as Members) : {};

function metadataOf(props: Members): {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
} {
  const { name, namespace = "default" } = membersOf(props.metadata);
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return { name: text(name), namespace: namespace === unknown ? undefined : text(namespace) };
}

/** The labels of the pods that are made; those that are not known are left out, and match nothing. */
function podLabels({ type, props }: Linked): Members {
  const pod = type.endsWith(":Pod") ? props : membersOf(membersOf(props.spec).template);
  return membersOf(membersOf(pod.metadata).labels);
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
