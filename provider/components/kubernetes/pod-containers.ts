// The containers that the mesh puts into a pod.
import { bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import type { Probes } from "@pulumi-appmesh/control-plane/bootstrap/probes.js";
import { watchedSecrets } from "@pulumi-appmesh/control-plane/bootstrap/xds-tls.js";
import { redirectionScript } from "@pulumi-appmesh/control-plane/interception/apply.js";
import { egressPort, ingressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import { ask } from "../ecs/admin-request.js";
import {
  collectorImage,
  daemonImage,
  defaultAdminPort,
  defaultDrain,
  envoyImage,
  tracerPorts,
  tracingOf,
} from "../ecs/plan.js";
import type { MeshPodOptions } from "./mesh-pod-options.js";
import {
  envoyUser,
  folders,
  identityOf,
  literal,
  metadataAddresses,
  namesOf,
  proxyOf,
  volumes,
} from "./pod-plan.js";
import type { Container } from "./pod-spec.js";

/** As little as it can do with. */
const restricted = {
  runAsUser: envoyUser,
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** Redirects traffic to Envoy before anything else runs. */
export function redirectContainer(
  options: MeshPodOptions,
  appPorts: readonly number[],
): Container | undefined {
  const { redirect } = namesOf(options);
  const { interception = {} } = options;
  const { image } = interception;
  if (redirect === undefined || image === undefined) return undefined;
  const script = redirectionScript({
    ignoredUid: envoyUser,
    ingressPort,
    egressPort,
    appPorts,
    egressIgnoredIps: interception.egressIgnoredIps ?? metadataAddresses,
    // As App Mesh itself does.
    egressIgnoredPorts: [...new Set([22, ...(interception.egressIgnoredPorts ?? [])])],
    ipv6: false,
  });
  return {
    name: redirect,
    image,
    command: ["sh", "-c", literal(script)],
    resources: { requests: { cpu: "10m", memory: "16Mi" } },
    securityContext: {
      runAsUser: 0,
      runAsNonRoot: false,
      capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** What takes Envoy's traces, in the pod itself. */
export function tracerContainer(options: MeshPodOptions): Container | undefined {
  const { tracer: name } = namesOf(options);
  const { tracing } = options;
  if (name === undefined || tracing === undefined) return undefined;
  const { tracer = "otel", config = defaultConfig } = tracing;
  return {
    name,
    image: tracing.image ?? (tracer === "otel" ? collectorImage : daemonImage),
    restartPolicy: "Always",
    ...(tracer === "otel"
      ? {
          args: [`--config=env:${configVariable}`],
          env: [{ name: configVariable, value: literal(config) }],
        }
      : {}),
    resources: { requests: { cpu: "32m", memory: "128Mi" } },
    // Its own calls are not the application's.
    securityContext: {
      runAsUser: envoyUser,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

const configVariable = "AOT_CONFIG_CONTENT";

/** JSON, which is YAML. */
const defaultConfig = JSON.stringify({
  extensions: { health_check: { endpoint: `127.0.0.1:${tracerPorts.health}` } },
  receivers: {
    otlp: {
      protocols: {
        grpc: { endpoint: `127.0.0.1:${tracerPorts.grpc}` },
        http: { endpoint: `127.0.0.1:${tracerPorts.http}` },
      },
    },
  },
  processors: { resourcedetection: { detectors: ["env"] }, batch: { timeout: "1s" } },
  exporters: { awsxray: {} },
  service: {
    // Its own metrics would take the port 8888, which may be the application's.
    telemetry: { metrics: { level: "none" } },
    extensions: ["health_check"],
    pipelines: {
      traces: { receivers: ["otlp"], processors: ["resourcedetection", "batch"], exporters: ["awsxray"] },
    },
  },
});

/**
 * Envoy beside an application, as a sidecar in Kubernetes' own sense: an init container that goes on. So what follows waits
 * until it is ready, it outlives the application, and a Job ends although it runs. An ordinary container has none of the
 * three.
 */
export const envoySidecar = (options: MeshPodOptions, probes?: Probes): Container => ({
  ...envoy(options, probes),
  restartPolicy: "Always",
  // Kubernetes runs it when the pod is told to stop, although it ends sidecars only after the application.
  lifecycle: { preStop: { exec: { command: ["bash", "-c", drain(adminPortOf(options))] } } },
});

/** Envoy of a virtual gateway, which is itself what the pod is for, and waits itself until its clients have gone. */
export function gatewayContainer(options: MeshPodOptions, ports: readonly number[]): Container {
  const { drainSeconds = defaultDrain } = options;
  const leaving = `${drain(adminPortOf(options))}\nsleep ${drainSeconds}`;
  return {
    ...envoy(options),
    ports: ports.map((containerPort) => ({ containerPort })),
    lifecycle: { preStop: { exec: { command: ["bash", "-c", leaving] } } },
  };
}

const adminPortOf = ({ envoy }: MeshPodOptions): number => envoy?.adminPort ?? defaultAdminPort;

function envoy(options: MeshPodOptions, probes?: Probes): Container {
  const { envoy = {}, interception, controlPlane, meshOwner, drainSeconds = defaultDrain } = options;
  const adminPort = adminPortOf(options);
  const { tls, sources } = identityOf(options);
  const config = bootstrap({
    mesh: options.meshName,
    ...(meshOwner !== undefined && { meshOwner }),
    ...proxyOf(options),
    xds: { host: controlPlane.host, port: controlPlane.port ?? 18000, ...(tls && { tls }) },
    interception:
      interception?.mode === "explicit"
        ? { mode: "explicit", address: "0.0.0.0", appPorts: interception.appPorts ?? {} }
        : { mode: "transparent" },
    adminPort,
    tracing: options.tracing && tracingOf(options.tracing),
    probes,
  });
  const watched = Object.entries(tls === undefined ? {} : watchedSecrets(tls));
  const ready = { exec: { command: ["bash", "-c", isReady(adminPort)] }, timeoutSeconds: 5 };
  const mounts = [
    ...(sources.length > 0 ? [{ name: volumes.identity, mountPath: folders.identity, readOnly: true }] : []),
    ...(watched.length > 0 ? [{ name: volumes.watched, mountPath: folders.watched }] : []),
  ];
  return {
    name: namesOf(options).envoy,
    image: envoy.image ?? envoyImage,
    command: watched.length > 0 ? ["bash", "-ec", literal(starting(watched)), "envoy"] : ["envoy"],
    args: [
      ["--config-yaml", literal(JSON.stringify(config))],
      ["--log-level", envoy.logLevel ?? "warning"],
      ["--concurrency", String(envoy.concurrency ?? 2)],
      "--disable-hot-restart",
      // Once it drains, it asks every client at once to go elsewhere, and takes what still comes for so long.
      ["--drain-strategy", "immediate"],
      ["--drain-time-s", String(Math.max(drainSeconds, 1))],
    ].flat(),
    resources: envoy.resources ?? { requests: { cpu: "100m", memory: "128Mi" } },
    securityContext: restricted,
    ...(mounts.length > 0 && { volumeMounts: mounts }),
    // Control planes are waited for: ten minutes, and again after a restart.
    startupProbe: { ...ready, periodSeconds: 1, failureThreshold: 600 },
    readinessProbe: { ...ready, periodSeconds: 5 },
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Puts in its place what tells Envoy to watch its files. */
const starting = (watched: readonly (readonly [string, string])[]): string =>
  [
    ...watched.map(([name, content]) => `printf %s ${quoted(content)} > ${folders.watched}/${name}`),
    'exec envoy "$@"',
  ].join("\n");

/** Ready once the control plane has told it what to serve, and as long as it does not drain. */
const isReady = (adminPort: number): string =>
  `${ask(adminPort, "GET", "/ready")} && read -r _ status _ <&3 && [ "$status" = 200 ]`;

/** Health checks of others fail at once; what comes in is answered all the same, and asked to come back elsewhere. */
const drain = (adminPort: number): string =>
  ["/healthcheck/fail", "/drain_listeners?graceful&skip_exit&inboundonly"]
    .map((path) => `{ ${ask(adminPort, "POST", path)}; cat <&3 >/dev/null; }`)
    .join("\n");
