import type { Tracing } from "@pulumi-appmesh/control-plane/bootstrap/tracing.js";
import { ENVOY_VERSION } from "@pulumi-appmesh/control-plane/envoy/find.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { GivenContainer, Partly } from "./given.js";
import type { MeshOptions } from "./mesh-options.js";
import { type ProxyKind, readProxy } from "./proxy-name.js";

/** Runs Envoy and what talks for it, whose traffic is never redirected to Envoy. */
export const envoyUser = "1337";

/** Plain Envoy on Ubuntu, which has bash: of this its health check and its drain are made. The variants distroless-… have not. */
export const envoyImage = `envoyproxy/envoy:v${ENVOY_VERSION}`;
/** The last that AWS published. */
export const appMeshImage = "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.34.13.3-prod";
export const collectorImage = "public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0";
export const daemonImage = "public.ecr.aws/xray/aws-xray-daemon:3.x";

/** Credentials and metadata of a task, and of an instance. */
export const metadataAddresses = ["169.254.170.2", "169.254.169.254"] as const;

/** Ports of the tracers, as Envoy and their health checks reach them. */
export const tracerPorts = { grpc: 4317, http: 4318, health: 13133, daemon: 2000 } as const;

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
    readonly kind: "otel" | "xray";
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
  const envoy = options.envoy?.name ?? "envoy";
  const { tracing } = options;
  return {
    envoy,
    ...(tracing && tracing.host === undefined && { tracer: tracerName(tracing.tracer ?? "otel") }),
    ...((options.drainSeconds ?? defaultDrain) > 0 && { drain: `${envoy}-drain` }),
    ...(options.interception?.mode === "initContainer" && { redirect: `${envoy}-redirect` }),
  };
}

const tracerName = (tracer: "otel" | "xray") => (tracer === "otel" ? "otel-collector" : "xray-daemon");

/** That of App Mesh's own sidecars. */
export const defaultDrain = 20;
export const defaultAdminPort = 9901;
const defaultSamplingRate = 0.05;

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
    controlPlane: { ...controlPlane, port: controlPlane.port ?? 18000 },
    listenerPorts: options.listenerPorts ?? tcpPorts(containers),
    ...(kind === "virtualNode" && { interception: interceptionOf(options.interception) }),
    envoy: {
      variant,
      image: envoy.image ?? (variant === "envoy" ? envoyImage : appMeshImage),
      container: names.envoy,
      logLevel: envoy.logLevel ?? "warning",
      concurrency: envoy.concurrency ?? 2,
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
    egressIgnoredIps: given.egressIgnoredIps ?? metadataAddresses,
    egressIgnoredPorts: given.egressIgnoredPorts ?? [],
    appPorts: given.appPorts ?? {},
    ...(given.image !== undefined && { image: given.image }),
  };
}

/** Where Envoy sends what it tells of requests, in a task or a pod. */
export function tracingOf(
  given: Pick<
    NonNullable<MeshOptions["tracing"]>,
    "samplingRate" | "host" | "port" | "segmentName" | "tracer"
  >,
): Tracing {
  const { samplingRate = defaultSamplingRate, host = "127.0.0.1" } = given;
  const named = given.segmentName === undefined ? {} : { segmentName: given.segmentName };
  return given.tracer === "xray"
    ? { kind: "xray", address: host, port: given.port ?? tracerPorts.daemon, samplingRate, ...named }
    : {
        kind: "otel",
        protocol: "grpc",
        host,
        port: given.port ?? tracerPorts.grpc,
        path: "/v1/traces",
        samplingRate,
        ...named,
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
    image: given.image ?? (kind === "otel" ? collectorImage : daemonImage),
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
