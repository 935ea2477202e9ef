import type { Specs } from "@pulumi-appmesh/model";
import type { Lift } from "./lift.js";

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
  readonly priority?: unknown;
  readonly versions: Readonly<Record<string, VersionParts>>;
}

export interface VersionParts {
  readonly weight: unknown;
  readonly serviceDiscovery?: unknown;
  readonly spec?: unknown;
  readonly virtualNodeName?: unknown;
  readonly preview?: unknown;
  readonly port?: unknown;
}

export const ROUTE_KINDS = {
  http: "httpRoute",
  http2: "http2Route",
  grpc: "grpcRoute",
  tcp: "tcpRoute",
} as const;
export type Protocol = keyof typeof ROUTE_KINDS;

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
  return byProtocol(service, lift, (protocol) => {
    const kind = ROUTE_KINDS[protocol];
    return given({
      priority: service.priority,
      [kind]: lift(service[kind] ?? {}, (settings: object) => route(protocol, weightedTargets, settings)),
    });
  });
}

/** The route that leads what has a version's preview headers to that version, which runs in the virtual node `node`. */
export function previewSpec(service: MeshServiceParts, name: string, node: unknown, lift: Lift): unknown {
  const { preview, port } = service.versions[name] as VersionParts;
  const weightedTargets = [given({ virtualNode: node, weight: 1, port })];
  const spec = (protocol: Protocol, headers: unknown) => {
    const kind = ROUTE_KINDS[protocol];
    const member = headersMember(protocol);
    const settings = (own: object) => {
      const { match, ...rest } = route(protocol, weightedTargets, own) as { match: unknown };
      const matching = (all: Record<string, unknown>) => ({
        ...all,
        [member]: lift(all[member] ?? [], (others: unknown[]) =>
          lift(headers, (wanted: unknown[]) => [...others, ...wanted]),
        ),
      });
      return { ...rest, match: lift(match, matching) };
    };
    return { [kind]: lift(service[kind] ?? {}, settings) };
  };
  return lift(preview, ({ headers, priority }: { headers: unknown; priority?: unknown }) =>
    byProtocol(service, lift, (protocol) => ({ priority: priority ?? 0, ...spec(protocol, headers) })),
  );
}

/** What gRPC calls metadata, HTTP calls headers. */
export const headersMember = (protocol: Protocol): "metadata" | "headers" =>
  protocol === "grpc" ? "metadata" : "headers";

const byProtocol = (
  { listener }: MeshServiceParts,
  lift: Lift,
  make: (protocol: Protocol) => unknown,
): unknown =>
  lift(listener, ({ portMapping }: { portMapping: unknown }) =>
    lift(portMapping, ({ protocol }: { protocol: unknown }) => lift(protocol, make)),
  );

/** A route of a protocol: the service's own settings, and behind them one that takes everything. */
function route(protocol: Protocol, weightedTargets: readonly object[], settings: object): object {
  const match = protocol === "tcp" ? undefined : protocol === "grpc" ? {} : { prefix: "/" };
  return { ...given({ match, action: { weightedTargets } }), ...given(settings) };
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
