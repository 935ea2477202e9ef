import { entityTypes, type Kind } from "@pulumi-appmesh/model";

/** One limit of how many there may be of something. */
export interface LimitDefinition {
  /** App Mesh's default quota, which AWS raised on request. */
  readonly default: number;
  /** What is counted, and where: "virtual nodes in one mesh, whoever owns them". */
  readonly counts: string;
}

/**
 * The limits that App Mesh put on an account, with its default quotas: those that AWS's own engineers list in
 * aws/aws-app-mesh-roadmap#263 ("Increase Limits Even More"), and the number of tags, which the API's own
 * TooManyTagsException names. A mesh's limits hold for all who share it, as in App Mesh's "Working with shared meshes".
 *
 * Not here: weighted targets per route, which the model limits to 10 in every SDK, and Envoy processes per virtual
 * node, which nothing limits.
 */
export const limitDefinitions = {
  meshesPerAccount: { default: 15, counts: "meshes that one account owns" },
  virtualNodesPerMesh: { default: 200, counts: "virtual nodes in one mesh, whoever owns them" },
  virtualRoutersPerMesh: { default: 200, counts: "virtual routers in one mesh, whoever owns them" },
  virtualServicesPerMesh: { default: 200, counts: "virtual services in one mesh, whoever owns them" },
  virtualGatewaysPerMesh: { default: 3, counts: "virtual gateways in one mesh" },
  routesPerVirtualRouter: { default: 50, counts: "routes of one virtual router" },
  gatewayRoutesPerVirtualGateway: { default: 10, counts: "gateway routes of one virtual gateway" },
  backendsPerVirtualNode: { default: 50, counts: "backends of one virtual node" },
  tagsPerResource: { default: 50, counts: "tags of one entity" },
} as const satisfies Record<string, LimitDefinition>;

export type LimitName = keyof typeof limitDefinitions;

/** How many there may be at most. Infinity: there is no limit. */
export type Limits = Readonly<Record<LimitName, number>>;

export const limitNames = Object.keys(limitDefinitions) as LimitName[];

const every = (value: (name: LimitName) => number): Limits =>
  Object.fromEntries(limitNames.map((name) => [name, value(name)])) as Record<LimitName, number>;

/** App Mesh's own. */
export const defaultLimits: Limits = every((name) => limitDefinitions[name].default);

export const noLimits: Limits = every(() => Number.POSITIVE_INFINITY);

/** As text that keeps what has no limit, too, for those who have to hold limits that were set elsewhere. */
export const encodeLimits = (limits: Limits): string =>
  JSON.stringify(limits, (_, value) => (value === Number.POSITIVE_INFINITY ? "none" : value));

export const decodeLimits = (text: string): Limits => ({
  ...defaultLimits,
  ...JSON.parse(text, (_, value) => (value === "none" ? Number.POSITIVE_INFINITY : value)),
});

/** The limit on the number of entities of a kind in what they live in. */
export const limitOf: Readonly<Record<Kind, LimitName>> = {
  mesh: "meshesPerAccount",
  virtualNode: "virtualNodesPerMesh",
  virtualRouter: "virtualRoutersPerMesh",
  route: "routesPerVirtualRouter",
  virtualService: "virtualServicesPerMesh",
  virtualGateway: "virtualGatewaysPerMesh",
  gatewayRoute: "gatewayRoutesPerVirtualGateway",
};

/** How a limit is told, and lifted. One sentence, the same wherever a limit is met. */
export const beyond = (name: LimitName, value: number, would: string): string =>
  `${would}; the limit ${name} of this control plane is ${value}. ` +
  `Remove some first, or start it with a higher limit: appmesh serve --limit ${name}=${2 * value} (or ${name}=none)`;

/** "virtual nodes", as people write it. */
export const pluralOf = (kind: Kind): string =>
  kind === "mesh" ? "meshes" : `${entityTypes[kind].title.replace(/(?!^)[A-Z]/g, " $&").toLowerCase()}s`;
