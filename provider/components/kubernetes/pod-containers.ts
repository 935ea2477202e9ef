// The containers that the mesh puts into a pod.
import { bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import type { Probes } from "@pulumi-appmesh/control-plane/bootstrap/probes.js";
import { watchedSecrets } from "@pulumi-appmesh/control-plane/bootstrap/xds-tls.js";
import { redirectionScript } from "@pulumi-appmesh/control-plane/interception/apply.js";
import { egressPort, ingressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import {
  defaultAdminPort,
  defaultConcurrency,
  defaultDrain,
  defaultLogLevel,
  defaultXdsPort,
  envoyImage,
  envoyUser,
} from "../sidecar/defaults.js";
import { drainLines, isReady } from "../sidecar/envoy-admin.js";
import { envoyArguments } from "../sidecar/envoy-arguments.js";
import {
  collectorArguments,
  collectorConfig,
  collectorVariable,
  tracerImages,
  tracingOf,
} from "../sidecar/tracing.js";
import type { MeshPodOptions } from "./mesh-pod-options.js";
import { onlyIpv4, podAddress } from "./pod-address.js";
import { folders, identityOf, literal, metadataAddresses, namesOf, proxyOf, volumes } from "./pod-plan.js";
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
  const { tracer = "otel", config = collectorConfig(["env"]) } = tracing;
  return {
    name,
    image: tracing.image ?? tracerImages[tracer],
    restartPolicy: "Always",
    ...(tracer === "otel"
      ? {
          args: collectorArguments,
          env: [{ name: collectorVariable, value: literal(config) }],
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
    xds: { host: controlPlane.host, port: controlPlane.port ?? defaultXdsPort, ...(tls && { tls }) },
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
    command: ["bash", "-ec", literal(starting(watched)), "envoy"],
    args: envoyArguments(literal(JSON.stringify(config)), {
      logLevel: envoy.logLevel ?? defaultLogLevel,
      concurrency: envoy.concurrency ?? defaultConcurrency,
      drainSeconds,
    }),
    env: [podAddress],
    resources: envoy.resources ?? { requests: { cpu: "100m", memory: "128Mi" } },
    securityContext: restricted,
    ...(mounts.length > 0 && { volumeMounts: mounts }),
    // What it says last is what Kubernetes tells of one that does not start.
    terminationMessagePolicy: "FallbackToLogsOnError",
    // Control planes are waited for: ten minutes, and again after a restart.
    startupProbe: { ...ready, periodSeconds: 1, failureThreshold: 600 },
    readinessProbe: { ...ready, periodSeconds: 5 },
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Puts in its place what tells Envoy to watch its files, once it is where it can be called. */
const starting = (watched: readonly (readonly [string, string])[]): string =>
  [
    onlyIpv4,
    ...watched.map(([name, content]) => `printf %s ${quoted(content)} > ${folders.watched}/${name}`),
    'exec envoy "$@"',
  ].join("\n");

const drain = (adminPort: number): string => drainLines(adminPort).join("\n");
