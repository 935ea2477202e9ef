import {
  accountId,
  BackendDefaults,
  GrpcRoute,
  HttpRoute,
  HttpRouteHeaders,
  Listener,
  Logging,
  list,
  type Member,
  map,
  optional,
  RouteSpec,
  required,
  resourceName,
  ServiceDiscovery,
  type Shape,
  type StructureShape,
  serviceName,
  string,
  structure,
  TcpRoute,
  VirtualNodeSpec,
  WeightedTarget,
} from "@pulumi-appmesh/model";
import type { ComponentType } from "../component.js";
import { componentTags } from "../tags.js";
import { meshServiceRules } from "./check-mesh-service.js";

/** A kind of route without its action, which the component makes from the versions' weights. */
function withoutAction(name: string, doc: string, route: StructureShape): StructureShape {
  const members = Object.entries(route.members)
    .filter(([member]) => member !== "action")
    .map(([member, { shape, doc }]): [string, Member<Shape>] => [member, optional(shape, doc)]);
  return structure(name, doc, Object.fromEntries(members));
}

export const MeshServicePreview = structure(
  "MeshServicePreview",
  "Which requests go to one version whatever the weights say, so that it can be tried before others get it.",
  {
    headers: required(
      HttpRouteHeaders,
      "Headers that such a request has, 1 to 10, all of them; metadata entries, if the listener's protocol is grpc.",
    ),
    priority: optional(
      RouteSpec.members.priority.shape,
      "Order of the route for these requests among those of the service's virtual router, 0 to 1000; 0 comes first. Defaults to 0.",
    ),
  },
);

export const MeshServiceVersion = structure(
  "MeshServiceVersion",
  "One version of a service: its share of the traffic, and where its endpoints are. Exactly one of serviceDiscovery, " +
    "spec and virtualNodeName is given.",
  {
    weight: required(WeightedTarget.members.weight.shape, WeightedTarget.members.weight.doc),
    serviceDiscovery: optional(
      ServiceDiscovery,
      "How callers find the endpoints of the version. A virtual node is made for it, with the service's listener, backends and logging.",
    ),
    spec: optional(
      VirtualNodeSpec,
      "The whole spec of the version's virtual node. The service's listener, backends, backendDefaults and logging fill in what it leaves out.",
    ),
    virtualNodeName: optional(resourceName, "Name of a virtual node that exists already. None is made."),
    preview: optional(
      MeshServicePreview,
      "Requests that always go to this version, by their headers. A route of its own is made for them, which does what the service's route does otherwise. Not for tcp.",
    ),
    port: optional(
      WeightedTarget.members.port.shape,
      "Port of the virtual node's listener that gets the traffic. It must be given if the virtual node has more than one.",
    ),
  },
  { of: ["serviceDiscovery", "spec", "virtualNodeName"], required: true },
);

export const MeshServiceHttpRoute = withoutAction(
  "MeshServiceHttpRoute",
  "What the route of a service does besides sharing out HTTP requests. Unset, it takes every request.",
  HttpRoute,
);
export const MeshServiceGrpcRoute = withoutAction(
  "MeshServiceGrpcRoute",
  "What the route of a service does besides sharing out gRPC calls. Unset, it takes every call.",
  GrpcRoute,
);
export const MeshServiceTcpRoute = withoutAction(
  "MeshServiceTcpRoute",
  "What the route of a service does besides sharing out TCP connections.",
  TcpRoute,
);

const meshServiceInputs = {
  meshName: required(resourceName, "Name of the mesh."),
  meshOwner: optional(
    accountId,
    "Account that owns the mesh, twelve digits, if it is shared by another account.",
  ),
  virtualServiceName: required(
    serviceName,
    "Name of the service, 1 to 255 characters: the host name by which its clients call it.",
  ),
  listener: required(
    Listener,
    "Port on which every version of the service receives traffic. Its portMapping is also that of the virtual router.",
  ),
  backends: optional(
    list(serviceName),
    "Names of the virtual services that the versions call. They need not exist yet.",
  ),
  backendDefaults: optional(BackendDefaults, "What applies to every backend of the versions."),
  logging: optional(Logging, "What the versions' proxies log."),
  httpRoute: optional(
    MeshServiceHttpRoute,
    "Match, time limits and retries, if the listener's protocol is http.",
  ),
  http2Route: optional(
    MeshServiceHttpRoute,
    "Match, time limits and retries, if the listener's protocol is http2.",
  ),
  grpcRoute: optional(
    MeshServiceGrpcRoute,
    "Match, time limits and retries, if the listener's protocol is grpc.",
  ),
  tcpRoute: optional(MeshServiceTcpRoute, "Match and time limits, if the listener's protocol is tcp."),
  priority: optional(
    RouteSpec.members.priority.shape,
    "Order of the service's route among those of its virtual router, 0 to 1000; 0 comes first. If unset, it comes after " +
      "those that have one, such as the versions' previews.",
  ),
  versions: required(
    map(MeshServiceVersion, { minItems: 1, maxItems: 10 }),
    "The versions of the service, 1 to 10, by name. The weights share out the traffic: a canary is a second version " +
      "with a small weight, blue/green a swap of two. The names are part of the virtual nodes' names.",
  ),
  tags: componentTags,
} as const;

/** A virtual service, the router behind it and its versions, as one. */
export const meshService: ComponentType = {
  name: "MeshService",
  doc:
    "A service of a mesh, whole: a virtual service, the virtual router behind it, a virtual node for each version and a " +
    "route that shares out the traffic among the versions by weight. Canary and blue/green are a change of one number.",
  inputs: meshServiceInputs,
  plain: ["versions"],
  outputs: {
    virtualServiceName: required(string(), "Name of the virtual service."),
    virtualRouterName: required(resourceName, "Name of the virtual router."),
    routeName: required(resourceName, "Name of the route."),
    virtualNodeNames: required(
      map(string()),
      "Names of the virtual nodes, by version. A proxy is started with one of them.",
    ),
  },
  rules: meshServiceRules,
  load: async () => (await import("./mesh-service.js")).MeshService,
};
