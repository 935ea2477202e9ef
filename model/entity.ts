import type { StringShape, StructureShape } from "./shape.js";

/** The seven kinds of App Mesh entity, in the order in which a mesh is built. */
export type Kind =
  | "mesh"
  | "virtualNode"
  | "virtualRouter"
  | "route"
  | "virtualService"
  | "virtualGateway"
  | "gatewayRoute";

/** What the model knows of one kind of entity, beyond the shape of its spec. */
export interface EntityType {
  readonly kind: Kind;
  /** As in AWS's operation names: CreateVirtualNode. */
  readonly title: string;
  readonly doc: string;
  /** The member that carries the entity's own name: virtualNodeName. */
  readonly nameMember: string;
  readonly nameShape: StringShape;
  /** The kind that an entity of this kind lives in; a mesh lives in none. */
  readonly parent: Kind | undefined;
  /** Path segment of the REST API for its collection: virtualNodes. */
  readonly collection: string;
  /** Path segment below which its children live: meshes, virtualRouter, virtualGateway. Leaves have none. */
  readonly parentSegment: string | undefined;
  /** Member of the list output that holds the references: virtualNodes. */
  readonly listMember: string;
  readonly spec: StructureShape;
  readonly specRequired: boolean;
}
