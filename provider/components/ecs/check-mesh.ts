import type { Violation } from "@pulumi-appmesh/model";
import { violation } from "../check.js";
import { type ProxyKind, proxyKinds, readProxy } from "../sidecar/proxy-name.js";
import { containerViolations } from "./check-containers.js";
import { envoyViolations, tracingViolations } from "./check-envoy.js";
import { interceptionViolations } from "./check-interception.js";
import { portViolations } from "./check-ports.js";
import { sizeViolations } from "./check-size.js";
import { Given } from "./given.js";

/**
 * What is wrong with container definitions and with options of a mesh that are of the right shape. What is not known
 * yet is skipped; it is looked at again once it is.
 */
export function* meshViolations(
  containerDefinitions: unknown,
  options: object,
  isUnknown: (value: unknown) => boolean = () => false,
): Generator<Violation> {
  const given = new Given(containerDefinitions, options, isUnknown);
  yield* proxyViolations(given);
  yield* controlPlaneViolations(given);
  yield* platformViolations(given);
  yield* interceptionViolations(given);
  yield* envoyViolations(given);
  yield* tracingViolations(given);
  yield* containerViolations(given);
  yield* portViolations(given);
  yield* sizeViolations(given);
}

function* proxyViolations(given: Given): Generator<Violation> {
  const { virtualNode, virtualGateway } = given.options;
  if (virtualNode !== undefined && virtualGateway !== undefined) {
    yield violation(
      ["virtualGateway"],
      virtualGateway,
      "virtualNode and virtualGateway were given; exactly one of them is allowed: a task has one Envoy.",
    );
  }
  const open = given.isOpen("virtualNode") || given.isOpen("virtualGateway");
  if (virtualNode === undefined && virtualGateway === undefined && !open) {
    yield violation(
      ["virtualNode"],
      undefined,
      "neither virtualNode nor virtualGateway was given; exactly one of them is required: what the task is one of.",
    );
  }
  if (virtualNode !== undefined) yield* referenceViolations("virtualNode", virtualNode, given);
  if (virtualGateway !== undefined) yield* referenceViolations("virtualGateway", virtualGateway, given);
}

function* referenceViolations(kind: ProxyKind, reference: string, given: Given): Generator<Violation> {
  const proxy = readProxy(kind, reference);
  const { meshName } = given.options;
  const said = `${JSON.stringify(reference)} was given`;
  const wanted = proxyKinds[kind];
  if (proxy === undefined) {
    yield violation(
      [kind],
      reference,
      `${said}; the name of a ${wanted}, its id MESH/NAME or its ARN is allowed.`,
    );
  } else if (proxy.kind !== kind) {
    yield violation(
      [kind],
      reference,
      `${said}, a ${proxyKinds[proxy.kind]}; a ${wanted} is allowed. Give it as ${proxy.kind}.`,
    );
  } else if (proxy.mesh !== undefined && meshName !== undefined && proxy.mesh !== meshName) {
    yield violation(
      [kind],
      reference,
      `${said}, a ${wanted} of the mesh ${JSON.stringify(proxy.mesh)}; one of the mesh ${JSON.stringify(meshName)} is ` +
        `allowed. Change meshName, or name another ${wanted}.`,
    );
  }
}

const ofTls = ["serverName", "trust", "trustFrom", "certificateFrom", "privateKeyFrom", "tokenFrom"] as const;

function* controlPlaneViolations(given: Given): Generator<Violation> {
  const { controlPlane = {}, envoy = {} } = given.options;
  const { plaintext, certificateFrom, privateKeyFrom, tokenFrom } = controlPlane;
  const tls = ofTls.filter((member) => controlPlane[member] !== undefined);
  if (plaintext === true && tls.length > 0) {
    yield violation(
      ["controlPlane", "plaintext"],
      true,
      `true was given beside ${tls.join(", ")}, which TLS is needed for. Leave it out, or leave them out.`,
    );
  }
  const [half, missing] =
    privateKeyFrom === undefined
      ? (["certificateFrom", "privateKeyFrom"] as const)
      : (["privateKeyFrom", "certificateFrom"] as const);
  if (
    (certificateFrom === undefined) !== (privateKeyFrom === undefined) &&
    !given.isOpen("controlPlane", missing)
  ) {
    yield violation(
      ["controlPlane", missing],
      undefined,
      `nothing was given; it is required beside ${half}: a certificate is shown with its key. Give it, or leave both out.`,
    );
  }
  if (tokenFrom !== undefined && certificateFrom !== undefined) {
    yield violation(
      ["controlPlane", "tokenFrom"],
      tokenFrom,
      "it was given beside certificateFrom; one of them is allowed: either proves who the proxy is. Leave one of both out.",
    );
  }
  if (envoy.variant !== "appMesh") return;
  for (const member of [...tls, ...(plaintext === true ? (["plaintext"] as const) : [])]) {
    yield violation(
      ["controlPlane", member],
      controlPlane[member],
      "it was given beside the envoy.variant appMesh, whose image always uses TLS, trusts the public authorities and " +
        "knows no other identity. Use the variant envoy, or leave it out.",
    );
  }
}

function* platformViolations({ options }: Given): Generator<Violation> {
  const { networkMode, requiresCompatibilities = [] } = options;
  if (networkMode !== undefined && networkMode !== "awsvpc") {
    yield violation(
      ["networkMode"],
      networkMode,
      `${JSON.stringify(networkMode)} was given; "awsvpc" is allowed: Envoy shares a network with its application and ` +
        "with nobody else. Leave it out.",
    );
  }
  const external = requiresCompatibilities.indexOf("EXTERNAL");
  if (external >= 0) {
    yield violation(
      ["requiresCompatibilities", external],
      "EXTERNAL",
      '"EXTERNAL" was given; "FARGATE", "EC2" and "MANAGED_INSTANCES" are allowed: machines elsewhere have no awsvpc ' +
        "network. Run appmesh sidecar on them.",
    );
  }
}
