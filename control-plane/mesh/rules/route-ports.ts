import type {
  GatewayRouteSpec,
  Kind,
  RouteSpec,
  Specs,
  VirtualGatewaySpec,
  VirtualRouterSpec,
} from "@pulumi-appmesh/model";
import { type Address, parentOf } from "../address.js";
import { MeshError } from "../errors.js";
import type { MeshState } from "../state.js";

/**
 * What has several listeners has to be told, by each of its routes, which port the route is for. The texts are App
 * Mesh's: people search for them.
 */
export function checkRoutePorts<K extends Kind>(state: MeshState, address: Address<K>, spec: Specs[K]): void {
  switch (address.kind) {
    case "route": {
      const router = state.get(parentOf(address) as Address<"virtualRouter">);
      if (!router || !isMultiListener(router.spec) || matchedPort(spec as RouteSpec) !== undefined) return;
      throw new MeshError(
        "BadRequestException",
        "Route must define a port match criteria if the Virtual Router has multiple listeners",
      );
    }
    case "gatewayRoute": {
      const gateway = state.get(parentOf(address) as Address<"virtualGateway">);
      if (!gateway || !isMultiListener(gateway.spec) || matchedPort(spec as GatewayRouteSpec) !== undefined)
        return;
      throw new MeshError(
        "BadRequestException",
        "Gateway route must define a match port if the parent Virtual Gateway has multiple listeners.",
      );
    }
    case "virtualRouter":
      if (isMultiListener(spec as VirtualRouterSpec)) {
        checkMatches("Route", "Virtual Router", state.children(address, "route").named());
      }
      return;
    case "virtualGateway":
      if (isMultiListener(spec as VirtualGatewaySpec)) {
        checkMatches("Gateway Route", "Virtual Gateway", state.children(address, "gatewayRoute").named());
      }
  }
}

function checkMatches(
  routes: string,
  parent: string,
  all: readonly { readonly name: string; readonly spec: RouteSpec | GatewayRouteSpec }[],
): void {
  const without = all.filter(({ spec }) => matchedPort(spec) === undefined).map(({ name }) => name);
  if (without.length === 0) return;
  throw new MeshError(
    "BadRequestException",
    `All ${routes}s for this ${parent} must define a port match before adding multiple listeners to this ${parent}. ` +
      `${without.length} ${routes}(s) are missing port. ` +
      `Listing up to 5 ${routes.toLowerCase()} names: [${without.slice(0, 5).join(", ")}]`,
  );
}

const isMultiListener = ({ listeners }: VirtualRouterSpec | VirtualGatewaySpec): boolean =>
  (listeners?.length ?? 0) > 1;

function matchedPort(spec: RouteSpec | GatewayRouteSpec): number | undefined {
  const { httpRoute, http2Route, grpcRoute, tcpRoute } = spec as RouteSpec;
  return (httpRoute ?? http2Route ?? grpcRoute ?? tcpRoute)?.match?.port;
}
