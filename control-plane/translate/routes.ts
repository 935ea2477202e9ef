import type { GrpcRoute, HttpRoute, PortProtocol, RouteSpec } from "@pulumi-appmesh/model";
import type { RouteActionJson, RouteJson } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { Target } from "./clusters.js";
import type { Named } from "./entities.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { retryPolicy } from "./retries.js";
import { grpcMatch, httpMatch, type Refuse } from "./route-match.js";
import { requestTimeouts } from "./timeouts.js";

/** A target and its share of the traffic of a route. */
export interface Share {
  readonly target: Target;
  readonly weight: number;
}

/** The kind of route that the listeners of each protocol take. */
export function routeOf(spec: RouteSpec, protocol: PortProtocol): HttpRoute | GrpcRoute | undefined {
  switch (protocol) {
    case "http":
      return spec.httpRoute;
    case "http2":
      return spec.http2Route;
    case "grpc":
      return spec.grpcRoute;
    case "tcp":
      return undefined;
  }
}

/** One of Envoy's routes; undefined if Envoy would refuse it. */
export function route(
  mesh: Mesh,
  route: Named<RouteSpec>,
  shares: readonly Share[],
  refuse: Refuse,
): RouteJson | undefined {
  const { spec } = route;
  let refused = false;
  const kind = (["httpRoute", "http2Route", "grpcRoute"] as const).find((k) => spec[k] !== undefined);
  if (kind === undefined) return undefined;
  const refuseMatch: Refuse = (path, message) => {
    refused = true;
    refuse(`spec.${kind}.match.${path}`, `${message}; the route is left out`);
  };
  const match =
    spec.grpcRoute !== undefined
      ? grpcMatch(spec.grpcRoute.match, refuseMatch)
      : httpMatch((spec[kind] as HttpRoute).match, refuseMatch);
  if (refused) return undefined;

  const { timeout, retryPolicy: policy } = spec[kind] as HttpRoute | GrpcRoute;
  const retries = retryPolicy(mesh, policy);
  const destination = split(mesh, shares);
  if (destination === undefined) {
    refuse(`spec.${kind}.action.weightedTargets`, "all weights are 0: what the route takes gets 503");
    return {
      name: route.name,
      match,
      directResponse: answer(503, `all weights of route ${route.name} are 0`),
    };
  }
  return {
    name: route.name,
    match,
    route: { ...destination, ...requestTimeouts(timeout), ...(retries ? { retryPolicy: retries } : {}) },
  };
}

/** The clusters that share the traffic of a route; undefined if none has a share. */
function split(mesh: Mesh, shares: readonly Share[]): RouteActionJson | undefined {
  const weights = clusterShares(mesh, shares).filter(({ weight }) => weight > 0);
  const [first] = weights;
  if (first === undefined) return undefined;
  return weights.length === 1 ? { cluster: first.name } : { weightedClusters: { clusters: weights } };
}

/** Clusters by their weights. One that is named twice has both shares. */
export function clusterShares(
  mesh: Mesh,
  shares: readonly Share[],
): readonly { readonly name: string; readonly weight: number }[] {
  const weights = new Map<string, number>();
  for (const { target, weight } of shares) {
    const name = names.egressCluster(mesh.name, target.node, target.protocol, target.port);
    weights.set(name, (weights.get(name) ?? 0) + weight);
  }
  return [...weights].map(([name, weight]) => ({ name, weight }));
}

/** What Envoy answers by itself, with the reason for whoever reads it. */
export const answer = (status: number, reason: string) => ({ status, body: { inlineString: `${reason}\n` } });

/** Lets a client that asks for a tunnel speak with a cluster as it likes, for as long as both sides like. */
export const tunnel = (cluster: string): RouteJson => ({
  match: { connectMatcher: {} },
  route: {
    cluster,
    timeout: "0s",
    idleTimeout: "0s",
    upgradeConfigs: [{ upgradeType: "CONNECT", connectConfig: {} }],
  },
});
