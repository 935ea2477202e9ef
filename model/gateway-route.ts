import type { EntityType } from "./entity.js";
import { resourceName } from "./names.js";
import { GrpcGatewayRoute } from "./routing/grpc-gateway-route.js";
import { HttpGatewayRoute } from "./routing/http-gateway-route.js";
import { exactlyOne, type Infer, integer, optional, structure } from "./shape.js";

export const GatewayRouteSpec = structure(
  "GatewayRouteSpec",
  "Which traffic a gateway route takes and where it sends it. Exactly one of httpRoute, http2Route and grpcRoute is given.",
  {
    priority: optional(
      integer({ min: 0, max: 1000 }),
      "Order of the route among those of its virtual gateway, 0 to 1000; 0 comes first. If unset, the " +
        "route comes after those that have one. Of equals, the more specific comes first.",
    ),
    httpRoute: optional(HttpGatewayRoute, "A route for HTTP/1.1."),
    http2Route: optional(HttpGatewayRoute, "A route for HTTP/2."),
    grpcRoute: optional(GrpcGatewayRoute, "A route for gRPC."),
  },
  exactlyOne("httpRoute", "http2Route", "grpcRoute"),
);
export type GatewayRouteSpec = Infer<typeof GatewayRouteSpec>;

export const gatewayRouteType = {
  kind: "gatewayRoute",
  title: "GatewayRoute",
  doc: "A rule of a virtual gateway: which traffic from outside it takes, and which virtual service gets it.",
  nameMember: "gatewayRouteName",
  nameShape: resourceName,
  parent: "virtualGateway",
  collection: "gatewayRoutes",
  parentSegment: undefined,
  listMember: "gatewayRoutes",
  spec: GatewayRouteSpec,
  specRequired: true,
} as const satisfies EntityType;
