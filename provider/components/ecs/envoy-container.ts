import { type BootstrapOptions, bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import { formatEndpoint } from "@pulumi-appmesh/control-plane/endpoint.js";
import { egressPort, ingressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import { envoyUser, publicTrust } from "../sidecar/defaults.js";
import { isReady } from "../sidecar/envoy-admin.js";
import { envoyArguments } from "../sidecar/envoy-arguments.js";
import type { ContainerDefinition } from "./container-definition.js";
import type { Plan } from "./plan.js";
import { reserves } from "./reserves.js";
import { withSettings } from "./settings.js";

type Variables = NonNullable<ContainerDefinition["environment"]>;
type Secrets = NonNullable<ContainerDefinition["secrets"]>;

/** Envoy itself. */
export function envoyContainer(plan: Plan): ContainerDefinition {
  const { envoy, listenerPorts, interception, kind } = plan;
  const ports =
    interception !== undefined && interception.mode !== "explicit"
      ? [ingressPort, egressPort]
      : listenerPorts;
  const privileged = kind === "virtualGateway" && listenerPorts.some((port) => port < 1024);
  const container: ContainerDefinition = {
    name: envoy.container,
    image: envoy.image,
    essential: true,
    // A gateway on a port that only root may take runs as the image does.
    ...(privileged ? {} : { user: String(envoyUser) }),
    ...reserves.envoy,
    ...(ports.length > 0 && {
      portMappings: ports.map((containerPort) => ({ containerPort, protocol: "tcp" as const })),
    }),
    // Two for each of the connections at which the bootstrap draws the line, and some to spare.
    ulimits: [{ name: "nofile", softLimit: 131072, hardLimit: 131072 }],
    ...(envoy.variant === "envoy" ? plain(plan) : appMesh(plan)),
  };
  return withSettings(container, envoy.settings);
}

function plain(plan: Plan): ContainerDefinition {
  const { envoy, drainSeconds } = plan;
  const secrets = secretsOf(plan.controlPlane);
  return {
    // Not that of the image, which differs from one variant to the next and looks at who runs it.
    entryPoint: ["envoy"],
    command: envoyArguments(JSON.stringify(bootstrap(bootstrapOptions(plan))), { ...envoy, drainSeconds }),
    ...(secrets.length > 0 && { secrets }),
    readonlyRootFilesystem: true,
    healthCheck: { ...rhythm, command: ["CMD", "bash", "-c", isReady(envoy.adminPort)] },
  };
}

/** Control planes are waited for; an Envoy that had its configuration and answers no more is noticed soon. */
const rhythm = { interval: 5, timeout: 2, retries: 3, startPeriod: 60 } as const;

export function bootstrapOptions(plan: Plan): BootstrapOptions {
  const { controlPlane, envoy, interception } = plan;
  const { host, port } = controlPlane;
  const tls = tlsOf(controlPlane);
  return {
    mesh: plan.mesh,
    ...(plan.meshOwner !== undefined && { meshOwner: plan.meshOwner }),
    kind: plan.kind,
    name: plan.name,
    xds: { host, port, ...(tls && { tls }) },
    interception:
      interception?.mode === "explicit"
        ? { mode: "explicit", address: "0.0.0.0", appPorts: interception.appPorts }
        : { mode: "transparent" },
    adminPort: envoy.adminPort,
    sdsSocket: envoy.sdsSocket,
    tracing: plan.tracing,
  };
}

const variables = {
  trustFrom: "APPMESH_XDS_TRUST",
  certificateFrom: "APPMESH_XDS_CERTIFICATE",
  privateKeyFrom: "APPMESH_XDS_PRIVATE_KEY",
  tokenFrom: "APPMESH_XDS_TOKEN",
} as const;

/** What of the proxy's identity ECS takes from secrets when the container starts. */
const secretsOf = (controlPlane: Plan["controlPlane"]): Secrets =>
  Object.entries(variables).flatMap(([member, name]) => {
    const valueFrom = controlPlane[member as keyof typeof variables];
    return valueFrom === undefined ? [] : [{ name, valueFrom }];
  });

function tlsOf(controlPlane: Plan["controlPlane"]): BootstrapOptions["xds"]["tls"] {
  const { plaintext, serverName, trust, trustFrom, certificateFrom, tokenFrom } = controlPlane;
  if (plaintext === true) return undefined;
  const variable = (member: keyof typeof variables) => ({ environmentVariable: variables[member] });
  return {
    ...(serverName !== undefined && { serverName }),
    trust:
      trust !== undefined
        ? { inline: trust }
        : trustFrom !== undefined
          ? variable("trustFrom")
          : { file: publicTrust },
    ...(certificateFrom !== undefined && {
      certificate: { chain: variable("certificateFrom"), privateKey: variable("privateKeyFrom") },
    }),
    ...(tokenFrom !== undefined && { token: variable("tokenFrom") }),
  };
}

/** AWS's own image makes its bootstrap itself, of these variables. */
function appMesh(plan: Plan): ContainerDefinition {
  const { envoy, controlPlane, meshOwner, tracing } = plan;
  const owner = meshOwner === undefined ? "" : `@${meshOwner}`;
  const environment: Variables = [
    ["APPMESH_RESOURCE_ARN", `mesh/${plan.mesh}${owner}/${plan.kind}/${plan.name}`],
    ["APPMESH_XDS_ENDPOINT", formatEndpoint(controlPlane)],
    ["ENVOY_LOG_LEVEL", envoy.logLevel],
    ["ENVOY_ADMIN_ACCESS_PORT", String(envoy.adminPort)],
    ["ENABLE_ENVOY_STATS_TAGS", "1"],
    ...(envoy.sdsSocket === undefined ? [] : [["APPMESH_SDS_SOCKET_PATH", envoy.sdsSocket]]),
    ...(tracing === undefined
      ? []
      : [
          ["ENABLE_ENVOY_XRAY_TRACING", "1"],
          ["XRAY_DAEMON_PORT", String(tracing.port)],
          ["XRAY_SAMPLING_RATE", String(tracing.samplingRate)],
          ...(tracing.segmentName === undefined ? [] : [["XRAY_SEGMENT_NAME", tracing.segmentName]]),
        ]),
  ].map(([name = "", value = ""]) => ({ name, value }));
  const check = `curl -s http://localhost:${envoy.adminPort}/server_info | grep state | grep -q LIVE`;
  return { environment, healthCheck: { ...rhythm, command: ["CMD-SHELL", check] } };
}
