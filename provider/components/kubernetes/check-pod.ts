import { egressPort, ingressPort } from "@pulumi-appmesh/control-plane/translate/interception.js";
import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import type { Partly } from "../ecs/given.js";
import { defaultAdminPort, tracerPorts } from "../ecs/plan.js";
import { proxyKinds, readProxy } from "../ecs/proxy-name.js";
import { imageViolations } from "../image.js";
import type { MeshPodOptions } from "./mesh-pod-options.js";
import { envoyUser, listenerPortsOf, namesOf, tcpPorts, volumes } from "./pod-plan.js";
import type { Container, PodSpec } from "./pod-spec.js";

type Options = Partly<MeshPodOptions>;
type Pod = Partly<PodSpec>;

/**
 * What is wrong with a pod's spec and the options of its mesh, which have the right shapes. Of what is not known yet
 * (`isOpen`), nothing is said.
 *
 * @param at Where the spec is among the inputs.
 */
export function* podViolations(
  given: unknown,
  options: Options,
  { at = ["podSpec"], isOpen = () => false }: { at?: Path; isOpen?: (path: Path) => boolean } = {},
): Generator<Violation> {
  const wrong = [...shapeViolations(given, at, isOpen)];
  yield* wrong;
  yield* controlPlaneViolations(options, isOpen);
  yield* nodeViolations(options);
  if (wrong.length > 0) return;
  const pod = (given ?? {}) as Pod;
  if (pod.hostNetwork === true) {
    yield violation(
      [...at, "hostNetwork"],
      true,
      "true was given; a pod of the mesh has a network of its own, where Envoy takes the traffic of this pod and no other's. " +
        "Leave it out.",
    );
  }
  const os = (pod.os as { name?: unknown } | undefined)?.name;
  if (os === "windows")
    yield violation(
      [...at, "os", "name"],
      os,
      '"windows" was given; "linux" is allowed: Envoy\'s images are for Linux.',
    );
  yield* containerViolations(pod, options, at);
  yield* interceptionViolations(pod, options, at, isOpen);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The parts that are looked into are what Kubernetes has there. */
function* shapeViolations(given: unknown, at: Path, isOpen: (path: Path) => boolean): Generator<Violation> {
  if (isOpen(at) && given === undefined) return;
  if (!isObject(given)) {
    yield violation(
      at,
      given,
      "a pod's spec is required, in Kubernetes' words, as {containers: [{name, image}]}.",
    );
    return;
  }
  const grace = given.terminationGracePeriodSeconds;
  if (grace !== undefined && !(Number.isInteger(grace) && Number(grace) >= 0))
    yield violation([...at, "terminationGracePeriodSeconds"], grace, "seconds are required, 0 or more.");
  for (const list of ["containers", "initContainers", "volumes"]) {
    const value = given[list];
    if (isOpen([...at, list]) && value === undefined) continue;
    if (value === undefined && list !== "containers") continue;
    if (!Array.isArray(value) || (list === "containers" && value.length === 0)) {
      yield violation(
        [...at, list],
        value,
        `a list${list === "containers" ? " with at least one container" : ""} is required.`,
      );
      continue;
    }
    for (const [index, item] of value.entries()) {
      const path = [...at, list, index];
      if (item === undefined && isOpen(path)) continue;
      for (const member of list === "volumes" ? ["name"] : ["name", "image"]) {
        const text = isObject(item) ? item[member] : undefined;
        if (text === undefined && isOpen([...path, member])) continue;
        if (typeof text !== "string" || text === "")
          yield violation([...path, member], text, "a text that is not empty is required.");
      }
      for (const member of list === "volumes" || !isObject(item) ? [] : ["ports", "env"]) {
        const items = (item as Readonly<Record<string, unknown>>)[member];
        if (
          items !== undefined &&
          (!Array.isArray(items) || !items.every((each) => each === undefined || isObject(each)))
        )
          yield violation([...path, member], items, "a list of objects is required.");
      }
    }
  }
}

function* nodeViolations({ virtualNode, meshName }: Options): Generator<Violation> {
  if (virtualNode === undefined) return;
  const read = readProxy("virtualNode", virtualNode);
  if (read === undefined || read.kind !== "virtualNode") {
    yield violation(
      ["virtualNode"],
      virtualNode,
      `${JSON.stringify(virtualNode)} was given; the name of a ${proxyKinds.virtualNode}, its id MESH/NAME or its ARN is allowed.`,
    );
  } else if (read.mesh !== undefined && meshName !== undefined && read.mesh !== meshName) {
    yield violation(
      ["virtualNode"],
      virtualNode,
      `it is of the mesh ${JSON.stringify(read.mesh)}, and meshName is ${JSON.stringify(meshName)}. Give both of one mesh.`,
    );
  }
}

function* controlPlaneViolations(
  { controlPlane = {} }: Options,
  isOpen: (path: Path) => boolean,
): Generator<Violation> {
  const members = [
    "trust",
    "trustFrom",
    "certificateFrom",
    "privateKeyFrom",
    "tokenFrom",
    "serviceAccountToken",
  ] as const;
  for (const member of members) {
    if (controlPlane.plaintext !== true || controlPlane[member] === undefined) continue;
    yield violation(
      ["controlPlane", member],
      controlPlane[member],
      "it was given beside plaintext; a connection that is not encrypted proves nothing. Leave one of both out.",
    );
  }
  const pair = ["certificateFrom", "privateKeyFrom"] as const;
  for (const [one, other] of [pair, [...pair].reverse()] as const) {
    if (one === undefined || other === undefined || controlPlane[one] === undefined) continue;
    if (controlPlane[other] !== undefined || isOpen(["controlPlane", other])) continue;
    yield violation(["controlPlane", other], undefined, `nothing was given; ${one} needs it.`);
  }
}

function* containerViolations(pod: Pod, options: Options, at: Path): Generator<Violation> {
  const added = Object.values(namesOf(options));
  const seen = new Set<string>();
  for (const [list, containers] of [
    ["initContainers", pod.initContainers ?? []],
    ["containers", pod.containers ?? []],
  ] as const) {
    for (const [index, container] of containers.entries()) {
      if (container === undefined) continue;
      const path = [...at, list, index];
      const { name, image } = container;
      const other = proxyIn(container);
      if (other !== undefined) {
        yield violation(
          path,
          name,
          `it is a proxy already, of ${other}; a pod is of one virtual node. Leave the container out, or make a pod for each.`,
        );
        continue;
      }
      if (name !== undefined && added.includes(name)) {
        yield violation(
          [...path, "name"],
          name,
          `${JSON.stringify(name)} was given; the mesh puts a container of that name into the pod. Give it another name, or Envoy, by envoy.name.`,
        );
      }
      if (name !== undefined && seen.has(name))
        yield violation(
          [...path, "name"],
          name,
          `${JSON.stringify(name)} was given twice; each container has a name of its own.`,
        );
      if (name !== undefined) seen.add(name);
      if (image !== undefined) yield* imageViolations([...path, "image"], image, "pods");
      yield* userViolations([...path, "securityContext", "runAsUser"], container.securityContext?.runAsUser);
    }
  }
  yield* userViolations([...at, "securityContext", "runAsUser"], pod.securityContext?.runAsUser);
  for (const [index, volume] of (pod.volumes ?? []).entries()) {
    const name = volume?.name;
    if (name === undefined || !(Object.values(volumes) as string[]).includes(name)) continue;
    yield violation(
      [...at, "volumes", index, "name"],
      name,
      `${JSON.stringify(name)} was given; the mesh puts a volume of that name into the pod. Give it another name.`,
    );
  }
  for (const part of ["envoy", "tracing", "interception"] as const) {
    const image = options[part]?.image;
    if (image !== undefined) yield* imageViolations([part, "image"], image, "pods");
  }
  const { name } = options.envoy ?? {};
  if (name !== undefined && !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    yield violation(
      ["envoy", "name"],
      name,
      `${JSON.stringify(name)} was given; a label of DNS is allowed: lower-case letters, digits and hyphens, as my-envoy.`,
    );
  }
}

/** Whose proxy a container is that somebody else put there: one of AWS's, or one of this package. */
function proxyIn({ env = [], args = [] }: Partly<Container>): string | undefined {
  const told = env.find(
    (variable) => variable?.name === "APPMESH_RESOURCE_ARN" || variable?.name === "APPMESH_VIRTUAL_NODE_NAME",
  );
  if (told !== undefined) return told.value ?? `what ${told.name} says`;
  for (const text of Array.isArray(args) ? args : []) {
    const [, id] = /"id":"(mesh\/[^"]+)"/.exec(String(text)) ?? [];
    if (id !== undefined) return id;
  }
  return undefined;
}

