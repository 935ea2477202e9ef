import {
  entityTypes,
  list,
  type Member,
  required,
  type Shape,
  type StructureShape,
  string,
  structure,
} from "@pulumi-appmesh/model";
import { type ResourceType, resourceTypes, words } from "../resources/types.js";

/** A function of the package: it asks the control plane for what is there, and changes nothing. */
export type FunctionType = EntityFunction | ListFunction;

interface Common {
  /** appmesh:index:getVirtualNode */
  readonly token: string;
  /** The resource whose entities it looks at. */
  readonly type: ResourceType;
  readonly doc: string;
  readonly inputs: Readonly<Record<string, Member>>;
  readonly outputs: Readonly<Record<string, Member>>;
}

/** Looks one entity up by its names. It answers with the entity's tags, too, which are a map and have no shape. */
export interface EntityFunction extends Common {
  readonly of: "entity";
}

/** Names every entity of a kind below one parent. */
export interface ListFunction extends Common {
  readonly of: "list";
  /** The output that holds them: virtualNodes. */
  readonly listMember: string;
}

/** Everything that says which entity it is, besides its own name. */
function parents({ nameMembers, inputs }: ResourceType): [string, Member][] {
  const above = nameMembers.slice(0, -1).map((name): [string, Member] => {
    const kind = Object.values(entityTypes).find(({ nameMember }) => nameMember === name)?.kind ?? "mesh";
    return [name, required((inputs[name] as Member).shape, `Name of the ${words(kind)}.`)];
  });
  const owner = inputs.meshOwner;
  return owner === undefined
    ? above
    : [
        ...above,
        [
          "meshOwner",
          {
            shape: owner.shape,
            required: false,
            doc: "Account that owns the mesh, twelve digits, if it is shared by another account. Defaults to the provider's own account.",
          },
        ],
      ];
}

function idMember(type: ResourceType): Member<Shape> {
  return required(
    string(),
    `Id of the ${words(type.kind)}, as \`pulumi import\` and the \`get\` method of its resource take it.`,
  );
}

function entityFunction(type: ResourceType): EntityFunction {
  const { entity, kind, nameMembers } = type;
  const what = words(kind);
  const ownName = entity.nameMember;
  const own = required(entity.nameShape, `Name of the ${what}.`);
  const names = nameMembers
    .slice(0, -1)
    .map((name): [string, Member] => [name, parents(type).find(([each]) => each === name)?.[1] as Member]);
  return {
    of: "entity",
    token: `appmesh:index:get${entity.title}`,
    type,
    doc: `Looks up a ${what} that exists already, whoever made it, by its name. It is an error if there is none.`,
    inputs: Object.fromEntries([...parents(type), [ownName, own]]),
    outputs: {
      id: idMember(type),
      ...Object.fromEntries([...names, [ownName, own]]),
      // A mesh without settings has an empty spec, so that there is always one to look into.
      spec: required(entity.spec, entity.spec.doc),
      ...type.outputs,
    },
  };
}

function listFunction(type: ResourceType): ListFunction {
  const { entity, kind } = type;
  const what = words(kind);
  const { title, listMember } = entity;
  const item: StructureShape = structure(`${title}Ref`, `What a list says of a ${what}.`, {
    id: idMember(type),
    ...Object.fromEntries(parents(type).filter(([name]) => name !== "meshOwner")),
    [entity.nameMember]: required(entity.nameShape, `Name of the ${what}.`),
    ...Object.fromEntries(Object.entries(type.outputs).filter(([name]) => IN_REFERENCES.has(name))),
  });
  const where =
    entity.parent === undefined ? "that the provider's account may see" : `of a ${words(entity.parent)}`;
  const outputs = {
    [listMember]: required(list(item), `The ${plural(what)}, in the order of their names.`),
  };
  return {
    of: "list",
    token: `appmesh:index:get${entity.collection.charAt(0).toUpperCase()}${entity.collection.slice(1)}`,
    type,
    doc: `Lists the ${plural(what)} ${where}, whoever made them.`,
    listMember,
    inputs: Object.fromEntries(parents(type)),
    outputs,
  };
}

/** What the control plane's lists say of each entity, besides its names. */
const IN_REFERENCES: ReadonlySet<string> = new Set([
  "arn",
  "version",
  "meshOwner",
  "resourceOwner",
  "createdAt",
  "lastUpdatedAt",
]);

const plural = (what: string): string => (what.endsWith("sh") ? `${what}es` : `${what}s`);

/** The functions, by token. */
export const functionTypes: ReadonlyMap<string, FunctionType> = new Map(
  [...resourceTypes.values()]
    .flatMap((type): FunctionType[] => [entityFunction(type), listFunction(type)])
    .map((each) => [each.token, each]),
);
