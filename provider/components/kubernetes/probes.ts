// The kubelet's questions to an application whose ports are the mesh's.
import type { Probe, Probes } from "@pulumi-appmesh/control-plane/bootstrap/probes.js";
import type { MeshPodOptions } from "./mesh-pod-options.js";
import type { Container, PodSpec } from "./pod-spec.js";

export const defaultProbePort = 15020;

/** Who asks, in the words of a container. */
const asking = [
  ["readinessProbe"],
  ["livenessProbe"],
  ["startupProbe"],
  ["lifecycle", "postStart"],
  ["lifecycle", "preStop"],
];

interface Handler {
  readonly httpGet?: {
    readonly port?: unknown;
    readonly path?: string;
    readonly host?: string;
    readonly scheme?: string;
    readonly httpHeaders?: unknown;
  };
  readonly tcpSocket?: { readonly port?: unknown; readonly host?: string };
  readonly grpc?: { readonly port?: unknown; readonly service?: string };
  readonly [other: string]: unknown;
}

/**
 * Lets the kubelet ask Envoy where it would come through the mesh: to a listener that may want a certificate or HTTP/2 of
 * it, that takes connections whether or not the application does, or where, in explicit interception, no application is.
 * Envoy passes just these questions on to the application, outside the mesh and its statistics.
 */
export function probed(
  podSpec: PodSpec,
  options: MeshPodOptions,
  listenerPorts: readonly number[],
): { readonly podSpec: PodSpec; readonly probes: Probes | undefined } {
  const port = options.envoy?.probePort ?? defaultProbePort;
  const probes: Probe[] = [];
  const rewritten = (container: Container): Container => {
    let result = container;
    for (const steps of asking) {
      const handler = at(container, steps);
      const probe = handler && probeOf(handler, `/${[container.name, ...steps].join("/")}`, container);
      if (probe === undefined) continue;
      probes.push(probe);
      const { tcpSocket: _tcp, grpc: _grpc, httpGet, ...rest } = handler as Handler;
      const headers = httpGet?.httpHeaders === undefined ? {} : { httpHeaders: httpGet.httpHeaders };
      // The query stays with the question: Envoy replaces the path before it.
      const query = /\?.*$/.exec(httpGet?.path ?? "")?.[0] ?? "";
      result = put(result, steps, { ...rest, httpGet: { path: `${probe.path}${query}`, port, ...headers } });
    }
    return result;
  };
  const probeOf = (handler: Handler, path: string, container: Container): Probe | undefined => {
    const { httpGet, tcpSocket, grpc } = handler;
    const asked = httpGet ?? tcpSocket ?? grpc;
    // Another host is another application.
    if (asked === undefined || ("host" in asked && asked.host !== undefined)) return undefined;
    const application = behind(numberOf(asked.port, container), options, listenerPorts);
    if (application === undefined) return undefined;
    if (grpc !== undefined)
      return {
        kind: "grpc",
        path,
        port: application,
        ...(grpc.service !== undefined && { service: grpc.service }),
      };
    if (httpGet === undefined) return { kind: "tcp", path, port: application };
    const [target = ""] = (httpGet.path ?? "/").split("?");
    return {
      kind: "http",
      path,
      port: application,
      target: target.startsWith("/") ? target : `/${target}`,
      ...(httpGet.scheme === "HTTPS" && { tls: true }),
    };
  };
  const { initContainers } = podSpec;
  const made = {
    ...podSpec,
    ...(initContainers && { initContainers: initContainers.map(rewritten) }),
    containers: podSpec.containers.map(rewritten),
  };
  return { podSpec: made, probes: probes.length > 0 ? { port, probes } : undefined };
}

/** Where the application listens that is asked on a port of the mesh; undefined for a port that is none. */
function behind(
  port: number | undefined,
  { interception }: MeshPodOptions,
  listenerPorts: readonly number[],
): number | undefined {
  if (port === undefined) return undefined;
  if (interception?.mode !== "explicit") return listenerPorts.includes(port) ? port : undefined;
  const appPorts = interception.appPorts ?? {};
  return appPorts[port] ?? Object.values(appPorts).find((each) => each === port);
}

const numberOf = (port: unknown, { ports = [] }: Container): number | undefined =>
  typeof port === "number"
    ? port
    : ports.find(({ name }) => name !== undefined && name === port)?.containerPort;

const at = (container: Container, steps: readonly string[]): Handler | undefined =>
  steps.reduce<unknown>(
    (value, step) => (value as Readonly<Record<string, unknown>> | undefined)?.[step],
    container,
  ) as Handler | undefined;

function put(container: Container, [step = "", next]: readonly string[], handler: unknown): Container {
  const inner = container[step] as object | undefined;
  return { ...container, [step]: next === undefined ? handler : { ...inner, [next]: handler } };
}
