import type { Listener, PortProtocol, RouteSpec, VirtualServiceSpec } from "@pulumi-appmesh/model";
import type { Address } from "../../mesh/address.js";
import type { Finding } from "../diagnostic.js";
import { gatewayTargetOf, routeKind, targetsOf, type WholeMesh } from "../whole-mesh.js";
import { DEFAULT_PER_REQUEST, millis, say } from "./durations.js";

/** Whether what routes send to is there, on that port and in that protocol, and for as long as the route allows. */
export async function* targets(mesh: WholeMesh): AsyncIterable<Finding> {
  for await (const { address, spec } of mesh.routes()) {
    const kind = routeKind(spec);
    if (kind === undefined) continue;
    const weighted = targetsOf(spec);
    if (weighted.every(({ weight }) => weight === 0)) {
      yield {
        code: "ZeroWeights",
        address,
        path: `${kind.path}.action.weightedTargets`,
        message: `all weights are 0: ${kind.protocol === "tcp" ? "connections are closed" : "what the route takes gets 503"}`,
        remedy: "Give a target a weight of more than 0, or delete the route.",
      };
    }
    for (const [i, { virtualNode, port }] of weighted.entries()) {
      const node = mesh.get("virtualNode", virtualNode);
      if (!node) continue;
      const path = `${kind.path}.action.weightedTargets[${i}]`;
      const listeners = node.spec.listeners ?? [];
      const who = `virtual node ${virtualNode}`;
      const listener = yield* theListener(
        address,
        path,
        who,
        listeners,
        port,
        calledPorts(mesh, address, spec),
      );
      if (listener === undefined) continue;
      yield* protocolFits(address, path, who, kind.protocol, listener);
      yield* timeFits(address, kind.path, who, kind.protocol, spec, listener);
    }
  }
  for await (const { address, spec } of mesh.gatewayRoutes()) {
    const target = gatewayTargetOf(spec);
    const service = target && mesh.get("virtualService", target.virtualService.virtualServiceName);
    if (!target || !service) continue;
    const path = `${routeKind(spec)?.path}.action.target`;
    const who = `virtual service ${target.virtualService.virtualServiceName}`;
    const listeners = listenersOf(mesh, service.spec);
    if (listeners !== undefined) yield* theListener(address, path, who, listeners, target.port, []);
  }
}

type HasPort = { readonly portMapping: { readonly port: number } };

/** The listener to which traffic goes, of those that a target has; undefined if none does. */
function* theListener<L extends HasPort>(
  address: Address,
  path: string,
  who: string,
  listeners: readonly L[],
  port: number | undefined,
  called: readonly number[],
): Generator<Finding, L | undefined> {
  const ports = listeners.map(({ portMapping }) => portMapping.port);
  if (port !== undefined) {
    const found = listeners[ports.indexOf(port)];
    if (found) return found;
    const has = ports.length === 0 ? "it listens on none" : `it listens on ${ports.join(", ")}`;
    yield {
      code: "TargetPort",
      address,
      path,
      message: `${who} does not listen on port ${port} (${has}): what is sent there gets 503`,
      remedy: "Send to a port that it listens on, or give it a listener on this one.",
    };
    return undefined;
  }
  if (ports.length === 0) {
    yield {
      code: "TargetPort",
      address,
      path,
      message: `${who} has no listener: what is sent there gets 503`,
      remedy: "Give it a listener.",
    };
    return undefined;
  }
  if (ports.length === 1) return listeners[0];
  if (called.length > 0 && called.every((one) => ports.includes(one)))
    return listeners[ports.indexOf(called[0] as number)];
  yield {
    code: "TargetPortUnclear",
    address,
    path,
    message: `${who} listens on several ports, ${ports.join(", ")}, and the target names none: traffic goes to port ${ports[0]}`,
    remedy: "Name the port in the target.",
  };
  return listeners[0];
}

/** The ports of a router at which a route is called. */
function calledPorts(mesh: WholeMesh, address: Address<"route">, spec: RouteSpec): readonly number[] {
  const kind = routeKind(spec);
  if (kind?.match.port !== undefined) return [kind.match.port];
  const router = mesh.routerOf(address);
  return (router?.spec.listeners ?? [])
    .filter(({ portMapping }) => portMapping.protocol === kind?.protocol)
    .map(({ portMapping }) => portMapping.port);
}

/** What a virtual service listens on; undefined where that is for another rule to say, or depends on routes. */
function listenersOf(mesh: WholeMesh, { provider }: VirtualServiceSpec): readonly HasPort[] | undefined {
  if (provider?.virtualNode) {
    const node = mesh.get("virtualNode", provider.virtualNode.virtualNodeName);
    return node && (node.spec.listeners ?? []);
  }
  const router =
    provider?.virtualRouter && mesh.get("virtualRouter", provider.virtualRouter.virtualRouterName);
  return router?.spec.listeners?.length ? router.spec.listeners : undefined;
}

/** As Envoy speaks to an endpoint: HTTP/2 to http2 and grpc listeners, HTTP/1.1 to all others. */
function* protocolFits(
  address: Address,
  path: string,
  who: string,
  protocol: PortProtocol,
  { portMapping }: Listener,
): Iterable<Finding> {
  const spoken = portMapping.protocol;
  if (spoken === protocol || (isHttp2(spoken) && isHttp2(protocol))) return;
  const where = `${who} speaks ${spoken} on port ${portMapping.port}, and the route is for ${protocol}`;
  const remedy = "Give the listener and the route the same protocol.";
  if (isHttp2(protocol) && (spoken === "tcp" || protocol === "grpc")) {
    const message = `${where}: it is sent HTTP/1.1, in which ${protocol === "grpc" ? "gRPC" : "HTTP/2"} calls fail`;
    yield { code: "TargetProtocol", address, path, message, remedy };
  } else {
    const message = `${where}: what it is sent is ${isHttp2(spoken) && protocol !== "tcp" ? "HTTP/2" : protocol === "tcp" ? "what the client sends" : "HTTP/1.1"}`;
    yield { code: "TargetProtocolDiffers", address, path, message, remedy };
  }
}

const isHttp2 = (protocol: PortProtocol) => protocol === "http2" || protocol === "grpc";

/** A request's time is cut short by whoever allows it least. 0 means as long as it takes. */
function* timeFits(
  address: Address,
  path: string,
  who: string,
  protocol: PortProtocol,
  { httpRoute, http2Route, grpcRoute }: RouteSpec,
  { timeout, portMapping }: Listener,
): Iterable<Finding> {
  const asked = (httpRoute ?? http2Route ?? grpcRoute)?.timeout?.perRequest;
  if (asked === undefined || protocol === "tcp" || portMapping.protocol === "tcp") return;
  const own = timeout?.[portMapping.protocol]?.perRequest;
  const allowed = own ?? DEFAULT_PER_REQUEST;
  if (millis(allowed) >= millis(asked)) return;
  yield {
    code: "TimeoutCutShort",
    address,
    path: `${path}.timeout.perRequest`,
    message:
      `the route allows a request ${say(asked)}, but the listener of ${who} on port ${portMapping.port} allows ` +
      `${say(allowed)}${own ? "" : ", the default"}: requests end after that`,
    remedy: `Set timeout.${portMapping.protocol}.perRequest of the listener to as much.`,
  };
}
