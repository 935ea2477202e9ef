// Which pods of a stack are chosen by which VirtualNodes and VirtualGateways, as AWS's controller does it: by namespace and
// podSelector, whatever their mesh, for each pod that is made where it injects proxies. It refuses a pod that two of them choose.
import type { Path } from "@pulumi-appmesh/model";
import { apiVersion } from "@pulumi-appmesh/model/kubernetes";
import type { Source } from "./entity.js";
import { guarded, NotKnownYet } from "./known.js";
import {
  InvalidSelector,
  isPossible,
  isWithin,
  readSelector,
  type Selector,
  SelectorIndex,
} from "./labels.js";
import { podIn, podTypes } from "./pods.js";
import type { Linked } from "./running.js";
import { fromPods } from "./workload.js";

type Members = Readonly<Record<string, unknown>>;

/** A VirtualNode or VirtualGateway of Kubernetes that chooses pods. Paths are the declaration's own. */
export interface PodChoice {
  readonly kind: "podChoice";
  /** What is wrong with its selector, where Kubernetes does not take it. */
  readonly invalid: InvalidSelector | undefined;
  /**
   * `VirtualNode shop/web`: others of its namespace that choose every pod that it does. Where the stack has some of those pods,
   * they tell of it, and it is not told here.
   */
  readonly rivals: readonly string[];
  readonly source: Source;
}

/** Pods of Kubernetes that are chosen, or that bring a proxy of their own. Paths are the declaration's own. */
export interface MeshPod {
  readonly kind: "meshPod";
  /** `VirtualNode shop/web`: all that choose them. */
  readonly chosenBy: readonly string[];
  /** The proxy that the traffic of their network is redirected to, for a sentence; undefined where it is not. */
  readonly redirectedTo: string | undefined;
  readonly hostNetwork: boolean;
  readonly at: Readonly<Record<"labels" | "hostNetwork", Path>>;
  readonly source: Source;
}

/** The label of namespaces and the annotation of pods that say whether the controller injects a proxy. */
const injection = "appmesh.k8s.aws/sidecarInjectorWebhook";

const chooserTypes = new RegExp(
  `^kubernetes:${apiVersion.replaceAll(".", "\\.")}:(VirtualNode|VirtualGateway)$`,
);
const namespaceTypes = /^kubernetes:core\/v1:Namespace(Patch)?$/;

/** Whether resources of the type tell of what is chosen. */
export const isAboutChoices = (type: string): boolean =>
  chooserTypes.test(type) || namespaceTypes.test(type) || podTypes.test(type);

const source: Source = { path: (path) => path };
const membersOf = (value: unknown): Members =>
  typeof value === "object" && value !== null ? (value as Members) : {};

/** What chooses pods, and the pods that are chosen, with the resource that declares each. */
export function choicesIn<R extends Linked>(resources: readonly R[]): ReadonlyMap<PodChoice | MeshPod, R> {
  const found = new Map<PodChoice | MeshPod, R>();
  const namespaces = new Namespaces(resources);
  for (const resource of resources) {
    const choice = chooserTypes.test(resource.type) && choiceOf(resource, namespaces);
    if (choice) found.set(choice, resource);
  }
  for (const resource of resources) {
    const pod = podTypes.test(resource.type) && meshPodOf(resource, namespaces);
    if (pod) found.set(pod, resource);
  }
  for (const namespace of namespaces.all) namespace.findRivals();
  return found;
}

function choiceOf({ type, props, scope }: Linked, namespaces: Namespaces): PodChoice | undefined {
  try {
    const { podSelector } = membersOf(guarded(props, []).spec);
    // Without a selector none is chosen, with an empty one all are.
    if (podSelector === undefined) return undefined;
    const metadata = guarded(membersOf(props.metadata), ["metadata"]);
    const { name, namespace = "default" } = metadata as Readonly<Record<string, string>>;
    const title = `${type.split(":").at(-1)} ${namespace}/${name}`;
    const chooser: Chooser = { title, type, selector: readSelector(podSelector), rivals: [], hasPods: false };
    namespaces.get(scope, namespace).choosers.push(chooser);
    return { kind: "podChoice", invalid: undefined, rivals: chooser.rivals, source };
  } catch (error) {
    if (error instanceof InvalidSelector) return { kind: "podChoice", invalid: error, rivals: [], source };
    if (!(error instanceof NotKnownYet)) throw error;
    return {
      kind: "podChoice",
      get invalid(): undefined {
        throw error;
      },
      rivals: [],
      source,
    };
  }
}

