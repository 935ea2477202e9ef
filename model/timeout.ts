import { Duration } from "./duration.js";
import { type Infer, optional, structure, union } from "./shape.js";

const perRequest = optional(
  Duration,
  "Longest time from the whole request to the whole response. 0 switches the limit off. If unset, the data plane " +
    "applies 15 seconds. A longer time takes effect only if the route and the listeners of the calling and of " +
    "the called virtual node all allow it.",
);

const idle = optional(
  Duration,
  "Longest time in which nothing is sent in either direction before the proxy closes. 0 switches the limit off. " +
    "If unset, the data plane applies 300 seconds.",
);

export const HttpTimeout = structure("HttpTimeout", "Time limits for HTTP and HTTP/2.", { perRequest, idle });
export type HttpTimeout = Infer<typeof HttpTimeout>;

export const GrpcTimeout = structure("GrpcTimeout", "Time limits for gRPC.", { perRequest, idle });
export type GrpcTimeout = Infer<typeof GrpcTimeout>;

export const TcpTimeout = structure("TcpTimeout", "Time limits for TCP.", { idle });
export type TcpTimeout = Infer<typeof TcpTimeout>;

export const ListenerTimeout = union(
  "ListenerTimeout",
  "Time limits of a listener. Exactly one member is given: that of the listener's protocol.",
  {
    http: optional(HttpTimeout, "For a listener whose protocol is http."),
    http2: optional(HttpTimeout, "For a listener whose protocol is http2."),
    grpc: optional(GrpcTimeout, "For a listener whose protocol is grpc."),
    tcp: optional(TcpTimeout, "For a listener whose protocol is tcp."),
  },
);
export type ListenerTimeout = Infer<typeof ListenerTimeout>;
