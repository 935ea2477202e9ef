import { grpcServiceName } from "../names.js";
import { type Infer, optional, required, string, structure } from "../shape.js";
import { GrpcTimeout } from "../timeout.js";
import { GrpcRouteMetadataList } from "./matchers.js";
import { defaultRetries, GrpcRetryPolicy } from "./retry-policy.js";
import { matchPort, weightedTargets } from "./weighted-target.js";

export const GrpcRouteMatch = structure(
  "GrpcRouteMatch",
  "Which calls a route takes: those that match everything that is given. With nothing given it takes every call.",
  {
    serviceName: optional(
      grpcServiceName,
      "Fully qualified name of the gRPC service, such as shop.v1.Catalog. If unset, any service matches.",
    ),
    methodName: optional(
      string({ minLength: 1, maxLength: 50 }),
      "Name of the method, 1 to 50 characters. It needs serviceName beside it. If unset, any method matches.",
    ),
    metadata: optional(
      GrpcRouteMetadataList,
      "Metadata entries that the call must have, 1 to 10. If unset, none is looked at.",
    ),
    port: matchPort,
  },
);
export type GrpcRouteMatch = Infer<typeof GrpcRouteMatch>;

export const GrpcRouteAction = structure("GrpcRouteAction", "Where a gRPC route sends its calls.", {
  weightedTargets,
});
export type GrpcRouteAction = Infer<typeof GrpcRouteAction>;

export const GrpcRoute = structure("GrpcRoute", "A route for gRPC.", {
  match: required(GrpcRouteMatch, "Which calls the route takes."),
  action: required(GrpcRouteAction, "Where it sends them."),
  timeout: optional(
    GrpcTimeout,
    "Time limits. If unset, the data plane applies 15 seconds to a request and 300 seconds to idleness.",
  ),
  retryPolicy: optional(GrpcRetryPolicy, `Which failed calls are tried again. ${defaultRetries}`),
});
export type GrpcRoute = Infer<typeof GrpcRoute>;
