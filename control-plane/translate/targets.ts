import type { PortProtocol, RouteSpec, VirtualNodeSpec, WeightedTarget } from "@pulumi-appmesh/model";
import type { Target } from "./clusters.js";
import type { Named } from "./entities.js";
import { memo } from "./memo.js";

/** What stands for an entity that does not exist where an object is needed. */
export const ABSENT = Object.freeze({});
export type Absent = typeof ABSENT;
export const orAbsent = <T extends object>(value: T | undefined): T | Absent => value ?? ABSENT;
export const unlessAbsent = <T extends object>(value: T | Absent): T | undefined =>
  value === ABSENT ? undefined : (value as T);

/** A listener of a virtual node as a target. The same object for the same listener. */
export const listenerTarget = memo((spec: VirtualNodeSpec, node: string, index: number): Target => {
  const listener = spec.listeners?.[index];
  if (listener === undefined) throw new RangeError(`virtual node ${node} has no listener ${index}`);
  const { protocol, port } = listener.portMapping;
  return { node, protocol, port, found: { spec, listener, index } };
});

/**
 * The listener to which a weighted target of a route sends. Where the target names no port: the node's only
 * listener, else the one on the port that was called, else its first. `message` tells what could not be had.
 */
export function routeTarget(
  target: WeightedTarget,
  spec: VirtualNodeSpec | undefined,
  protocol: PortProtocol,
  calledPort: number,
): { readonly target: Target; readonly message?: string } {
  const node = target.virtualNode;
  const missing: Target = { node, protocol, port: target.port ?? calledPort };
  if (spec === undefined) {
    return {
      target: missing,
      message: `virtual node ${node} does not exist: its share of the traffic gets 503`,
    };
  }
  const ports = (spec.listeners ?? []).map((listener) => listener.portMapping.port);
  if (target.port !== undefined) {
    const index = ports.indexOf(target.port);
    if (index >= 0) return { target: listenerTarget(spec, node, index) };
    return {
      target: missing,
      message: `virtual node ${node} has no listener on port ${target.port}: its share of the traffic gets 503`,
    };
  }
  if (ports.length === 0) {
    return {
      target: missing,
      message: `virtual node ${node} has no listener: its share of the traffic gets 503`,
    };
  }
  if (ports.length === 1) return { target: listenerTarget(spec, node, 0) };
  const same = ports.indexOf(calledPort);
  if (same >= 0) return { target: listenerTarget(spec, node, same) };
  return {
    target: listenerTarget(spec, node, 0),
    message: `virtual node ${node} has several listeners: traffic goes to port ${ports[0]}; name one with port`,
  };
}

/** Where a route sends, whatever its kind. */
export function weightedTargets(spec: RouteSpec): readonly WeightedTarget[] {
  const route = spec.httpRoute ?? spec.http2Route ?? spec.grpcRoute ?? spec.tcpRoute;
  return route?.action.weightedTargets ?? [];
}

/** The virtual nodes to which the routes of a virtual router send. */
export const targetNodes = memo((routes: readonly Named<RouteSpec>[]): readonly string[] => [
  ...new Set(routes.flatMap((route) => weightedTargets(route.spec).map((target) => target.virtualNode))),
]);
