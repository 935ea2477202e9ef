import type { EntityType } from "./entity.js";
import { IpPreference } from "./ip-preference.js";
import { resourceName } from "./names.js";
import { enumeration, type Infer, optional, required, structure } from "./shape.js";

export const EgressFilterType = enumeration(
  "EgressFilterType",
  "What becomes of traffic to destinations outside the mesh.",
  {
    ALLOW_ALL: "It passes.",
    DROP_ALL: "It is dropped, except to the APIs of AWS (*.amazonaws.com).",
  },
);
export type EgressFilterType = Infer<typeof EgressFilterType>;

export const EgressFilter = structure("EgressFilter", "What becomes of traffic that leaves the mesh.", {
  type: required(EgressFilterType, "Whether it passes (ALLOW_ALL) or is dropped (DROP_ALL)."),
});
export type EgressFilter = Infer<typeof EgressFilter>;

export const MeshServiceDiscovery = structure(
  "MeshServiceDiscovery",
  "How the proxies of a mesh find endpoints.",
  {
    ipPreference: optional(
      IpPreference,
      "IP versions that the mesh uses. A virtual node may say otherwise for itself. If unset, the data plane takes " +
        "IPv6 addresses where an endpoint has them, else IPv4.",
    ),
  },
);
export type MeshServiceDiscovery = Infer<typeof MeshServiceDiscovery>;

export const MeshSpec = structure("MeshSpec", "What applies to a whole mesh.", {
  egressFilter: optional(
    EgressFilter,
    "What becomes of traffic that leaves the mesh. If unset, the data plane applies DROP_ALL.",
  ),
  serviceDiscovery: optional(
    MeshServiceDiscovery,
    "How endpoints are found. If unset, the defaults of its members apply.",
  ),
});
export type MeshSpec = Infer<typeof MeshSpec>;

export const meshType = {
  kind: "mesh",
  title: "Mesh",
  doc: "A service mesh: the boundary within which virtual services call each other.",
  nameMember: "meshName",
  nameShape: resourceName,
  parent: undefined,
  collection: "meshes",
  parentSegment: "meshes",
  listMember: "meshes",
  spec: MeshSpec,
  specRequired: false,
} as const satisfies EntityType;
