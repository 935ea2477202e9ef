import { Duration } from "../duration.js";
import { enumeration, type Infer, integer, list, optional, required, structure } from "../shape.js";

export const HttpRetryPolicyEvent = enumeration(
  "HttpRetryPolicyEvent",
  "An HTTP failure after which a request is tried again.",
  {
    "server-error": "Status 500, 501, 502, 503, 504, 505, 506, 507, 508, 510 or 511, or no response at all.",
    "gateway-error": "Status 502, 503 or 504, or no response at all.",
    "client-error": "Status 409.",
    "stream-error": "The endpoint refused the stream.",
  },
);
export type HttpRetryPolicyEvent = Infer<typeof HttpRetryPolicyEvent>;

export const TcpRetryPolicyEvent = enumeration(
  "TcpRetryPolicyEvent",
  "A TCP failure after which a request is tried again.",
  {
    "connection-error": "No connection could be made, so that no request was processed.",
  },
);
export type TcpRetryPolicyEvent = Infer<typeof TcpRetryPolicyEvent>;

export const GrpcRetryPolicyEvent = enumeration(
  "GrpcRetryPolicyEvent",
  "A gRPC status after which a call is tried again.",
  {
    cancelled: "CANCELLED.",
    "deadline-exceeded": "DEADLINE_EXCEEDED.",
    internal: "INTERNAL.",
    "resource-exhausted": "RESOURCE_EXHAUSTED.",
    unavailable: "UNAVAILABLE.",
  },
);
export type GrpcRetryPolicyEvent = Infer<typeof GrpcRetryPolicyEvent>;

const common = {
  maxRetries: required(
    integer({ min: 0, max: 4294967295 }),
    "Most retries of one request, 0 to 4294967295. 0 switches retries off.",
  ),
  perRetryTimeout: required(
    Duration,
    "Time limit of each attempt, the first included. 0 means the route's own limit.",
  ),
  httpRetryEvents: optional(
    list(HttpRetryPolicyEvent, { minItems: 1, maxItems: 25 }),
    "HTTP failures after which a request is tried again, 1 to 25 of server-error, gateway-error, client-error and " +
      "stream-error. If unset, none of them.",
  ),
  tcpRetryEvents: optional(
    list(TcpRetryPolicyEvent, { minItems: 1, maxItems: 1 }),
    "TCP failures after which a request is tried again: exactly 1, connection-error. If unset, none.",
  ),
};

export const HttpRetryPolicy = structure(
  "HttpRetryPolicy",
  "Which failed requests are tried again, how often and for how long. Without any event none is.",
  common,
);
export type HttpRetryPolicy = Infer<typeof HttpRetryPolicy>;

export const GrpcRetryPolicy = structure(
  "GrpcRetryPolicy",
  "Which failed calls are tried again, how often and for how long. Without any event none is.",
  {
    ...common,
    grpcRetryEvents: optional(
      list(GrpcRetryPolicyEvent, { minItems: 1, maxItems: 5 }),
      "gRPC statuses after which a call is tried again, 1 to 5 of cancelled, deadline-exceeded, internal, " +
        "resource-exhausted and unavailable. If unset, none of them.",
    ),
  },
);
export type GrpcRetryPolicy = Infer<typeof GrpcRetryPolicy>;

export const defaultRetries =
  "If unset, the data plane tries twice more when no connection could be made, the stream was refused or reset, or the " +
  "answer was status 503 or gRPC status UNAVAILABLE.";
