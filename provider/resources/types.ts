import {
  accountId,
  type EntityType,
  entityTypes,
  type Kind,
  type Member,
  optional,
  required,
  type Shape,
  string,
} from "@pulumi-appmesh/model";
import { lineage } from "../client/appmesh.js";

/** One of the entities of a mesh, as a Pulumi resource. */
export interface ResourceType {
  readonly kind: Kind;
  /** appmesh:index:VirtualNode */
  readonly token: string;
  readonly entity: EntityType;
  /** Members that say which entity it is; a change of one makes another entity. From the mesh down to its own name. */
  readonly nameMembers: readonly string[];
  /** What a program gives, besides `tags`. */
  readonly inputs: Readonly<Record<string, Member>>;
  /** What the control plane adds. */
  readonly outputs: Readonly<Record<string, Member>>;
  /** Whether a name is made up for an entity that is given none. */
  readonly autonamed: boolean;
}

export const TAGS_DOC =
  "Labels of the entity: at most 50, keys of 1 to 128 and values of at most 256 characters. The provider's defaultTags are added to them; where both have a key, the value given here wins.";

/** Words for people: virtualNode becomes "virtual node". */
export const words = (kind: Kind): string => kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The members that identify an entity of this type: its names, and the owner of a shared mesh. */
export const identityMembers = (type: ResourceType): readonly string[] =>
  type.kind === "mesh" ? type.nameMembers : [...type.nameMembers, "meshOwner"];

function resourceType(kind: Kind): ResourceType {
  const entity = entityTypes[kind];
  const nameMembers = lineage(kind).map((ancestor) => entityTypes[ancestor].nameMember);
  // Clients call a virtual service by its name, so a made-up one would be of no use.
  const autonamed = kind !== "virtualService";
  return {
    kind,
    token: `appmesh:index:${entity.title}`,
    entity,
    nameMembers,
    autonamed,
    inputs: inputs(kind, autonamed),
    outputs: outputs(kind),
  };
}

function inputs(kind: Kind, autonamed: boolean): Record<string, Member> {
  const entity = entityTypes[kind];
  const parents = lineage(kind)
    .slice(0, -1)
    .map((parent) => entityTypes[parent]);
  const members: [string, Member<Shape>][] = parents.map((parent) => [
    parent.nameMember,
    required(
      parent.nameShape,
      `Name of the ${words(parent.kind)} that the ${words(kind)} belongs to. Changing it replaces the ${words(kind)}.`,
    ),
  ]);
  members.push([
    entity.nameMember,
    autonamed
      ? optional(
          entity.nameShape,
          `Name of the ${words(kind)}, 1 to 255 characters. Defaults to the resource's name in the program with seven random characters. Changing it replaces the ${words(kind)}.`,
        )
      : required(
          entity.nameShape,
          `Name of the ${words(kind)}, 1 to 255 characters: the host name by which its clients call it. Changing it replaces the ${words(kind)}.`,
        ),
  ]);
  if (kind !== "mesh") {
    members.push([
      "meshOwner",
      optional(
        accountId,
        `Account that owns the mesh, twelve digits, if it is shared by another account. Defaults to the provider's own account. Changing it replaces the ${words(kind)}.`,
      ),
    ]);
  }
  members.push([
    "spec",
    entity.specRequired ? required(entity.spec, entity.spec.doc) : optional(entity.spec, entity.spec.doc),
  ]);
  return Object.fromEntries(members);
}

function outputs(kind: Kind): Record<string, Member> {
  const what = words(kind);
  return {
    arn: required(string(), `Amazon Resource Name of the ${what}.`),
    uid: required(
      string(),
      `Identifier of this very ${what}: another one of the same name, made later, has another.`,
    ),
    version: required(
      { kind: "integer" },
      `Version of the ${what}: 1 when it is made, one more with each update.`,
    ),
    meshOwner: required(accountId, "Account that owns the mesh."),
    resourceOwner: required(accountId, `Account that owns the ${what}.`),
    status: required(string(), `ACTIVE, INACTIVE or DELETED.`),
    createdAt: required(string(), `When the ${what} was made, in ISO 8601 and UTC.`),
    lastUpdatedAt: required(string(), `When the ${what} was last changed, in ISO 8601 and UTC.`),
  };
}

/** Every kind of entity as a resource, by token. */
export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map(
  Object.values(entityTypes)
    .map(({ kind }) => resourceType(kind))
    .map((type) => [type.token, type]),
);
