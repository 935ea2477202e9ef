// The seven kinds of object that AWS's controller reads: what each has beside the entity that it declares.
import { entityTypes } from "../entities.js";
import type { Kind } from "../entity.js";
import {
  integer,
  list,
  type Members,
  map,
  optional,
  required,
  type StructureShape,
  string,
  structure,
} from "../shape.js";
import { membersInManifests, referenceTo } from "./words.js";

/** One kind of object. */
export interface ObjectKind {
  readonly kind: string;
  readonly plural: string;
  readonly doc: string;
  /** The entity that an object of the kind declares; a backend group declares none. */
  readonly entity: Kind | undefined;
  readonly scope: "Cluster" | "Namespaced";
  readonly spec: StructureShape;
  readonly status: StructureShape;
  /** The member of the status that `kubectl get` shows. */
  readonly arn: string | undefined;
}

const LabelSelectorRequirement = structure("LabelSelectorRequirement", "What a label must be.", {
  key: required(string(), "The label."),
  operator: required(string(), "In, NotIn, Exists or DoesNotExist."),
  values: optional(list(string()), "Its values, for In and NotIn."),
});
const LabelSelector = structure("LabelSelector", "Objects by their labels: those that fit everything.", {
  matchLabels: optional(map(string()), "Labels and their values."),
  matchExpressions: optional(list(LabelSelectorRequirement), "What labels must be besides."),
});
const MeshReference = structure("MeshReference", "A Mesh of the cluster.", {
  name: required(string(), "Name of the Mesh object."),
  uid: required(string(), "Its UID."),
});
const VirtualGatewayReference = structure("VirtualGatewayReference", "A VirtualGateway of the cluster.", {
  name: required(string(), "Name of the VirtualGateway object."),
  namespace: optional(string(), "Its namespace. If unset, that of the object which names it."),
  uid: required(string(), "Its UID."),
});

const Condition = structure("Condition", "One thing that is observed of the object.", {
  type: required(string(), "What is observed, such as VirtualNodeActive."),
  status: required(string(), "True, False or Unknown."),
  lastTransitionTime: optional(string(), "When the status became another for the last time."),
  reason: optional(string(), "Why, in one word."),
  message: optional(string(), "Why, for a person."),
});

const meshRef = optional(
  MeshReference,
  "The Mesh that the object belongs to. The controller sets it: the Mesh that selects the object's namespace.",
);
const awsName = (rule: string) =>
  optional(string(), `Name of the entity in the mesh. If unset, it is ${rule}.`);
const ownName = awsName("<name>_<namespace>");
const selector = (meaning: string) => optional(LabelSelector, meaning);

/** The route of a virtual router, which has a list of them. */
const Route = structure("Route", "A route of the virtual router.", {
  name: required(string(), "Name of the route."),
  ...membersInManifests(entityTypes.route.spec),
});

function objectKind(
  kind: string,
  plural: string,
  doc: string,
  {
    entity,
    own = {},
    status = {},
    arn,
    scope = "Namespaced",
  }: {
    readonly entity?: Kind;
    readonly own?: Members;
    readonly status?: Members;
    readonly arn?: string;
    readonly scope?: ObjectKind["scope"];
  },
): ObjectKind {
  const observed: Members =
    entity === undefined
      ? {}
      : {
          ...(arn !== undefined && { [arn]: optional(string(), "ARN of the entity.") }),
          conditions: optional(list(Condition), "What is observed of the entity."),
          observedGeneration: optional(integer(), "The generation of the object that was looked at last."),
          ...status,
        };
  return {
    kind,
    plural,
    doc,
    entity,
    scope,
    spec: structure(`${kind}Spec`, doc, {
      ...own,
      ...(entity === undefined ? {} : membersInManifests(entityTypes[entity].spec)),
    }),
    status: structure(`${kind}Status`, "What the controller observed.", observed),
    arn,
  };
}

const pods = (what: string) =>
  selector(`Pods of the namespace that are ${what}. Empty, it selects all; if unset, none.`);

export const objectKinds: readonly ObjectKind[] = [
  objectKind("Mesh", "meshes", entityTypes.mesh.doc, {
    entity: "mesh",
    scope: "Cluster",
    arn: "meshARN",
    own: {
      awsName: awsName("<name>"),
      namespaceSelector: selector(
        "Namespaces whose objects belong to the mesh. Empty, it selects all; if unset, none.",
      ),
      meshOwner: optional(string(), "Account that owns the mesh, if it is another one."),
    },
  }),
  objectKind("VirtualNode", "virtualnodes", entityTypes.virtualNode.doc, {
    entity: "virtualNode",
    arn: "virtualNodeARN",
    own: {
      awsName: ownName,
      podSelector: pods("endpoints of the virtual node and get its proxy"),
      backendGroups: optional(
        list(referenceTo("BackendGroup")),
        "Groups of backends, beside those in backends.",
      ),
      meshRef,
    },
  }),
  objectKind("VirtualRouter", "virtualrouters", entityTypes.virtualRouter.doc, {
    entity: "virtualRouter",
    arn: "virtualRouterARN",
    own: { awsName: ownName, routes: optional(list(Route), "The routes of the virtual router."), meshRef },
    status: { routeARNs: optional(map(string()), "ARNs of the routes, by name.") },
  }),
  objectKind("VirtualService", "virtualservices", entityTypes.virtualService.doc, {
    entity: "virtualService",
    arn: "virtualServiceARN",
    own: { awsName: awsName("<name>.<namespace>"), meshRef },
  }),
  objectKind("VirtualGateway", "virtualgateways", entityTypes.virtualGateway.doc, {
    entity: "virtualGateway",
    arn: "virtualGatewayARN",
    own: {
      awsName: ownName,
      namespaceSelector: selector(
        "Namespaces whose gateway routes belong to the gateway. Empty, it selects all.",
      ),
      podSelector: pods("the gateway's proxies"),
      gatewayRouteSelector: selector(
        "Gateway routes that belong to the gateway. If unset, all of its namespaces.",
      ),
      meshRef,
    },
  }),
  objectKind("GatewayRoute", "gatewayroutes", entityTypes.gatewayRoute.doc, {
    entity: "gatewayRoute",
    arn: "gatewayRouteARN",
    own: {
      awsName: ownName,
      virtualGatewayRef: optional(
        VirtualGatewayReference,
        "The VirtualGateway that the object belongs to. The controller sets it: the one that selects its namespace.",
      ),
      meshRef,
    },
  }),
  objectKind("BackendGroup", "backendgroups", "Virtual services that virtual nodes call, as one.", {
    own: {
      virtualservices: optional(list(referenceTo("VirtualService")), "The virtual services."),
      meshRef,
    },
  }),
];

export const objectKindOf = (kind: string): ObjectKind | undefined =>
  objectKinds.find((known) => known.kind === kind);
