import type { GatewayRouteSpec, Kind, RouteSpec, Specs, VirtualServiceSpec } from "@pulumi-appmesh/model";

/** The entities of its mesh that must exist for this one, by kind and name. */
export function* references(kind: Kind, spec: Specs[Kind]): Iterable<[Kind, string]> {
  if (kind === "route") for (const name of targetsOf(spec as RouteSpec)) yield ["virtualNode", name];
  if (kind === "virtualService") {
    const { provider } = spec as VirtualServiceSpec;
    if (provider?.virtualNode) yield ["virtualNode", provider.virtualNode.virtualNodeName];
    if (provider?.virtualRouter) yield ["virtualRouter", provider.virtualRouter.virtualRouterName];
  }
  if (kind === "gatewayRoute") {
    const { httpRoute, http2Route, grpcRoute } = spec as GatewayRouteSpec;
    const route = httpRoute ?? http2Route ?? grpcRoute;
    if (route) yield ["virtualService", route.action.target.virtualService.virtualServiceName];
  }
}

function targetsOf({ httpRoute, http2Route, grpcRoute, tcpRoute }: RouteSpec): Set<string> {
  const route = httpRoute ?? http2Route ?? grpcRoute ?? tcpRoute;
  return new Set(route?.action.weightedTargets.map(({ virtualNode }) => virtualNode));
}
