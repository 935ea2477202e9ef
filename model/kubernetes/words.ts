// Where AWS's controller for Kubernetes says something else than the API. Everything that is not here is the same in both.
import {
  type Member,
  type Members,
  optional,
  required,
  type Shape,
  type StructureShape,
  string,
  structure,
} from "../shape.js";

/** The kinds of object that another object names. */
export type Referable = "VirtualNode" | "VirtualRouter" | "VirtualService";

/** What stands in a manifest for a member of the API. */
export type Substitute =
  /** The same value under another name. */
  | { readonly renamed: string }
  /** Not a name but an object of the cluster, or the ARN of an entity that is not in it. */
  | { readonly refers: Referable; readonly reference: string; readonly arn: string }
  /** The controller has no such member: it would drop it without a word. */
  | "absent"
  /** It may be left out. */
  | "optional";

const refers = (kind: Referable): Substitute => {
  const name = kind.charAt(0).toLowerCase() + kind.slice(1);
  return { refers: kind, reference: `${name}Ref`, arn: `${name}ARN` };
};

/** By the structure's name in the model, then by its member. */
export const substitutes: Readonly<Record<string, Readonly<Record<string, Substitute>>>> = {
  MeshSpec: { serviceDiscovery: { renamed: "meshServiceDiscovery" } },
  ListenerTlsAcmCertificate: { certificateArn: { renamed: "certificateARN" } },
  TlsValidationContextAcmTrust: { certificateAuthorityArns: { renamed: "certificateAuthorityARNs" } },
  VirtualServiceBackend: { virtualServiceName: refers("VirtualService") },
  GatewayRouteVirtualService: { virtualServiceName: refers("VirtualService") },
  WeightedTarget: { virtualNode: refers("VirtualNode") },
  VirtualNodeServiceProvider: { virtualNodeName: refers("VirtualNode") },
  VirtualRouterServiceProvider: { virtualRouterName: refers("VirtualRouter") },
  DnsServiceDiscovery: { ipPreference: "absent" },
  AwsCloudMapServiceDiscovery: { ipPreference: "absent" },
  VirtualGatewaySpec: { listeners: "optional" },
};

const reference = (kind: string) =>
  structure(`${kind}Reference`, `A ${kind} of the cluster.`, {
    name: required(string(), `Name of the ${kind} object.`),
    namespace: optional(string(), `Its namespace. If unset, that of the object which names it.`),
  });

const references: Readonly<Record<Referable | "BackendGroup", StructureShape>> = {
  VirtualNode: reference("VirtualNode"),
  VirtualRouter: reference("VirtualRouter"),
  VirtualService: reference("VirtualService"),
  BackendGroup: reference("BackendGroup"),
};

export const referenceTo = (kind: Referable | "BackendGroup"): StructureShape => references[kind];

/** A structure of the model with the members that a manifest has in its place. */
export function membersInManifests(shape: StructureShape): Members {
  const differences = substitutes[shape.name] ?? {};
  return Object.fromEntries(
    Object.entries(shape.members).flatMap(([name, member]): [string, Member][] => {
      const substitute = differences[name];
      if (substitute === undefined) return [[name, member]];
      if (substitute === "absent") return [];
      if (substitute === "optional") return [[name, { ...member, required: false }]];
      if ("renamed" in substitute) return [[substitute.renamed, member]];
      const either = `Exactly one of ${substitute.reference} and ${substitute.arn} is given.`;
      return [
        [
          substitute.reference,
          optional(referenceTo(substitute.refers), `The ${substitute.refers} of this cluster. ${either}`),
        ],
        [
          substitute.arn,
          optional(string(), `ARN of a ${substitute.refers} that is not of this cluster. ${either}`),
        ],
      ];
    }),
  );
}

/** The member of the API for a member of a manifest, with what stands between them. */
export function memberInModel(
  shape: StructureShape,
  given: string,
):
  | { readonly name: string; readonly member: Member<Shape>; readonly substitute: Substitute | undefined }
  | undefined {
  for (const [name, substitute] of Object.entries(substitutes[shape.name] ?? {})) {
    const member = shape.members[name] as Member;
    if (substitute === "absent") {
      if (given === name) return undefined;
    } else if (typeof substitute === "object") {
      const names = "renamed" in substitute ? [substitute.renamed] : [substitute.reference, substitute.arn];
      if (names.includes(given)) return { name, member, substitute };
    }
  }
  const member = shape.members[given];
  return member && { name: given, member, substitute: undefined };
}
