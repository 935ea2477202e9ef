import { grpcServiceName } from "../names.js";
import { type Infer, optional, required, structure } from "../shape.js";
import { GrpcGatewayRouteRewrite, target } from "./gateway-route-action.js";
import { gatewayMatchPort } from "./gateway-route-match.js";
import { GatewayRouteHostnameMatch, GrpcRouteMetadataList } from "./matchers.js";

export const GrpcGatewayRouteMatch = structure(
  "GrpcGatewayRouteMatch",
  "Which calls a gateway route takes: those that match everything that is given.",
  {
    serviceName: optional(
      grpcServiceName,
      "Fully qualified name of the gRPC service, such as shop.v1.Catalog. If unset, any service matches.",
    ),
    hostname: optional(GatewayRouteHostnameMatch, "The host name. If unset, any host name matches."),
    metadata: optional(
      GrpcRouteMetadataList,
      "Metadata entries that the call must have, 1 to 10. If unset, none is looked at.",
    ),
    port: gatewayMatchPort,
  },
);
export type GrpcGatewayRouteMatch = Infer<typeof GrpcGatewayRouteMatch>;

export const GrpcGatewayRouteAction = structure(
  "GrpcGatewayRouteAction",
  "What a gRPC gateway route does with its calls.",
  {
    target,
    rewrite: optional(
      GrpcGatewayRouteRewrite,
      "What is rewritten before. If unset, the host name is rewritten.",
    ),
  },
);
export type GrpcGatewayRouteAction = Infer<typeof GrpcGatewayRouteAction>;

export const GrpcGatewayRoute = structure("GrpcGatewayRoute", "A gateway route for gRPC.", {
  match: required(GrpcGatewayRouteMatch, "Which calls the route takes."),
  action: required(GrpcGatewayRouteAction, "What it does with them."),
});
export type GrpcGatewayRoute = Infer<typeof GrpcGatewayRoute>;
