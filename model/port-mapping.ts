import { enumeration, type Infer, integer, required, structure } from "./shape.js";

/** A TCP port. */
export const portNumber = integer({ min: 1, max: 65535 });

export const PortProtocol = enumeration("PortProtocol", "What is spoken on a port.", {
  http: "HTTP/1.1, WebSocket included.",
  tcp: "Any protocol on TCP; the proxy looks into no request.",
  http2: "HTTP/2.",
  grpc: "gRPC, on HTTP/2.",
});
export type PortProtocol = Infer<typeof PortProtocol>;

export const PortMapping = structure("PortMapping", "A port and the protocol that is spoken on it.", {
  port: required(portNumber, "The port, 1 to 65535."),
  protocol: required(PortProtocol, "The protocol: http, http2, grpc or tcp."),
});
export type PortMapping = Infer<typeof PortMapping>;

export const VirtualGatewayPortProtocol = enumeration(
  "VirtualGatewayPortProtocol",
  "What is spoken on a port of a virtual gateway. A gateway has no TCP.",
  {
    http: "HTTP/1.1, WebSocket included.",
    http2: "HTTP/2.",
    grpc: "gRPC, on HTTP/2.",
  },
);
export type VirtualGatewayPortProtocol = Infer<typeof VirtualGatewayPortProtocol>;

export const VirtualGatewayPortMapping = structure(
  "VirtualGatewayPortMapping",
  "A port of a virtual gateway and the protocol that is spoken on it.",
  {
    port: required(portNumber, "The port, 1 to 65535."),
    protocol: required(VirtualGatewayPortProtocol, "The protocol: http, http2 or grpc."),
  },
);
export type VirtualGatewayPortMapping = Infer<typeof VirtualGatewayPortMapping>;
