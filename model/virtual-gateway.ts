import type { EntityType } from "./entity.js";
import { VirtualGatewayListener } from "./listener.js";
import { Logging } from "./logging.js";
import { resourceName } from "./names.js";
import { type Infer, list, optional, required, structure } from "./shape.js";
import { BackendDefaults } from "./tls/client-policy.js";

export const VirtualGatewaySpec = structure(
  "VirtualGatewaySpec",
  "What a virtual gateway receives and logs.",
  {
    listeners: required(
      list(VirtualGatewayListener),
      "Ports on which traffic comes in from outside the mesh. With more than one, each gateway route must match on a port.",
    ),
    backendDefaults: optional(
      BackendDefaults,
      "How the gateway connects to the virtual services behind it. If unset, TLS is used where they offer it.",
    ),
    logging: optional(Logging, "What the proxy logs. If unset, no request is logged."),
  },
);
export type VirtualGatewaySpec = Infer<typeof VirtualGatewaySpec>;

export const virtualGatewayType = {
  kind: "virtualGateway",
  title: "VirtualGateway",
  doc: "Proxies that let traffic from outside into the mesh, as their gateway routes say.",
  nameMember: "virtualGatewayName",
  nameShape: resourceName,
  parent: "mesh",
  collection: "virtualGateways",
  parentSegment: "virtualGateway",
  listMember: "virtualGateways",
  spec: VirtualGatewaySpec,
  specRequired: true,
} as const satisfies EntityType;
