import type { Specs } from "@pulumi-appmesh/model";

/**
 * Looks into a value that may not be there yet. The specs are made twice by the same code: from what is known
 * already, to check it, and from a program's inputs, to make the resources.
 */
export type Lift = (value: unknown, look: (value: never) => unknown) => unknown;

/** What a service is made of; any part, at any depth, may be one that only `Lift` can look into. */
export interface MeshServiceParts {
  readonly listener: unknown;
  readonly backends?: unknown;
  readonly backendDefaults?: unknown;
  readonly logging?: unknown;
  readonly httpRoute?: unknown;
  readonly http2Route?: unknown;
  readonly grpcRoute?: unknown;
  readonly tcpRoute?: unknown;
  readonly versions: Readonly<Record<string, VersionParts>>;
}

export interface VersionParts {
  readonly weight: unknown;
  readonly serviceDiscovery?: unknown;
  readonly spec?: unknown;
  readonly virtualNodeName?: unknown;
  readonly port?: unknown;
}

export const ROUTE_KINDS = {
  http: "httpRoute",
  http2: "http2Route",
  grpc: "grpcRoute",
  tcp: "tcpRoute",
} as const;
type Protocol = keyof typeof ROUTE_KINDS;

/** In an order of their own: that of a map does not survive the way through the engine, and a route must not change by it. */
export const versionNames = ({ versions }: MeshServiceParts): string[] => Object.keys(versions).sort();

/** A version that names a virtual node has one already. */
export const needsNode = (version: VersionParts): boolean => version.virtualNodeName === undefined;

/** The virtual node of one version: its own spec, and behind it what the service says for all versions. */
export function nodeSpec(service: MeshServiceParts, version: VersionParts, lift: Lift): unknown {
  const { listener, backends, backendDefaults, logging } = service;
  const common = given({
    listeners: [listener],
    serviceDiscovery: version.serviceDiscovery,
    backends: backends === undefined ? undefined : lift(backends, (names: unknown[]) => names.map(backend)),
    backendDefaults,
    logging,
  });
  return version.spec === undefined
    ? common
    : lift(version.spec, (spec: object) => ({ ...common, ...given(spec) }));
}

export function routerSpec({ listener }: MeshServiceParts, lift: Lift): unknown {
  return {
    listeners: [{ portMapping: lift(listener, ({ portMapping }: { portMapping: unknown }) => portMapping) }],
  };
}

/** The route that shares out the traffic. `nodes` are the names of the virtual nodes, by version. */
export function routeSpec(
  service: MeshServiceParts,
  nodes: Readonly<Record<string, unknown>>,
  lift: Lift,
): unknown {
  const weightedTargets = versionNames(service).map((name) => {
    const { weight, port } = service.versions[name] as VersionParts;
    return given({ virtualNode: nodes[name], weight, port });
  });
  const spec = (protocol: Protocol) => {
    const kind = ROUTE_KINDS[protocol];
    const match = protocol === "tcp" ? undefined : protocol === "grpc" ? {} : { prefix: "/" };
    const base = given({ match, action: { weightedTargets } });
    const own = service[kind];
    return {
      [kind]: own === undefined ? base : lift(own, (settings: object) => ({ ...base, ...given(settings) })),
    };
  };
  return lift(service.listener, ({ portMapping }: { portMapping: unknown }) =>
    lift(portMapping, ({ protocol }: { protocol: unknown }) => lift(protocol, spec)),
  );
}

export const serviceSpec = (virtualRouterName: unknown) => ({
  provider: { virtualRouter: { virtualRouterName } },
});

const backend = (virtualServiceName: unknown) => ({ virtualService: { virtualServiceName } });

const given = (members: object): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));

/** The kinds of entity that a service is made of. */
export type MeshServiceKind = Extract<
  keyof Specs,
  "virtualNode" | "virtualRouter" | "route" | "virtualService"
>;
