import { egressPort, ingressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { ignoredIpViolations } from "../networks.js";
import type { Partly } from "../partly.js";
import { defaultAdminPort } from "../sidecar/defaults.js";
import { tracerPorts } from "../sidecar/tracing.js";
import type { MeshPodOptions } from "./mesh-pod-options.js";
import { listenerPortsOf, tcpPorts } from "./pod-plan.js";
import type { PodSpec } from "./pod-spec.js";
import { defaultProbePort } from "./probes.js";

type Options = Partly<MeshPodOptions>;
type Pod = Partly<PodSpec>;

/** Whether something is not known yet. */
export type IsOpen = (path: Path) => boolean;

/** All containers of a pod share one network: no port can be listened on twice, and some Envoy must know of. */
export function* portViolations(pod: Pod, options: Options, at: Path, isOpen: IsOpen): Generator<Violation> {
  const gateway = options.virtualGateway !== undefined;
  if (gateway && options.interception !== undefined) {
    yield violation(
      ["interception"],
      options.interception,
      "it was given beside virtualGateway, which has no application whose traffic is taken. Leave it out.",
    );
    return;
  }
  if (gateway && options.listenerPorts === undefined && !isOpen(["listenerPorts"])) {
    yield violation(
      ["listenerPorts"],
      undefined,
      "nothing was given; it is required for a virtual gateway: the ports of its listeners.",
    );
    return;
  }
  if (!gateway && options.interception === undefined && isOpen(["interception"])) return;
  if (isOpen(["interception", "mode"])) return;
  const { interception = {} } = options;
  const mode = gateway ? "none" : (interception.mode ?? "initContainer");
  if (!gateway) yield* interceptionViolations(options, isOpen);
  const declared = tcpPorts(pod);
  if (
    mode === "initContainer" &&
    options.listenerPorts === undefined &&
    !isOpen(["listenerPorts"]) &&
    declared.length > 1
  ) {
    yield violation(
      ["listenerPorts"],
      undefined,
      `nothing was given, and the containers have the ports ${declared.join(", ")}; the ports of the virtual node's listeners are required.`,
    );
    return;
  }
  const taken = fixedPorts(options, mode);
  yield* chosenPortViolations(options, mode, taken);
  const listenerPorts = listenerPortsOf(pod, options);
  // Where they are the ports of containers, those are told of.
  const said = options.listenerPorts ?? (mode === "initContainer" ? [] : listenerPorts);
  yield* listenerViolations(said, mode, taken);
  // Where traffic is redirected, Envoy listens on the listeners' ports for nobody.
  if (mode !== "initContainer") {
    for (const port of listenerPorts)
      taken.set(port, `Envoy, as a listener of the virtual ${gateway ? "gateway" : "node"}`);
  }
  yield* containerViolations(pod, taken, envoyAdmin(options), at);
  if (mode === "explicit") yield* appPortViolations(options, listenerPorts, taken, at, isOpen);
}

function* interceptionViolations({ interception = {} }: Options, isOpen: IsOpen): Generator<Violation> {
  const explicit = interception.mode === "explicit";
  yield* ignoredIpViolations(["interception", "egressIgnoredIps"], interception.egressIgnoredIps);
  if (!explicit && interception.image === undefined && !isOpen(["interception", "image"])) {
    yield violation(
      ["interception", "image"],
      undefined,
      "nothing was given; it is required for initContainer: an image with sh and iptables, such as debian:13-slim after " +
        "apt-get install iptables. Give it, or, where no container may have NET_ADMIN, let the mode be explicit, which needs none.",
    );
  }
  for (const member of explicit
    ? (["image", "egressIgnoredIps", "egressIgnoredPorts"] as const)
    : (["appPorts"] as const)) {
    if (interception[member] === undefined) continue;
    const mode = explicit ? "explicit" : "initContainer";
    yield violation(
      ["interception", member],
      interception[member],
      `it was given with the mode ${mode}, which has no use for it. Leave it out.`,
    );
  }
}

const envoyAdmin = ({ envoy = {} }: Options): number => envoy.adminPort ?? defaultAdminPort;

/** How traffic gets into Envoy: into that of a virtual gateway it comes by itself. */
type Mode = "initContainer" | "explicit" | "none";

/** On which ports the mesh's own containers listen that nobody chooses, and which does. */
function fixedPorts({ tracing }: Options, mode: Mode): Map<number, string> {
  const collects = tracing !== undefined && tracing.host === undefined && tracing.tracer !== "xray";
  const ports = {
    Envoy: [...(mode === "none" ? [] : [egressPort]), ...(mode === "initContainer" ? [ingressPort] : [])],
    "the collector": collects ? [tracerPorts.grpc, tracerPorts.http, tracerPorts.health] : [],
  };
  return new Map(Object.entries(ports).flatMap(([who, all]) => all.map((port) => [port, who] as const)));
}

const low = (port: number) =>
  `${port} was given; Envoy, which is not root, listens on 1024 and above. Let it have`;
const isTaken = (port: number, taken: ReadonlyMap<number, string>) =>
  `${port} was given; it is taken in the pod by ${taken.get(port)}.`;

/** The ports of Envoy that may be chosen, which join those that are taken. */
function* chosenPortViolations(
  options: Options,
  mode: Mode,
  taken: Map<number, string>,
): Generator<Violation> {
  const { adminPort, probePort } = options.envoy ?? {};
  const admin = {
    member: "adminPort",
    given: adminPort,
    port: envoyAdmin(options),
    who: "Envoy's admin interface",
  };
  const probes = {
    member: "probePort",
    given: probePort,
    port: probePort ?? defaultProbePort,
    who: "Envoy, for probes",
  };
  const all = mode === "none" ? [admin] : [admin, probes];
  // What was given is wrong, rather than what it meets.
  const inOrder = [
    ...all.filter(({ given }) => given === undefined),
    ...all.filter(({ given }) => given !== undefined),
  ];
  for (const { member, port, who } of inOrder) {
    const path = ["envoy", member];
    if (port < 1024) yield violation(path, port, `${low(port)} another.`);
    else if (taken.has(port)) yield violation(path, port, `${isTaken(port, taken)} Give it another.`);
    else taken.set(port, who);
  }
}

function* listenerViolations(
  listenerPorts: readonly (number | undefined)[],
  mode: Mode,
  taken: ReadonlyMap<number, string>,
): Generator<Violation> {
  for (const [index, port] of listenerPorts.entries()) {
    if (port === undefined) continue;
    const path = ["listenerPorts", index];
    // Where traffic is redirected, it is the application that listens.
    if (port < 1024 && mode !== "initContainer")
      yield violation(path, port, `${low(port)} 8080: a Service in front may have any.`);
    else if (taken.has(port)) yield violation(path, port, `${isTaken(port, taken)} Give it another.`);
  }
}

function* containerViolations(
  pod: Pod,
  taken: ReadonlyMap<number, string>,
  adminPort: number,
  at: Path,
): Generator<Violation> {
  for (const list of ["initContainers", "containers"] as const) {
    for (const [index, container] of (pod[list] ?? []).entries()) {
      for (const [place, port] of (container?.ports ?? []).entries()) {
        const number = port?.containerPort;
        if (number === undefined || (port?.protocol ?? "TCP") !== "TCP" || !taken.has(number)) continue;
        const otherwise = number === adminPort ? ", or give envoy.adminPort another" : "";
        yield violation(
          [...at, list, index, "ports", place, "containerPort"],
          number,
          `${number} was given; it is taken in the pod by ${taken.get(number)}. Let the container listen on another port${otherwise}.`,
        );
      }
    }
  }
}

/** Explicit: the application listens elsewhere than on the listeners' ports, which Envoy has. */
function* appPortViolations(
  { interception = {} }: Options,
  listenerPorts: readonly number[],
  taken: ReadonlyMap<number, string>,
  at: Path,
  isOpen: IsOpen,
): Generator<Violation> {
  if (isOpen(["interception", "appPorts"])) return;
  const appPorts = interception.appPorts ?? {};
  for (const port of listenerPorts) {
    if (appPorts[port] !== undefined) continue;
    yield violation(
      ["interception", "appPorts"],
      interception.appPorts,
      `it has no port for the listener ${port}; explicit needs one for each, on which the application listens instead.`,
    );
  }
  for (const [listener, port] of Object.entries(appPorts)) {
    if (!listenerPorts.includes(Number(listener)) && !isOpen(at) && !isOpen(["listenerPorts"])) {
      yield violation(
        ["interception", "appPorts", listener],
        port,
        `the virtual node has no listener on ${listener}; it has ${listenerPorts.join(", ") || "none"}.`,
      );
    }
    if (port === undefined || !taken.has(port)) continue;
    yield violation(
      ["interception", "appPorts", listener],
      port,
      `${port} was given; it is taken in the pod by ${taken.get(port)}. Let the application listen on another port.`,
    );
  }
}
