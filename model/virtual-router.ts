import type { EntityType } from "./entity.js";
import { resourceName } from "./names.js";
import { PortMapping } from "./port-mapping.js";
import { type Infer, list, optional, required, structure } from "./shape.js";

export const VirtualRouterListener = structure(
  "VirtualRouterListener",
  "A port on which a virtual router takes traffic.",
  {
    portMapping: required(PortMapping, "The port and its protocol."),
  },
);
export type VirtualRouterListener = Infer<typeof VirtualRouterListener>;

export const VirtualRouterSpec = structure("VirtualRouterSpec", "What a virtual router takes.", {
  listeners: optional(
    list(VirtualRouterListener),
    "Ports on which traffic is taken. With more than one, each route must match on a port. If unset, the router takes " +
      "traffic on the ports of the virtual nodes that its routes name.",
  ),
});
export type VirtualRouterSpec = Infer<typeof VirtualRouterSpec>;

export const virtualRouterType = {
  kind: "virtualRouter",
  title: "VirtualRouter",
  doc: "Provides a virtual service by sending its traffic to virtual nodes, as its routes say.",
  nameMember: "virtualRouterName",
  nameShape: resourceName,
  parent: "mesh",
  collection: "virtualRouters",
  parentSegment: "virtualRouter",
  listMember: "virtualRouters",
  spec: VirtualRouterSpec,
  specRequired: true,
} as const satisfies EntityType;
