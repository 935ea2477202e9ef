// The requests of all 38 operations, as the contract has them: where each goes, and bodies made from the model.
import {
  checkSpec,
  entityTypes,
  type Kind,
  optional,
  required,
  type Specs,
  type StructureShape,
  string,
  structure,
  TagList,
} from "@pulumi-appmesh/model";
import { arbitrary, arbitrarySpec } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";

export const kinds = Object.keys(entityTypes) as Kind[];

/** An entity of each kind that others live in or refer to, by name. */
export const surroundings = {
  mesh: "shop",
  virtualNode: "node",
  virtualRouter: "router",
  virtualService: "service.local",
  virtualGateway: "gateway",
};

const base = "/v20190125";
const parentPaths: Readonly<Record<Kind, string>> = {
  mesh: `${base}/meshes`,
  virtualNode: `${base}/meshes/shop/virtualNodes`,
  virtualRouter: `${base}/meshes/shop/virtualRouters`,
  route: `${base}/meshes/shop/virtualRouter/router/routes`,
  virtualService: `${base}/meshes/shop/virtualServices`,
  virtualGateway: `${base}/meshes/shop/virtualGateways`,
  gatewayRoute: `${base}/meshes/shop/virtualGateway/gateway/gatewayRoutes`,
};

/** Where entities of a kind are created and listed, among the surroundings. */
export const collectionPath = (kind: Kind): string => parentPaths[kind];
export const entityPath = (kind: Kind, name: string): string =>
  `${parentPaths[kind]}/${encodeURIComponent(name)}`;

/** The requests that make the surroundings, in order. */
export const creations: readonly (readonly [path: string, body: object])[] = [
  [parentPaths.mesh, { meshName: surroundings.mesh }],
  [parentPaths.virtualNode, { virtualNodeName: surroundings.virtualNode, spec: {} }],
  [parentPaths.virtualRouter, { virtualRouterName: surroundings.virtualRouter, spec: {} }],
  [parentPaths.virtualService, { virtualServiceName: surroundings.virtualService, spec: {} }],
  [
    parentPaths.virtualGateway,
    {
      virtualGatewayName: surroundings.virtualGateway,
      spec: { listeners: [{ portMapping: { port: 80, protocol: "http" } }] },
    },
  ],
];

/** "Up to 36 letters, numbers, hyphens, and underscores are allowed", as App Mesh's API reference had it. */
const clientToken = string({ maxLength: 36, pattern: { regex: /^[A-Za-z0-9_-]*$/, says: "" } });

/** What an update takes, as botocore's model has it. */
export const updateShape = (kind: Kind): StructureShape =>
  structure(`Update${entityTypes[kind].title}Input`, "", {
    clientToken: optional(clientToken, ""),
    spec: entityTypes[kind].specRequired
      ? required(entityTypes[kind].spec, "")
      : optional(entityTypes[kind].spec, ""),
  });

/** What a creation takes: the same, a name and tags. */
export const createShape = (kind: Kind): StructureShape =>
  structure(`Create${entityTypes[kind].title}Input`, "", {
    ...updateShape(kind).members,
    [entityTypes[kind].nameMember]: required(entityTypes[kind].nameShape, ""),
    tags: optional(TagList, ""),
  });

export interface CreateBody {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>> & { readonly spec?: object };
}

/** Every kind of spec that the model allows and that refers to nothing but the surroundings. */
export const specs = <K extends Kind>(kind: K): fc.Arbitrary<Specs[K]> =>
  arbitrarySpec(kind)
    .map((spec) => referringToSurroundings(kind, spec))
    .filter((spec) => checkSpec(kind, spec).length === 0);

function referringToSurroundings<T>(kind: Kind, spec: T): T {
  const names: Readonly<Record<string, string>> = {
    ...(kind !== "virtualNode" && { virtualServiceName: surroundings.virtualService }),
    virtualNode: surroundings.virtualNode,
    virtualNodeName: surroundings.virtualNode,
    virtualRouterName: surroundings.virtualRouter,
  };
  return JSON.parse(JSON.stringify(spec), (key, value) =>
    typeof value === "string" && Object.hasOwn(names, key) ? names[key] : value,
  );
}

/** Every kind of creation: with and without a token and tags, by any name that nothing has yet. */
export const createBodies = (kind: Kind): fc.Arbitrary<CreateBody> =>
  fc
    .record(
      {
        name: (arbitrary(entityTypes[kind].nameShape) as fc.Arbitrary<string>)
          .filter((name) => name.isWellFormed() && !/@\d{12}$/.test(name))
          .filter((name) => !(Object.values(surroundings) as string[]).includes(name)),
        spec: specs(kind),
        tags: tags(),
        clientToken: arbitrary(clientToken),
      },
      { requiredKeys: entityTypes[kind].specRequired ? ["name", "spec"] : ["name"] },
    )
    .map(({ name, ...rest }) => ({ name, body: { ...rest, [entityTypes[kind].nameMember]: name } }));

/** Lists of tags, each key once. */
export const tags = (): fc.Arbitrary<TagList> =>
  (arbitrary(TagList) as fc.Arbitrary<TagList>).map((list) =>
    list.filter(({ key }, at) => list.findIndex((tag) => tag.key === key) === at),
  );
