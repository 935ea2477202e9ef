import type { EntityType } from "./entity.js";
import { resourceName } from "./names.js";
import { GrpcRoute } from "./routing/grpc-route.js";
import { HttpRoute } from "./routing/http-route.js";
import { TcpRoute } from "./routing/tcp-route.js";
import { exactlyOne, type Infer, integer, optional, structure } from "./shape.js";

export const RouteSpec = structure(
  "RouteSpec",
  "Which traffic a route takes and where it sends it. Exactly one of httpRoute, http2Route, grpcRoute and tcpRoute is given.",
  {
    priority: optional(
      integer({ min: 0, max: 1000 }),
      "Order of the route among those of its virtual router, 0 to 1000; 0 comes first. If unset, the " +
        "route comes after those that have one. Of equals, the more specific comes first.",
    ),
    httpRoute: optional(HttpRoute, "A route for HTTP/1.1."),
    http2Route: optional(HttpRoute, "A route for HTTP/2."),
    grpcRoute: optional(GrpcRoute, "A route for gRPC."),
    tcpRoute: optional(TcpRoute, "A route for TCP."),
  },
  exactlyOne("httpRoute", "http2Route", "grpcRoute", "tcpRoute"),
);
export type RouteSpec = Infer<typeof RouteSpec>;

export const routeType = {
  kind: "route",
  title: "Route",
  doc: "A rule of a virtual router: which traffic it takes, and which virtual nodes get it in which shares.",
  nameMember: "routeName",
  nameShape: resourceName,
  parent: "virtualRouter",
  collection: "routes",
  parentSegment: undefined,
  listMember: "routes",
  spec: RouteSpec,
  specRequired: true,
} as const satisfies EntityType;
