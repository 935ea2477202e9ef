import type { Kind, RouteSpec, Specs, VirtualRouterSpec } from "@pulumi-appmesh/model";
import { type Address, parentOf } from "../address.js";
import { MeshError } from "../errors.js";
import type { MeshState } from "../state.js";

/** A router with several listeners has to be told, by each of its routes, which port the route is for. */
export function checkRoutePorts<K extends Kind>(state: MeshState, address: Address<K>, spec: Specs[K]): void {
  if (address.kind === "route") {
    const router = state.get(parentOf(address) as Address<"virtualRouter">);
    if (router && isMultiListener(router.spec) && matchedPort(spec as RouteSpec) === undefined) {
      throw new MeshError(
        "BadRequestException",
        "Route must define a port match criteria if the Virtual Router has multiple listeners",
      );
    }
  }
  if (address.kind === "virtualRouter" && isMultiListener(spec as VirtualRouterSpec)) {
    const routes = state.children(address, "route").named();
    const without = routes.filter((route) => matchedPort(route.spec) === undefined).map(({ name }) => name);
    if (without.length > 0) {
      throw new MeshError(
        "BadRequestException",
        "All Routes for this Virtual Router must define a port match before adding multiple listeners. " +
          `Without one: ${without.join(", ")}`,
      );
    }
  }
}

const isMultiListener = ({ listeners }: VirtualRouterSpec): boolean => (listeners?.length ?? 0) > 1;

function matchedPort({ httpRoute, http2Route, grpcRoute, tcpRoute }: RouteSpec): number | undefined {
  return (httpRoute ?? http2Route ?? grpcRoute ?? tcpRoute)?.match?.port;
}
