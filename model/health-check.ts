import { PortProtocol, portNumber, VirtualGatewayPortProtocol } from "./port-mapping.js";
import { type EnumShape, type Infer, integer, optional, required, string, structure } from "./shape.js";

const members = <P extends EnumShape>(protocol: P, protocols: string) => ({
  protocol: required(
    protocol,
    `How the endpoint is asked: ${protocols}. With grpc the application must serve the gRPC health checking protocol.`,
  ),
  intervalMillis: required(
    integer({ min: 5000, max: 300000 }),
    "Time between two checks, in milliseconds, 5000 to 300000.",
  ),
  timeoutMillis: required(
    integer({ min: 2000, max: 60000 }),
    "Time in which an answer counts, in milliseconds, 2000 to 60000.",
  ),
  healthyThreshold: required(
    integer({ min: 2, max: 10 }),
    "Successful checks in a row after which an unhealthy endpoint gets traffic again, 2 to 10.",
  ),
  unhealthyThreshold: required(
    integer({ min: 2, max: 10 }),
    "Failed checks in a row after which an endpoint gets no more traffic, 2 to 10.",
  ),
  path: optional(
    string(),
    'Path that is requested when the protocol is http or http2; other protocols ignore it. If unset, the data plane asks for "/".',
  ),
  port: optional(
    portNumber,
    "Port that is checked, 1 to 65535. It must be the listener's own; if unset, the data plane checks that one.",
  ),
});

export const HealthCheckPolicy = structure(
  "HealthCheckPolicy",
  "How callers find out which endpoints of a virtual node are healthy.",
  members(PortProtocol, "http, http2, grpc or tcp"),
);
export type HealthCheckPolicy = Infer<typeof HealthCheckPolicy>;

export const VirtualGatewayHealthCheckPolicy = structure(
  "VirtualGatewayHealthCheckPolicy",
  "How the health of a virtual gateway's listener is found out.",
  members(VirtualGatewayPortProtocol, "http, http2 or grpc"),
);
export type VirtualGatewayHealthCheckPolicy = Infer<typeof VirtualGatewayHealthCheckPolicy>;