function meshPodOf({ props, scope }: Linked, namespaces: Namespaces): MeshPod | undefined {
  const { pod, place } = podIn(props) ?? {};
  if (pod === undefined || place === undefined) return undefined;
  const at = { labels: [...place, "metadata", "labels"], hostNetwork: [...place, "spec", "hostNetwork"] };
  const subject = { kind: "meshPod", at, source } as const;
  try {
    const { namespace = "default" } = guarded(membersOf(props.metadata), ["metadata"]);
    const chosenBy = namespaces.get(scope, String(namespace)).choose(guarded(pod, place));
    const [node] = chosenBy.filter(({ type }) => type.endsWith(":VirtualNode"));
    const redirectedTo = node
      ? `the proxy of ${node.title}`
      : redirectsItself(props, pod)
        ? "the proxy in it"
        : undefined;
    if (chosenBy.length === 0 && redirectedTo === undefined) return undefined;
    return {
      ...subject,
      chosenBy: namesOf(chosenBy),
      redirectedTo,
      get hostNetwork() {
        return (guarded(pod, place).spec as Members).hostNetwork === true;
      },
    };
  } catch (error) {
    if (!(error instanceof NotKnownYet)) throw error;
    const wait = (): never => {
      throw error;
    };
    return {
      ...subject,
      get chosenBy() {
        return wait();
      },
      get redirectedTo() {
        return wait();
      },
      hostNetwork: false,
    };
  }
}

/** Whether a pod brings a proxy, and a container that may redirect traffic to it. */
function redirectsItself(props: Members, pod: Members): boolean {
  const { initContainers } = membersOf(pod.spec);
  return (
    fromPods(props) !== undefined &&
    (Array.isArray(initContainers) ? initContainers : []).some((container) => {
      const { privileged, capabilities } = membersOf(membersOf(container).securityContext);
      const { add } = membersOf(capabilities);
      return (
        privileged === true ||
        (Array.isArray(add) && add.some((each) => /^(CAP_)?(NET_ADMIN|ALL)$/.test(String(each))))
      );
    })
  );
}

interface Chooser {
  readonly title: string;
  readonly type: string;
  readonly selector: Selector;
  readonly rivals: string[];
  /** The stack has pods that it chooses. */
  hasPods: boolean;
}

/** In their order; what is there twice, in two files, is one. */
const namesOf = (choosers: readonly Chooser[]): readonly string[] =>
  [...new Set(choosers.map(({ title }) => title))].toSorted();

/** A namespace of a cluster: what is chosen of another is nobody's business. */
class Namespace {
  readonly choosers: Chooser[] = [];
  /** Labels, where the stack declares it. */
  labels: Members | undefined;
  #index: SelectorIndex<Chooser> | undefined;

  /** What chooses a pod that the controller would give a proxy. Throws NotKnownYet. */
  choose(pod: Members): readonly Chooser[] {
    if (this.choosers.length === 0) return [];
    const index = this.#indexed();
    const { labels = {}, annotations = {} } = (pod.metadata ?? {}) as Record<string, Members>;
    // What nobody asks for may be unknown.
    const asked = Object.fromEntries(
      Object.keys(labels)
        .filter((key) => index.keys.has(key))
        .map((key) => [key, String(labels[key])]),
    );
    const chosenBy = index.choosing(asked);
    if (chosenBy.length === 0) return [];
    for (const chooser of chosenBy) chooser.hasPods = true;
    return this.#injects(annotations) ? chosenBy : [];
  }

  /**
   * Tells of what is chosen twice where the stack has no pods to tell. Of two that choose the same, the later one by name is
   * told: the order in which an engine names resources is another each time.
   */
  findRivals(): void {
    if (!this.#injects({})) return;
    for (const { title, selector, hasPods, rivals } of this.choosers) {
      if (hasPods || !isPossible(selector)) continue;
      const others = this.#indexed()
        .around(selector)
        .filter(
          (other) => other.title !== title && (other.title < title || !isWithin(other.selector, selector)),
        );
      rivals.push(...namesOf(others));
    }
  }

  #indexed(): SelectorIndex<Chooser> {
    this.#index ??= new SelectorIndex(this.choosers);
    return this.#index;
  }

  #injects(annotations: Members): boolean {
    const own = annotations[injection];
    const choice = own === undefined ? undefined : String(own).toLowerCase();
    if (choice === "disabled") return false;
    // The webhook is asked for pods of namespaces that have the label, whatever it says.
    if (this.labels === undefined) return true;
    const label = this.labels[injection];
    return typeof label === "string" && (choice === "enabled" || label.toLowerCase() !== "disabled");
  }
}

/** The namespaces of the clusters that a stack has resources in. */
class Namespaces {
  readonly #byPlace = new Map<string, Namespace>();

  constructor(resources: readonly Linked[]) {
    for (const { type, props, scope } of resources) {
      const { name, labels } = membersOf(props.metadata);
      if (!namespaceTypes.test(type) || typeof name !== "string") continue;
      const namespace = this.get(scope, name);
      namespace.labels = { ...namespace.labels, ...membersOf(labels) };
    }
  }

  get all(): Iterable<Namespace> {
    return this.#byPlace.values();
  }

  get(scope: string | undefined, name: string): Namespace {
    const place = `${scope ?? ""} ${name}`;
    let namespace = this.#byPlace.get(place);
    if (namespace === undefined) {
      namespace = new Namespace();
      this.#byPlace.set(place, namespace);
    }
    return namespace;
  }
}
