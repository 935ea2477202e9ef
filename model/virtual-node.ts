import type { EntityType } from "./entity.js";
import { Listener } from "./listener.js";
import { Logging } from "./logging.js";
import { resourceName, serviceReference } from "./names.js";
import { ServiceDiscovery } from "./service-discovery.js";
import { type Infer, list, optional, required, structure, union } from "./shape.js";
import { BackendDefaults, ClientPolicy } from "./tls/client-policy.js";

export const VirtualServiceBackend = structure(
  "VirtualServiceBackend",
  "A virtual service that a virtual node calls.",
  {
    virtualServiceName: required(
      serviceReference,
      "Name of the virtual service, or its ARN. It need not exist yet.",
    ),
    clientPolicy: optional(
      ClientPolicy,
      "How the proxy connects to it. If unset, the backend defaults apply.",
    ),
  },
);
export type VirtualServiceBackend = Infer<typeof VirtualServiceBackend>;

export const Backend = union("Backend", "What a virtual node calls. Exactly one member is given.", {
  virtualService: optional(VirtualServiceBackend, "A virtual service."),
});
export type Backend = Infer<typeof Backend>;

export const VirtualNodeSpec = structure("VirtualNodeSpec", "What a virtual node receives, calls and logs.", {
  listeners: optional(
    list(Listener),
    "Ports on which the application receives traffic. With a listener, serviceDiscovery must be given. If unset, the " +
      "virtual node only calls others.",
  ),
  serviceDiscovery: optional(
    ServiceDiscovery,
    "How callers find the endpoints. If unset, nobody can call the virtual node.",
  ),
  backends: optional(
    list(Backend),
    "Virtual services that the application calls. Others are outside the mesh for it. If unset, all are.",
  ),
  backendDefaults: optional(
    BackendDefaults,
    "What applies to every backend that says nothing else. If unset, TLS is used where a backend offers it.",
  ),
  logging: optional(Logging, "What the proxy logs. If unset, no request is logged."),
});
export type VirtualNodeSpec = Infer<typeof VirtualNodeSpec>;

export const virtualNodeType = {
  kind: "virtualNode",
  title: "VirtualNode",
  doc: "One version of an application and the proxies beside it: what it receives, what it calls, how it is found.",
  nameMember: "virtualNodeName",
  nameShape: resourceName,
  parent: "mesh",
  collection: "virtualNodes",
  parentSegment: undefined,
  listMember: "virtualNodes",
  spec: VirtualNodeSpec,
  specRequired: true,
} as const satisfies EntityType;
