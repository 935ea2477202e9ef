import { atMostOne, type Infer, optional, required, string, structure } from "../shape.js";
import { HttpGatewayRouteRewrite, target } from "./gateway-route-action.js";
import { gatewayMatchPort } from "./gateway-route-match.js";
import {
  GatewayRouteHostnameMatch,
  HttpMethod,
  HttpPathMatch,
  HttpQueryParameters,
  HttpRouteHeaders,
} from "./matchers.js";

export const HttpGatewayRouteMatch = structure(
  "HttpGatewayRouteMatch",
  "Which requests a gateway route takes: those that match everything that is given. At most one of prefix and path is given; with neither, every path matches.",
  {
    prefix: optional(
      string(),
      'What the path begins with. It starts with "/"; "/" alone matches every request.',
    ),
    path: optional(HttpPathMatch, "The whole path, as text or as a regular expression."),
    hostname: optional(GatewayRouteHostnameMatch, "The host name. If unset, any host name matches."),
    headers: optional(
      HttpRouteHeaders,
      "Headers that the request must have, 1 to 10. If unset, no header is looked at.",
    ),
    method: optional(HttpMethod, "The method. If unset, any method matches."),
    queryParameters: optional(
      HttpQueryParameters,
      "Query parameters that the request must have, 1 to 10. If unset, none is looked at.",
    ),
    port: gatewayMatchPort,
  },
  atMostOne("prefix", "path"),
);
export type HttpGatewayRouteMatch = Infer<typeof HttpGatewayRouteMatch>;

export const HttpGatewayRouteAction = structure(
  "HttpGatewayRouteAction",
  "What an HTTP gateway route does with its requests.",
  {
    target,
    rewrite: optional(
      HttpGatewayRouteRewrite,
      "What is rewritten before. If unset, host name and prefix are rewritten.",
    ),
  },
);
export type HttpGatewayRouteAction = Infer<typeof HttpGatewayRouteAction>;

export const HttpGatewayRoute = structure("HttpGatewayRoute", "A gateway route for HTTP or HTTP/2.", {
  match: required(HttpGatewayRouteMatch, "Which requests the route takes."),
  action: required(HttpGatewayRouteAction, "What it does with them."),
});
export type HttpGatewayRoute = Infer<typeof HttpGatewayRoute>;
