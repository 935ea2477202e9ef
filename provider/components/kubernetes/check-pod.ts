import type { Path, Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { imageViolations } from "../image.js";
import type { Partly } from "../partly.js";
import { envoyUser } from "../sidecar/defaults.js";
import { type ProxyKind, proxyKinds, readProxy } from "../sidecar/proxy-name.js";
import { portViolations } from "./check-pod-ports.js";
import type { MeshPodOptions } from "./mesh-pod-options.js";
import { namesOf, volumes } from "./pod-plan.js";
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
  const gateway = options.virtualGateway !== undefined;
  const wrong = [...shapeViolations(given, at, isOpen, gateway)];
  yield* wrong;
  yield* controlPlaneViolations(options, isOpen);
  yield* proxyViolations("virtualNode", options);
  yield* proxyViolations("virtualGateway", options);
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
  yield* portViolations(pod, options, at, isOpen);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The parts that are looked into are what Kubernetes has there. */
function* shapeViolations(
  given: unknown,
  at: Path,
  isOpen: (path: Path) => boolean,
  gateway: boolean,
): Generator<Violation> {
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
    const needed = list === "containers" && !gateway;
    if (value === undefined && !needed) continue;
    if (!Array.isArray(value) || (needed && value.length === 0)) {
      yield violation(
        [...at, list],
        value,
        `a list${needed ? " with at least one container" : ""} is required.`,
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

function* proxyViolations(kind: ProxyKind, options: Options): Generator<Violation> {
  const { [kind]: reference, meshName } = options;
  if (reference === undefined) return;
  const read = readProxy(kind, reference);
  if (read === undefined || read.kind !== kind) {
    yield violation(
      [kind],
      reference,
      `${JSON.stringify(reference)} was given; the name of a ${proxyKinds[kind]}, its id MESH/NAME or its ARN is allowed.`,
    );
  } else if (read.mesh !== undefined && meshName !== undefined && read.mesh !== meshName) {
    yield violation(
      [kind],
      reference,
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
  const seenVolumes = new Set<string>();
  for (const [index, volume] of (pod.volumes ?? []).entries()) {
    const name = volume?.name;
    if (name === undefined) continue;
    const path = [...at, "volumes", index, "name"];
    if ((Object.values(volumes) as string[]).includes(name)) {
      yield violation(
        path,
        name,
        `${JSON.stringify(name)} was given; the mesh puts a volume of that name into the pod. Give it another name.`,
      );
    }
    if (seenVolumes.has(name))
      yield violation(
        path,
        name,
        `${JSON.stringify(name)} was given twice; each volume has a name of its own.`,
      );
    seenVolumes.add(name);
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