function* userViolations(path: Path, user: unknown): Generator<Violation> {
  if (user !== envoyUser) return;
  yield violation(
    path,
    user,
    `${envoyUser} was given; it is Envoy's own user, whose traffic passes Envoy by. Give the application another one.`,
  );
}

function* interceptionViolations(
  pod: Pod,
  options: Options,
  at: Path,
  isOpen: (path: Path) => boolean,
): Generator<Violation> {
  const { interception = {}, envoy = {}, tracing } = options;
  if (isOpen(["interception"]) && options.interception === undefined) return;
  if (isOpen(["interception", "mode"])) return;
  const explicit = interception.mode === "explicit";
  if (!explicit && interception.image === undefined && !isOpen(["interception", "image"])) {
    yield violation(
      ["interception", "image"],
      undefined,
      "nothing was given; an image with sh and iptables is required, which redirects the traffic before the pod starts. " +
        "Where no container may have NET_ADMIN, give the mode explicit.",
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
  const podIsOpen = isOpen(at);
  const declared = tcpPorts(pod);
  if (!explicit && options.listenerPorts === undefined && !isOpen(["listenerPorts"]) && declared.length > 1) {
    yield violation(
      ["listenerPorts"],
      undefined,
      `nothing was given, and the containers have the ports ${declared.join(", ")}; the ports of the virtual node's listeners are required.`,
    );
    return;
  }
  const listenerPorts = listenerPortsOf(pod, options);
  const taken = new Map<number, string>([
    [envoy.adminPort ?? defaultAdminPort, "Envoy's admin interface"],
    [egressPort, "Envoy"],
    ...(explicit ? [] : [[ingressPort, "Envoy"] as const]),
    ...(tracing === undefined || tracing.host !== undefined
      ? []
      : tracing.tracer === "xray"
        ? []
        : [tracerPorts.grpc, tracerPorts.http, tracerPorts.health].map(
            (port) => [port, "the collector"] as const,
          )),
    ...(explicit
      ? listenerPorts.flatMap((port) =>
          port === undefined ? [] : [[port, "Envoy, as a listener of the virtual node"] as const],
        )
      : []),
  ]);
  for (const [list, containers] of [
    ["initContainers", pod.initContainers ?? []],
    ["containers", pod.containers ?? []],
  ] as const) {
    for (const [index, container] of containers.entries()) {
      for (const [place, port] of (container?.ports ?? []).entries()) {
        const number = port?.containerPort;
        if (number === undefined || (port?.protocol ?? "TCP") !== "TCP" || !taken.has(number)) continue;
        yield violation(
          [...at, list, index, "ports", place, "containerPort"],
          number,
          `${number} was given; it is taken in the pod by ${taken.get(number)}. Let the container listen on another port${
            number === (envoy.adminPort ?? defaultAdminPort) ? ", or give envoy.adminPort another" : ""
          }.`,
        );
      }
    }
  }
  if (!explicit || isOpen(["interception", "appPorts"])) return;
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
    if (!listenerPorts.includes(Number(listener)) && !podIsOpen && !isOpen(["listenerPorts"])) {
      yield violation(
        ["interception", "appPorts", listener],
        port,
        `the virtual node has no listener on ${listener}; it has ${listenerPorts.join(", ") || "none"}.`,
      );
    }
    if (port === undefined || !(taken.has(port) || listenerPorts.includes(port))) continue;
    yield violation(
      ["interception", "appPorts", listener],
      port,
      `${port} was given; it is taken in the pod by Envoy. Let the application listen on another port.`,
    );
  }
}
