import type { EntityType } from "./entity.js";
import { resourceReference, serviceName } from "./names.js";
import { type Infer, optional, required, structure, union } from "./shape.js";

export const VirtualNodeServiceProvider = structure(
  "VirtualNodeServiceProvider",
  "A virtual node that provides a virtual service.",
  { virtualNodeName: required(resourceReference, "Name of the virtual node, 1 to 255 characters.") },
);
export type VirtualNodeServiceProvider = Infer<typeof VirtualNodeServiceProvider>;

export const VirtualRouterServiceProvider = structure(
  "VirtualRouterServiceProvider",
  "A virtual router that provides a virtual service.",
  { virtualRouterName: required(resourceReference, "Name of the virtual router, 1 to 255 characters.") },
);
export type VirtualRouterServiceProvider = Infer<typeof VirtualRouterServiceProvider>;

export const VirtualServiceProvider = union(
  "VirtualServiceProvider",
  "What provides a virtual service. Exactly one member is given.",
  {
    virtualNode: optional(VirtualNodeServiceProvider, "A virtual node, which gets all traffic."),
    virtualRouter: optional(
      VirtualRouterServiceProvider,
      "A virtual router, whose routes say who gets the traffic.",
    ),
  },
);
export type VirtualServiceProvider = Infer<typeof VirtualServiceProvider>;

export const VirtualServiceSpec = structure("VirtualServiceSpec", "What stands behind a virtual service.", {
  provider: optional(
    VirtualServiceProvider,
    "What provides the virtual service. If unset, it has no endpoints yet.",
  ),
});
export type VirtualServiceSpec = Infer<typeof VirtualServiceSpec>;

export const virtualServiceType = {
  kind: "virtualService",
  title: "VirtualService",
  doc: "A service as its clients know it, by name; a virtual node or a virtual router provides it.",
  nameMember: "virtualServiceName",
  nameShape: serviceName,
  parent: "mesh",
  collection: "virtualServices",
  parentSegment: undefined,
  listMember: "virtualServices",
  spec: VirtualServiceSpec,
  specRequired: true,
} as const satisfies EntityType;
