import { VirtualGatewayConnectionPool, VirtualNodeConnectionPool } from "./connection-pool.js";
import { HealthCheckPolicy, VirtualGatewayHealthCheckPolicy } from "./health-check.js";
import { OutlierDetection } from "./outlier-detection.js";
import { PortMapping, VirtualGatewayPortMapping } from "./port-mapping.js";
import { type Infer, optional, required, structure } from "./shape.js";
import { ListenerTimeout } from "./timeout.js";
import { ListenerTls } from "./tls/listener-tls.js";

export const Listener = structure("Listener", "A port on which a virtual node receives traffic.", {
  portMapping: required(PortMapping, "The port and its protocol."),
  tls: optional(ListenerTls, "TLS of the listener. If unset, connections are accepted without TLS only."),
  healthCheck: optional(
    HealthCheckPolicy,
    "How callers find out which endpoints are healthy. If unset, no endpoint is checked.",
  ),
  timeout: optional(
    ListenerTimeout,
    "Time limits. If unset, the data plane applies 15 seconds to a request and 300 seconds to idleness.",
  ),
  outlierDetection: optional(
    OutlierDetection,
    "When callers stop sending to an endpoint that keeps failing. If unset, no endpoint is ejected.",
  ),
  connectionPool: optional(
    VirtualNodeConnectionPool,
    "How much is let through to the application at the same time. If unset, there is no limit.",
  ),
});
export type Listener = Infer<typeof Listener>;

export const VirtualGatewayListener = structure(
  "VirtualGatewayListener",
  "A port on which a virtual gateway receives traffic from outside the mesh.",
  {
    portMapping: required(VirtualGatewayPortMapping, "The port and its protocol."),
    tls: optional(ListenerTls, "TLS of the listener. If unset, connections are accepted without TLS only."),
    healthCheck: optional(
      VirtualGatewayHealthCheckPolicy,
      "How the health of the listener is found out. If unset, it is not checked.",
    ),
    connectionPool: optional(
      VirtualGatewayConnectionPool,
      "How much is let into the mesh at the same time. If unset, there is no limit.",
    ),
  },
);
export type VirtualGatewayListener = Infer<typeof VirtualGatewayListener>;
