import {
  accountId,
  GatewayRouteSpec,
  GatewayRouteTarget,
  GatewayRouteVirtualService,
  GrpcGatewayRouteAction,
  GrpcGatewayRouteMatch,
  HttpGatewayRouteAction,
  HttpGatewayRouteMatch,
  map,
  optional,
  required,
  resourceName,
  type StructureShape,
  string,
  structure,
  VirtualGatewaySpec,
} from "@pulumi-appmesh/model";
import type { ComponentType } from "../component.js";
import { componentTags } from "../tags.js";
import { gatewayRules } from "./check-gateway.js";

/** A kind of gateway route without its target, which the component makes from the virtual service. */
const withoutTarget = (name: string, doc: string, match: StructureShape, action: StructureShape) => {
  const { rewrite } = action.members;
  return structure(name, doc, {
    match: optional(match, "Which traffic the route takes. Unset, it takes all."),
    ...(rewrite && { rewrite: optional(rewrite.shape, rewrite.doc) }),
  });
};

export const GatewayHttpRoute = withoutTarget(
  "GatewayHttpRoute",
  "Which HTTP requests a route of a gateway takes, and what it rewrites in them.",
  HttpGatewayRouteMatch,
  HttpGatewayRouteAction,
);
export const GatewayGrpcRoute = withoutTarget(
  "GatewayGrpcRoute",
  "Which gRPC calls a route of a gateway takes, and what it rewrites in them.",
  GrpcGatewayRouteMatch,
  GrpcGatewayRouteAction,
);

const { virtualServiceName } = GatewayRouteVirtualService.members;
const { port } = GatewayRouteTarget.members;
const { priority } = GatewayRouteSpec.members;

/** One route of a `Gateway`. */
export const GatewayServiceRoute = structure(
  "GatewayServiceRoute",
  "A route of a gateway: the virtual service that it leads to, and which traffic it takes. At most one of httpRoute, " +
    "http2Route and grpcRoute is given; with none, it takes everything that the gateway's listeners receive.",
  {
    virtualServiceName: required(virtualServiceName.shape, virtualServiceName.doc),
    port: optional(port.shape, port.doc),
    priority: optional(
      priority.shape,
      "Order of the route among those of the gateway, 0 to 1000; 0 comes first. If unset, the route comes after those " +
        "that have one. Of equals, the more specific comes first.",
    ),
    httpRoute: optional(GatewayHttpRoute, "Match and rewrite of HTTP/1.1 requests."),
    http2Route: optional(GatewayHttpRoute, "Match and rewrite of HTTP/2 requests."),
    grpcRoute: optional(GatewayGrpcRoute, "Match and rewrite of gRPC calls."),
  },
  { of: ["httpRoute", "http2Route", "grpcRoute"], required: false },
);

export const gatewayInputs = {
  meshName: required(resourceName, "Name of the mesh."),
  meshOwner: optional(
    accountId,
    "Account that owns the mesh, twelve digits, if it is shared by another account.",
  ),
  virtualGatewayName: optional(
    resourceName,
    "Name of the virtual gateway, with which its proxies are started. Defaults to the component's name with -gateway.",
  ),
  ...VirtualGatewaySpec.members,
  routes: optional(
    map(GatewayServiceRoute),
    "The routes of the gateway, by name: which virtual service gets which traffic. The names are part of the gateway " +
      "routes' names.",
  ),
  tags: componentTags,
} as const;

/** A virtual gateway and its routes, as one. */
export const gateway: ComponentType = {
  name: "Gateway",
  doc: "A way into a mesh, whole: a virtual gateway and the gateway routes that lead from it to virtual services.",
  inputs: gatewayInputs,
  plain: ["routes"],
  outputs: {
    virtualGatewayName: required(
      resourceName,
      "Name of the virtual gateway. Its proxies are started with it.",
    ),
    gatewayRouteNames: required(map(string()), "Names of the gateway routes, by route."),
  },
  rules: gatewayRules,
  load: async () => (await import("./gateway.js")).Gateway,
};
