import { requestRoute, serviceName, weightedTargets } from "../rules/common.js";
import type { Entity } from "./entity.js";
import type { MeshGraph } from "./graph.js";

/** What one virtual node or gateway sends to a virtual node, and how often for one request, at most. */
export interface Call {
  readonly to: Entity;
  readonly attempts: number;
}

/** A request is tried three times where nobody says otherwise: App Mesh's default, and the data plane's. */
export const defaultAttempts = 3;

/** Who sends to whom, by way of virtual services, routers and routes. Only those that send are in it. */
export function callGraph(mesh: MeshGraph): ReadonlyMap<Entity, readonly Call[]> {
  const toService = new Map<string, readonly Call[]>();
  const callsTo = (service: string): readonly Call[] => {
    let calls = toService.get(service);
    if (calls === undefined) {
      calls = targets(mesh, service);
      toService.set(service, calls);
    }
    return calls;
  };
  const graph = new Map<Entity, readonly Call[]>();
  for (const entity of mesh.entities) {
    const services =
      entity.kind === "virtualNode"
        ? (entity.spec.backends ?? []).flatMap(({ virtualService }) =>
            virtualService ? [serviceName(virtualService.virtualServiceName)] : [],
          )
        : entity.kind === "virtualGateway"
          ? mesh.below("gatewayRoute", ...entity.names).flatMap(({ spec }) => {
              const route = spec.httpRoute ?? spec.http2Route ?? spec.grpcRoute;
              return route ? [route.action.target.virtualService.virtualServiceName] : [];
            })
          : [];
    const calls = [...new Set(services)].flatMap(callsTo);
    if (calls.length > 0) graph.set(entity, calls);
  }
  return graph;
}

function targets(mesh: MeshGraph, service: string): readonly Call[] {
  const provider = mesh.get("virtualService", service)?.spec.provider;
  if (provider?.virtualNode) {
    const node = mesh.get("virtualNode", provider.virtualNode.virtualNodeName);
    return node ? [{ to: node, attempts: defaultAttempts }] : [];
  }
  if (!provider?.virtualRouter) return [];
  const most = new Map<Entity, number>();
  for (const { spec } of mesh.below("route", provider.virtualRouter.virtualRouterName)) {
    const request = requestRoute(spec);
    const policy = request?.route.retryPolicy;
    const attempts =
      request === undefined ? 1 : policy === undefined ? defaultAttempts : policy.maxRetries + 1;
    for (const { virtualNode, weight } of weightedTargets(spec)) {
      const node = weight > 0 ? mesh.get("virtualNode", virtualNode) : undefined;
      if (node) most.set(node, Math.max(attempts, most.get(node) ?? 0));
    }
  }
  return [...most].map(([to, attempts]) => ({ to, attempts }));
}
