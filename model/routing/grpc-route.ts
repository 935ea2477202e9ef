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
      "Fully qualified name of the gRPC service, such as shop.v1.Catalog.",
    ),
    methodName: optional(
      string({ minLength: 1, maxLength: 50 }),
      "Name of the method, 1 to 50 characters. serviceName must be given as well.",
    ),
    metadata: optional(GrpcRouteMetadataList, "Metadata entries that the call must have, 1 to 10."),
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
  timeout: optional(GrpcTimeout, "Time limits. Unset, those of gRPC apply."),
  retryPolicy: optional(GrpcRetryPolicy, `Which failed calls are tried again. ${defaultRetries}`),
});
export type GrpcRoute = Infer<typeof GrpcRoute>;
