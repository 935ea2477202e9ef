import type { Path } from "@pulumi-appmesh/model";
import type { Source } from "./entity.js";
import { guarded, guardedInside, unknown } from "./known.js";
import { podIn } from "./pods.js";
import { notReadYet, type Unread } from "./unread.js";

/** A task definition of ECS, or the template of Kubernetes pods, with a proxy in it. Paths are the declaration's own. */
export interface Workload {
  readonly kind: "workload";
  readonly form: "ecs" | "kubernetes";
  /** Containers that run for as long as the workload does. */
  readonly containers: readonly Container[];
  /** Where traffic is redirected to the proxy by the platform (ECS). */
  readonly redirection: Redirection | undefined;
  readonly source: Source;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly isProxy: boolean;
  /** As the platform has it: `1337`, `1337:1337`, or nothing where the image decides. */
  readonly user: string | undefined;
  readonly essential: boolean;
  readonly healthChecked: boolean;
  /** Containers that have to be healthy before this one starts. */
  readonly startsAfterHealthy: readonly string[];
  /** Containers that this one waits for in any way. */
  readonly startsAfter: readonly string[];
  /** The log router of its task, which may be what the proxy logs by. */
  readonly isLogRouter: boolean;
  /** Values that stand in the declaration as they are. */
  readonly environment: readonly Variable[];
  /** More of the environment is in files, or in other objects. */
  readonly environmentElsewhere: boolean;
  /** What is started, with its arguments, as far as it is not the image that decides. */
  readonly command: string;
  readonly path: Path;
  /** Paths of the members that rules speak of. */
  readonly at: Readonly<
    Record<"image" | "user" | "essential" | "healthCheck" | "dependsOn" | "environment", Path>
  >;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly path: Path;
}

export interface Redirection {
  readonly container: string;
  readonly ignoredUser: string | undefined;
  readonly ignoredGroup: string | undefined;
  /** Addresses that are not redirected, each alone or as a range. */
  readonly ignoredAddresses: readonly string[];
  readonly path: Path;
}

/** Envoy's own image, or AWS's with it. */
export const isProxyImage = (image: string): boolean => /(^|[/-])envoy([-:@/]|$)/.test(image);

type Members = Readonly<Record<string, unknown>>;
const source: Source = { path: (path) => path };
/** What is no object in a list of objects says nothing: the platform refuses it. */
const list = (value: unknown): readonly Members[] =>
  Array.isArray(value)
    ? value.map((item) => (typeof item === "object" && item !== null ? item : item === unknown ? item : {}))
    : [];
const words = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => String(value ?? "");

/** A task definition of ECS; undefined where it has no proxy in it. */
export function fromTaskDefinition(props: Members): Workload | Unread | undefined {
  if (props.containerDefinitions === unknown) return notReadYet(["containerDefinitions"]);
  const containers = containersOf(props.containerDefinitions);
  if (containers === undefined) return undefined;
  const proxy =
    props.proxyConfiguration === unknown ? undefined : (props.proxyConfiguration as Members | undefined);
  const proxyName = proxy?.containerName;
  // What waits for a proxy and has its image serves it, and is none: it drains the proxy when the task stops.
  const withImage = containers.filter(({ image }) => image !== unknown && isProxyImage(text(image)));
  const serves = ({ dependsOn }: Members) =>
    list(dependsOn).some(({ containerName }) => withImage.some(({ name }) => name === containerName));
  const read = containers.map((container, index): Container => {
    const path: Path = ["containerDefinitions", index];
    const known = guardedInside(container, path);
    return {
      get name() {
        return text(known.name);
      },
      get image() {
        return text(known.image);
      },
      isProxy:
        (proxyName !== undefined && container.name === proxyName) ||
        (withImage.includes(container) && !serves(container)),
      get user() {
        return known.user === undefined ? undefined : text(known.user);
      },
      get essential() {
        return known.essential !== false;
      },
      get healthChecked() {
        return known.healthCheck !== undefined;
      },
      get startsAfterHealthy() {
        return list(known.dependsOn).flatMap(({ containerName, condition }) =>
          condition === "HEALTHY" ? [text(containerName)] : [],
        );
      },
      get startsAfter() {
        return list(known.dependsOn).map(({ containerName }) => text(containerName));
      },
      get isLogRouter() {
        return known.firelensConfiguration !== undefined;
      },
      get environment() {
        return list(known.environment).map((variable, at) =>
          variableOf(variable, [...path, "environment", at, "value"]),
        );
      },
      get environmentElsewhere() {
        return words(known.environmentFiles).length > 0;
      },
      get command() {
        return [...words(known.entryPoint), ...words(known.command)].join(" ");
      },
      path,
      at: {
        image: [...path, "image"],
        user: [...path, "user"],
        essential: [...path, "essential"],
        healthCheck: [...path, "healthCheck"],
        dependsOn: [...path, "dependsOn"],
        environment: [...path, "environment"],
      },
    };
  });
  if (!read.some(({ isProxy }) => isProxy)) {
    const mystery = containers.findIndex((container) => (container as unknown) === unknown);
    return mystery < 0 ? undefined : notReadYet(["containerDefinitions", mystery]);
  }
  return {
    kind: "workload",
    form: "ecs",
    containers: read,
    get redirection() {
      const known = guarded(props, []).proxyConfiguration as Members | undefined;
      if (known === undefined) return undefined;
      const properties = (known.properties ?? {}) as Members;
      return {
        container: text(known.containerName),
        // An empty one is none.
        ignoredUser: text(properties.IgnoredUID) || undefined,
        ignoredGroup: text(properties.IgnoredGID) || undefined,
        ignoredAddresses: text(properties.EgressIgnoredIPs)
          .split(",")
          .map((address) => address.trim())
          .filter((address) => address !== ""),
        path: ["proxyConfiguration", "properties"],
      };
    },
    source,
  };
}

