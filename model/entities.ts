import type { EntityType, Kind } from "./entity.js";
import { type GatewayRouteSpec, gatewayRouteType } from "./gateway-route.js";
import { type MeshSpec, meshType } from "./mesh.js";
import { type RouteSpec, routeType } from "./route.js";
import { type VirtualGatewaySpec, virtualGatewayType } from "./virtual-gateway.js";
import { type VirtualNodeSpec, virtualNodeType } from "./virtual-node.js";
import { type VirtualRouterSpec, virtualRouterType } from "./virtual-router.js";
import { type VirtualServiceSpec, virtualServiceType } from "./virtual-service.js";

/** Every kind of entity, in the order in which a mesh is built. */
export const entityTypes: Readonly<Record<Kind, EntityType>> = {
  mesh: meshType,
  virtualNode: virtualNodeType,
  virtualRouter: virtualRouterType,
  route: routeType,
  virtualService: virtualServiceType,
  virtualGateway: virtualGatewayType,
  gatewayRoute: gatewayRouteType,
};

/** The spec of each kind of entity. */
export interface Specs {
  readonly mesh: MeshSpec;
  readonly virtualNode: VirtualNodeSpec;
  readonly virtualRouter: VirtualRouterSpec;
  readonly route: RouteSpec;
  readonly virtualService: VirtualServiceSpec;
  readonly virtualGateway: VirtualGatewaySpec;
  readonly gatewayRoute: GatewayRouteSpec;
}
