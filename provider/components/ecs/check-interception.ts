import type { Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { imageViolations } from "../image.js";
import { ignoredIpViolations } from "../networks.js";
import type { Partly } from "../partly.js";
import type { Given } from "./given.js";
import type { MeshOptions } from "./mesh-options.js";
import type { Mode } from "./plan.js";

type Interception = Partly<NonNullable<MeshOptions["interception"]>>;

/** The modes that a member is for. */
const modesOf = {
  egressIgnoredIps: ["proxyConfiguration", "initContainer"],
  egressIgnoredPorts: ["proxyConfiguration", "initContainer"],
  appPorts: ["explicit"],
  image: ["initContainer"],
} as const satisfies Partial<Record<keyof Interception, readonly Mode[]>>;

/** In a proxyConfiguration. An init container has as many rules as it needs. */
const mostIgnoredPorts = 15;

export function* interceptionViolations(given: Given): Generator<Violation> {
  const { interception, virtualGateway } = given.options;
  if (interception === undefined) return;
  if (virtualGateway !== undefined) {
    yield violation(
      ["interception"],
      interception,
      "it was given beside virtualGateway, which has no application whose traffic is taken. Leave it out.",
    );
    return;
  }
  const { mode } = given;
  if (mode === undefined) return;
  for (const [member, modes] of Object.entries(modesOf)) {
    const value = interception[member as keyof typeof modesOf];
    if (value === undefined || (modes as readonly string[]).includes(mode)) continue;
    yield violation(
      ["interception", member],
      value,
      `it was given beside the mode ${mode}; it is for ${modes.join(" and ")}. Leave it out, or change the mode.`,
    );
  }
  yield* ignoredIpViolations(["interception", "egressIgnoredIps"], interception.egressIgnoredIps);
  const ports = interception.egressIgnoredPorts ?? [];
  if (mode === "proxyConfiguration" && ports.length > mostIgnoredPorts) {
    yield violation(
      ["interception", "egressIgnoredPorts"],
      ports,
      `${ports.length} ports were given; ECS takes up to ${mostIgnoredPorts}. Give what is called on the others in ` +
        "egressIgnoredIps.",
    );
  }
  if (mode === "initContainer") yield* initContainerViolations(interception, given);
  if (mode === "explicit") yield* explicitViolations(interception, given);
}

function* initContainerViolations({ image }: Interception, given: Given): Generator<Violation> {
  if (given.fargate) {
    yield violation(
      ["interception", "mode"],
      "initContainer",
      '"initContainer" was given for Fargate, which grants no container NET_ADMIN; "proxyConfiguration" and "explicit" ' +
        'are allowed there. Or let requiresCompatibilities be ["EC2"].',
    );
  }
  if (image !== undefined) yield* imageViolations(["interception", "image"], image);
  else if (!given.isOpen("interception", "image")) {
    yield violation(
      ["interception", "image"],
      undefined,
      "nothing was given; it is required for initContainer: an image with sh and iptables, such as debian:13-slim after " +
        "apt-get install iptables, which docker build --target redirect makes of this project's Dockerfile. Give it, or let the mode be proxyConfiguration, which needs none.",
    );
  }
}

function* explicitViolations({ appPorts = {} }: Interception, given: Given): Generator<Violation> {
  const { envoy, listenerPorts } = given.options;
  if (envoy?.variant === "appMesh") {
    yield violation(
      ["interception", "mode"],
      "explicit",
      '"explicit" was given beside the envoy.variant appMesh, whose bootstrap cannot say so; "proxyConfiguration" is ' +
        "allowed with it. Or use the variant envoy.",
    );
  }
  if (given.isOpen("listenerPorts") || given.isOpen("interception", "appPorts")) return;
  if (listenerPorts === undefined) {
    yield violation(
      ["listenerPorts"],
      undefined,
      "nothing was given; it is required for explicit interception: the ports on which Envoy listens instead of the " +
        "application. An empty list says that the virtual node has no listener.",
    );
    return;
  }
  for (const port of listenerPorts) {
    if (port === undefined || appPorts[port] !== undefined) continue;
    yield violation(
      ["interception", "appPorts"],
      appPorts,
      `no port was given for the listener ${port}; it is required, since Envoy itself listens on ${port}. Give the port ` +
        `on 127.0.0.1 where the application listens, as {"${port}": ${other(port)}}.`,
    );
  }
  for (const [listener, port] of Object.entries(appPorts)) {
    if (!listenerPorts.some((known) => String(known) === listener)) {
      yield violation(
        ["interception", "appPorts", listener],
        port,
        `${JSON.stringify(listener)} is none of listenerPorts, which are ${listenerPorts.join(", ") || "none"}. ` +
          "Leave it out, or add it to listenerPorts.",
      );
    }
  }
}

const other = (port: number): number => (port > 60000 ? port - 1000 : port + 1000);
