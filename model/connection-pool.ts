import { type Infer, integer, optional, required, structure, union } from "./shape.js";

/** Envoy counts connections and requests in 32 bits; the contract's integer is signed. */
const count = integer({ min: 1, max: 2147483647 });

const maxConnections = required(
  count,
  "Most connections that the proxy opens to the application at the same time, 1 to 2147483647.",
);
const maxRequests = required(
  count,
  "Most requests that the proxy has open with the application at the same time, 1 to 2147483647. Further requests are " +
    "answered with an overload error.",
);

export const HttpConnectionPool = structure("HttpConnectionPool", "Limits of a listener for HTTP/1.1.", {
  maxConnections,
  maxPendingRequests: optional(
    count,
    "Most requests that wait for a connection once all are in use, 1 to 2147483647. Further requests are answered with " +
      "an overload error. If unset, the data plane applies 2147483647.",
  ),
});
export type HttpConnectionPool = Infer<typeof HttpConnectionPool>;

export const Http2ConnectionPool = structure("Http2ConnectionPool", "Limits of a listener for HTTP/2.", {
  maxRequests,
});
export type Http2ConnectionPool = Infer<typeof Http2ConnectionPool>;

export const GrpcConnectionPool = structure("GrpcConnectionPool", "Limits of a listener for gRPC.", {
  maxRequests,
});
export type GrpcConnectionPool = Infer<typeof GrpcConnectionPool>;

export const TcpConnectionPool = structure("TcpConnectionPool", "Limits of a listener for TCP.", {
  maxConnections,
});
export type TcpConnectionPool = Infer<typeof TcpConnectionPool>;

const http = optional(HttpConnectionPool, "For a listener whose protocol is http.");
const http2 = optional(Http2ConnectionPool, "For a listener whose protocol is http2.");
const grpc = optional(GrpcConnectionPool, "For a listener whose protocol is grpc.");

export const VirtualNodeConnectionPool = union(
  "VirtualNodeConnectionPool",
  "How much a listener lets through to the application at the same time. Exactly one member is given: that of the " +
    "listener's protocol.",
  { http, http2, grpc, tcp: optional(TcpConnectionPool, "For a listener whose protocol is tcp.") },
);
export type VirtualNodeConnectionPool = Infer<typeof VirtualNodeConnectionPool>;

export const VirtualGatewayConnectionPool = union(
  "VirtualGatewayConnectionPool",
  "How much a listener of a virtual gateway lets into the mesh at the same time. Exactly one member is given: that " +
    "of the listener's protocol.",
  { http, http2, grpc },
);
export type VirtualGatewayConnectionPool = Infer<typeof VirtualGatewayConnectionPool>;
