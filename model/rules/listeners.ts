import type { Duration } from "../duration.js";
import { formatPath } from "../violation.js";
import type { VirtualGatewaySpec } from "../virtual-gateway.js";
import type { VirtualNodeSpec } from "../virtual-node.js";
import type { VirtualRouterSpec } from "../virtual-router.js";
import type { Cursor } from "./cursor.js";

/** What the listeners of virtual nodes, routers and gateways have in common. */
interface AnyListener {
  readonly portMapping: { readonly port: number; readonly protocol: string };
}

interface AnyHealthCheck {
  readonly port?: number;
  readonly protocol: string;
}

export function virtualNodeRules(spec: Cursor<VirtualNodeSpec>): void {
  const listeners = spec.at("listeners").items();
  const serviceDiscovery = spec.at("serviceDiscovery");
  if (listeners.length > 0 && serviceDiscovery.isAbsent) {
    serviceDiscovery.report(
      "nothing was given; a virtual node with listeners needs it, so that callers find its endpoints. Give it, or " +
        "leave out the listeners.",
    );
  }
  for (const listener of listeners) {
    isOfProtocol(listener.at("connectionPool"), listener);
    isOfProtocol(listener.at("timeout"), listener);
    checksOwnPort(listener.at("healthCheck"), listener);
    isMoreThanZero(listener.at("outlierDetection").at("interval"));
    isMoreThanZero(listener.at("outlierDetection").at("baseEjectionDuration"));
  }
  haveDifferentPorts(listeners);
}

export function virtualRouterRules(spec: Cursor<VirtualRouterSpec>): void {
  haveDifferentPorts(spec.at("listeners").items());
}

export function virtualGatewayRules(spec: Cursor<VirtualGatewaySpec>): void {
  const listeners = spec.at("listeners").items();
  for (const listener of listeners) {
    isOfProtocol(listener.at("connectionPool"), listener);
    checksOwnPort(listener.at("healthCheck"), listener);
  }
  haveDifferentPorts(listeners);
}

/** Connection pools and timeouts have a member for each protocol; the one given is that of the listener. */
function isOfProtocol(settings: Cursor<object>, listener: Cursor<AnyListener>): void {
  const protocol = listener.at("portMapping").at("protocol").value;
  for (const [name, member] of settings.members()) {
    if (protocol !== undefined && name !== protocol) {
      member.report(`${name} was given; ${protocol} is allowed, the protocol of the listener's portMapping.`);
    }
  }
}

function checksOwnPort(healthCheck: Cursor<AnyHealthCheck>, listener: Cursor<AnyListener>): void {
  const portMapping = listener.at("portMapping");
  const own = portMapping.at("port").value;
  const port = healthCheck.at("port");
  if (own !== undefined && port.value !== undefined && port.value !== own) {
    port.report(
      `${port.value} was given; ${own} is allowed, the port of the listener's portMapping. Leave the member out to ` +
        "check that port.",
    );
  }
  // A gRPC health check is an HTTP/2 request: Envoy refuses it for endpoints that speak anything else.
  const protocol = healthCheck.at("protocol");
  const spoken = portMapping.at("protocol").value;
  if (protocol.value === "grpc" && (spoken === "http" || spoken === "tcp")) {
    protocol.report(
      `"grpc" was given, and the listener's portMapping has ${spoken}; a gRPC health check is allowed with http2 and grpc.`,
    );
  }
}

/** Two listeners on one port would contradict each other in one proxy. */
function haveDifferentPorts(listeners: readonly Cursor<AnyListener>[]): void {
  const first = new Map<number, Cursor<number>>();
  for (const listener of listeners) {
    const port = listener.at("portMapping").at("port");
    if (port.value === undefined) continue;
    const other = first.get(port.value);
    if (other === undefined) first.set(port.value, port);
    else {
      port.report(
        `${port.value} was given, as in ${formatPath(other.path)}; a port that no other listener has is allowed.`,
      );
    }
  }
}

function isMoreThanZero(duration: Cursor<Duration>): void {
  const count = duration.at("value");
  if (count.value === 0) count.report("0 was given; an integer of at least 1 is allowed here.");
}
