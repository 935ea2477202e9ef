import type { GatewayRouteSpec } from "@pulumi-appmesh/model";
import type { Reading } from "../rule.js";
import { namesEvents, requestRoute, serviceName, weightedTargets } from "../rules/common.js";
import type { AnyEntity, Entity } from "./entity.js";
import type { MeshGraph } from "./graph.js";

/** What one virtual node or gateway sends to a virtual node, and how often for one request, at most. */
export interface Call {
  readonly to: Entity;
  readonly attempts: number;
}

/** A request is tried three times where nobody says otherwise: App Mesh's default, and the data plane's. */
export const defaultAttempts = 3;

/**
 * Who sends to whom, by way of virtual services, routers and routes. Only those that send are in it. What is not known of
 * them yet is left out.
 */
export function callGraph(mesh: MeshGraph, reading: Reading): ReadonlyMap<Entity, readonly Call[]> {
  const toService = new Map<string, readonly Call[]>();
  const callsTo = (service: string): readonly Call[] => {
    let calls = toService.get(service);
    if (calls === undefined) {
      calls = targets(mesh, service, reading);
      toService.set(service, calls);
    }
    return calls;
  };
  const graph = new Map<Entity, readonly Call[]>();
  for (const entity of mesh.entities) {
    const calls = [...called(mesh, entity, reading)].flatMap(callsTo);
    if (calls.length > 0) graph.set(entity, calls);
  }
  return graph;
}

/** Names of the virtual services that a virtual node or gateway calls. */
function called(mesh: MeshGraph, entity: AnyEntity, reading: Reading): ReadonlySet<string> {
  const names = new Set<string>();
  if (entity.kind === "virtualNode") {
    reading.each(
      entity,
      () => entity.spec.backends,
      ({ virtualService }) => {
        if (virtualService) names.add(serviceName(virtualService.virtualServiceName));
      },
    );
  }
  if (entity.kind === "virtualGateway") {
    for (const gatewayRoute of mesh.below("gatewayRoute", ...entity.names)) {
      const name = reading.known(gatewayRoute, () => serviceOf(gatewayRoute.spec));
      if (name !== undefined) names.add(name);
    }
  }
  return names;
}

/** The virtual service that a gateway route leads to. */
export function serviceOf({ httpRoute, http2Route, grpcRoute }: GatewayRouteSpec): string | undefined {
  const route = httpRoute ?? http2Route ?? grpcRoute;
  return route && serviceName(route.action.target.virtualService.virtualServiceName);
}

function targets(mesh: MeshGraph, name: string, { known, each }: Reading): readonly Call[] {
  const service = mesh.get("virtualService", name);
  const provider = service && known(service, () => providerOf(service));
  if (provider?.node !== undefined) {
    const node = mesh.get("virtualNode", provider.node);
    const attempts = node && known(node, () => (isTcp(node) ? 1 : defaultAttempts));
    return attempts === undefined ? [] : [{ to: node as Entity, attempts }];
  }
  if (provider?.router === undefined) return [];
  const most = new Map<Entity, number>();
  for (const route of mesh.below("route", provider.router)) {
    const attempts = known(route, () => attemptsOf(route));
    each(
      route,
      () => weightedTargets(route.spec),
      ({ virtualNode, weight }) => {
        const node = weight > 0 ? mesh.get("virtualNode", virtualNode) : undefined;
        if (node && attempts !== undefined) most.set(node, Math.max(attempts, most.get(node) ?? 0));
      },
    );
  }
  return [...most].map(([to, attempts]) => ({ to, attempts }));
}

const providerOf = ({ spec }: Entity<"virtualService">) => ({
  node: spec.provider?.virtualNode?.virtualNodeName,
  router: spec.provider?.virtualRouter?.virtualRouterName,
});

/** Connections are not tried again. */
const isTcp = ({ spec: { listeners = [] } }: Entity<"virtualNode">): boolean =>
  listeners.length > 0 && listeners.every(({ portMapping }) => portMapping.protocol === "tcp");

function attemptsOf({ spec }: Entity<"route">): number {
  const request = requestRoute(spec);
  if (request === undefined) return 1;
  const policy = request.route.retryPolicy;
  if (policy === undefined) return defaultAttempts;
  return namesEvents(policy) ? policy.maxRetries + 1 : 1;
}
