import type { Tracing } from "@pulumi-appmesh/control-plane/bootstrap/tracing.js";
import type { Partly } from "../partly.js";
import {
  defaultAdminPort,
  defaultConcurrency,
  defaultDrain,
  defaultEnvoyName,
  defaultLogLevel,
  defaultXdsPort,
  envoyImage,
} from "../sidecar/defaults.js";
import { type ProxyKind, readProxy } from "../sidecar/proxy-name.js";
import { type Tracer, tracerImages, tracerName, tracingOf } from "../sidecar/tracing.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { GivenContainer } from "./given.js";
import type { MeshOptions } from "./mesh-options.js";

/** The last that AWS published. */
export const appMeshImage = "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.34.13.3-prod";

/** Credentials and metadata of a task, and of an instance. */
export const metadataAddresses = ["169.254.170.2", "169.254.169.254"] as const;

export type Mode = "proxyConfiguration" | "initContainer" | "explicit";

/** What is to be made of a task, with every default filled in. */
export interface Plan {
  readonly mesh: string;
  readonly meshOwner?: string;
  readonly kind: ProxyKind;
  readonly name: string;
  readonly controlPlane: MeshOptions["controlPlane"] & { readonly port: number };
  readonly listenerPorts: readonly number[];
  /** How the traffic of an application gets in; a virtual gateway has none. */
  readonly interception?: {
    readonly mode: Mode;
    readonly egressIgnoredIps: readonly string[];
    readonly egressIgnoredPorts: readonly number[];
    readonly appPorts: Readonly<Record<string, number>>;
    readonly image?: string;
  };
  readonly envoy: {
    readonly variant: "envoy" | "appMesh";
    readonly image: string;
    readonly container: string;
    readonly logLevel: string;
    readonly concurrency: number;
    readonly adminPort: number;
    readonly sdsSocket?: string;
    readonly settings: ContainerDefinition;
  };
  readonly tracing?: Tracing;
  /** What takes the traces in the task itself. */
  readonly tracer?: {
    readonly kind: Tracer;
    readonly container: string;
    readonly image: string;
    readonly config?: string;
    readonly configFrom?: string;
    readonly settings: ContainerDefinition;
  };
  readonly drainSeconds: number;
}

/** Names of the containers that the mesh adds. */
export function namesOf(options: Partly<MeshOptions>) {
  const envoy = options.envoy?.name ?? defaultEnvoyName;
  const tracer = tracerName(options.tracing);
  return {
    envoy,
    ...(tracer !== undefined && { tracer }),
    ...((options.drainSeconds ?? defaultDrain) > 0 && { drain: `${envoy}-drain` }),
    ...(options.interception?.mode === "initContainer" && { redirect: `${envoy}-redirect` }),
  };
}

/** Options that have passed the check, with their defaults. */
export function planOf(containers: readonly ContainerDefinition[], options: MeshOptions): Plan {
  const kind = options.virtualNode === undefined ? "virtualGateway" : "virtualNode";
  const { envoy = {}, tracing, controlPlane } = options;
  const variant = envoy.variant ?? "envoy";
  const names = namesOf(options);
  return {
    mesh: options.meshName,
    ...(options.meshOwner !== undefined && { meshOwner: options.meshOwner }),
    kind,
    name: readProxy(kind, options[kind] ?? "")?.name ?? "",
    controlPlane: { ...controlPlane, port: controlPlane.port ?? defaultXdsPort },
    listenerPorts: options.listenerPorts ?? tcpPorts(containers),
    ...(kind === "virtualNode" && { interception: interceptionOf(options.interception) }),
    envoy: {
      variant,
      image: envoy.image ?? (variant === "envoy" ? envoyImage : appMeshImage),
      container: names.envoy,
      logLevel: envoy.logLevel ?? defaultLogLevel,
      concurrency: envoy.concurrency ?? defaultConcurrency,
      adminPort: envoy.adminPort ?? defaultAdminPort,
      ...(envoy.sdsSocket !== undefined && { sdsSocket: envoy.sdsSocket }),
      settings: envoy.container ?? {},
    },
    ...(tracing && { tracing: tracingOf(tracing) }),
    ...(tracing && names.tracer !== undefined && { tracer: tracerOf(tracing, names.tracer) }),
    drainSeconds: options.drainSeconds ?? defaultDrain,
  };
}

function interceptionOf(given: MeshOptions["interception"] = {}): NonNullable<Plan["interception"]> {
  return {
    mode: given.mode ?? "proxyConfiguration",
    egressIgnoredIps: [...new Set([...metadataAddresses, ...(given.egressIgnoredIps ?? [])])],
    egressIgnoredPorts: given.egressIgnoredPorts ?? [],
    appPorts: given.appPorts ?? {},
    ...(given.image !== undefined && { image: given.image }),
  };
}

function tracerOf(
  given: NonNullable<MeshOptions["tracing"]>,
  container: string,
): NonNullable<Plan["tracer"]> {
  const kind = given.tracer ?? "otel";
  return {
    kind,
    container,
    image: given.image ?? tracerImages[kind],
    ...(given.config !== undefined && { config: given.config }),
    ...(given.configFrom !== undefined && { configFrom: given.configFrom }),
    settings: given.container ?? {},
  };
}

/** The TCP ports on which containers say that they listen. */
export function tcpPorts(containers: readonly GivenContainer[]): readonly number[] {
  const ports = containers.flatMap(({ portMappings = [] }) =>
    portMappings.flatMap(({ containerPort, protocol = "tcp" } = {}) =>
      containerPort === undefined || protocol !== "tcp" ? [] : [containerPort],
    ),
  );
  return [...new Set(ports)];
}
