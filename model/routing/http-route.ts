import { atMostOne, type Infer, optional, required, string, structure } from "../shape.js";
import { HttpTimeout } from "../timeout.js";
import { HttpMethod, HttpPathMatch, HttpQueryParameters, HttpRouteHeaders, HttpScheme } from "./matchers.js";
import { defaultRetries, HttpRetryPolicy } from "./retry-policy.js";
import { matchPort, weightedTargets } from "./weighted-target.js";

export const HttpRouteMatch = structure(
  "HttpRouteMatch",
  "Which requests a route takes: those that match everything that is given. At most one of prefix and path is given; with neither, every path matches.",
  {
    prefix: optional(
      string(),
      'What the path begins with. It starts with "/"; "/" alone matches every request.',
    ),
    path: optional(HttpPathMatch, "The whole path, as text or as a regular expression."),
    headers: optional(
      HttpRouteHeaders,
      "Headers that the request must have, 1 to 10. If unset, no header is looked at.",
    ),
    method: optional(HttpMethod, "The method. If unset, any method matches."),
    scheme: optional(HttpScheme, "The scheme, http or https. If unset, both match."),
    queryParameters: optional(
      HttpQueryParameters,
      "Query parameters that the request must have, 1 to 10. If unset, none is looked at.",
    ),
    port: matchPort,
  },
  atMostOne("prefix", "path"),
);
export type HttpRouteMatch = Infer<typeof HttpRouteMatch>;

export const HttpRouteAction = structure("HttpRouteAction", "Where an HTTP route sends its requests.", {
  weightedTargets,
});
export type HttpRouteAction = Infer<typeof HttpRouteAction>;

export const HttpRoute = structure("HttpRoute", "A route for HTTP or HTTP/2.", {
  match: required(HttpRouteMatch, "Which requests the route takes."),
  action: required(HttpRouteAction, "Where it sends them."),
  timeout: optional(
    HttpTimeout,
    "Time limits. If unset, the data plane applies 15 seconds to a request and 300 seconds to idleness.",
  ),
  retryPolicy: optional(HttpRetryPolicy, `Which failed requests are tried again. ${defaultRetries}`),
});
export type HttpRoute = Infer<typeof HttpRoute>;