/** As Pulumi's AWS provider takes them: a JSON text. */
function containersOf(definitions: unknown): readonly Members[] | undefined {
  if (Array.isArray(definitions)) return list(definitions);
  if (typeof definitions !== "string") return undefined;
  try {
    const parsed: unknown = JSON.parse(definitions);
    return Array.isArray(parsed) ? list(parsed) : undefined;
  } catch {
    // It is ECS that has to say what is wrong with it.
    return undefined;
  }
}

/** The pods of a Kubernetes object; undefined where it has none, or no proxy in them. */
export function fromPods(props: Members): Workload | undefined {
  const found = podIn(props);
  if (found === undefined) return undefined;
  const place = [...found.place, "spec"];
  const spec = found.pod.spec as Members;
  // An init container that restarts always is a sidecar, which runs for as long as the pod does.
  const containers = [
    ...list(spec.initContainers).map((container, index) => ({
      container,
      path: [...place, "initContainers", index],
    })),
    ...list(spec.containers).map((container, index) => ({
      container,
      path: [...place, "containers", index],
    })),
  ].filter(({ container, path }) => !path.includes("initContainers") || container.restartPolicy === "Always");
  const read = containers.map(({ container, path }) => podContainer(container, path, spec));
  if (!read.some(({ isProxy }) => isProxy)) return undefined;
  return { kind: "workload", form: "kubernetes", containers: read, redirection: undefined, source };
}

/** A value that is not known keeps no other from being read. */
const variableOf = (variable: Members, path: Path): Variable => ({
  get name() {
    return text(variable.name);
  },
  get value() {
    return text(variable.value);
  },
  path,
});

function podContainer(container: Members, path: Path, pod: Members): Container {
  const known = guardedInside(container, path);
  const securityOf = (of: Members) => (of.securityContext ?? {}) as Members;
  return {
    get name() {
      return text(known.name);
    },
    get image() {
      return text(known.image);
    },
    isProxy: isProxyImage(text(container.image === unknown ? "" : container.image)),
    get user() {
      const { runAsUser, runAsNonRoot } = { ...securityOf(pod), ...securityOf(known) };
      if (runAsUser !== undefined) return text(runAsUser);
      return runAsNonRoot === true ? "any but root" : undefined;
    },
    essential: true,
    get healthChecked() {
      return (
        known.livenessProbe !== undefined ||
        known.readinessProbe !== undefined ||
        known.startupProbe !== undefined
      );
    },
    // Containers of a pod start in their order, each after the start of the one before.
    startsAfterHealthy: [],
    startsAfter: [],
    isLogRouter: false,
    get environment() {
      return list(known.env).flatMap((variable, index) =>
        "value" in variable ? [variableOf(variable, [...path, "env", index, "value"])] : [],
      );
    },
    get environmentElsewhere() {
      return (
        words(known.envFrom).length > 0 || list(known.env).some(({ valueFrom }) => valueFrom !== undefined)
      );
    },
    get command() {
      return [...words(known.command), ...words(known.args)].join(" ");
    },
    path,
    at: {
      image: [...path, "image"],
      user: [...path, "securityContext", "runAsUser"],
      essential: path,
      healthCheck: [...path, "readinessProbe"],
      dependsOn: path,
      environment: [...path, "env"],
    },
  };
}
