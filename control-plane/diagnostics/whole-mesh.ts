import {
  entityTypes,
  type GatewayRouteSpec,
  type Kind,
  type PortMapping,
  type RouteSpec,
  type Specs,
} from "@pulumi-appmesh/model";
import { type Address, addressPath, ownName, parentOf } from "../mesh/address.js";
import type { Entity } from "../mesh/entity.js";
import type { MeshState } from "../mesh/state.js";
import type { Named } from "../translate/entities.js";
import type { Turns } from "./turns.js";

const kinds = ["virtualNode", "virtualRouter", "virtualService", "virtualGateway"] as const;
type ChildKind = (typeof kinds)[number];

/** As translation names it. */
interface Place {
  readonly entity: string;
  readonly path: string;
}

/** What is below one parent. */
interface Children<K extends Kind> {
  /** In the order of their names. */
  readonly all: readonly Entity<K>[];
  readonly named: readonly Named<Specs[K]>[];
  readonly byName: ReadonlyMap<string, Entity<K>>;
}

type ChildrenByKind = { readonly [K in ChildKind]: Children<K> };

/**
 * Everything in one mesh, as of the revision at which it is made, for rules to look around in. Whoever goes through all of
 * a kind waits for the next turn at each of them: what changes meanwhile does not show.
 */
export class WholeMesh {
  readonly #mesh: Address<"mesh">;
  readonly #entity: Entity<"mesh"> | undefined;
  readonly #children: ChildrenByKind;
  /** Routes and gateway routes, by the name of their router or gateway. */
  readonly #routes = new Map<string, Children<"route">>();
  readonly #gatewayRoutes = new Map<string, Children<"gatewayRoute">>();
  /** The gateway routes that lead to each virtual service. */
  #leading: ReadonlyMap<string | undefined, readonly Entity<"gatewayRoute">[]> | undefined;
  readonly #turns: Turns;
  /** The records of the mesh that cannot be read. */
  readonly unreadable: ReturnType<MeshState["unreadable"]>;

  constructor(state: MeshState, mesh: Address<"mesh">, turns: Turns) {
    this.#mesh = mesh;
    this.#turns = turns;
    this.unreadable = state.unreadable(mesh);
    this.#entity = state.known(mesh);
    this.#children = Object.fromEntries(
      kinds.map((kind) => [kind, childrenOf(state, mesh, kind)]),
    ) as unknown as ChildrenByKind;
    for (const { address } of this.#children.virtualRouter.all)
      this.#routes.set(ownName(address), childrenOf(state, address, "route"));
    for (const { address } of this.#children.virtualGateway.all)
      this.#gatewayRoutes.set(ownName(address), childrenOf(state, address, "gatewayRoute"));
  }

  get address(): Address<"mesh"> {
    return this.#mesh;
  }

  get spec(): Specs["mesh"] | undefined {
    return this.#entity?.spec;
  }

  /** In the order of their names. */
  all<K extends ChildKind>(kind: K): AsyncIterable<Entity<K>> {
    return this.#inTurns(this.#of(kind).all);
  }

  get<K extends ChildKind>(kind: K, name: string): Entity<K> | undefined {
    return this.#of(kind).byName.get(name);
  }

  /** Any entity of the mesh, and the mesh itself. */
  at({ kind, names }: Address): Entity | undefined {
    const [, name = "", child = ""] = names;
    switch (kind) {
      case "mesh":
        return this.#entity;
      case "route":
        return this.#routes.get(name)?.byName.get(child);
      case "gatewayRoute":
        return this.#gatewayRoutes.get(name)?.byName.get(child);
      default:
        return this.get(kind, name);
    }
  }

  routesOf(router: Address<"virtualRouter">): readonly Entity<"route">[] {
    return this.#routes.get(ownName(router))?.all ?? [];
  }

  gatewayRoutesOf(gateway: Address<"virtualGateway">): readonly Entity<"gatewayRoute">[] {
    return this.#gatewayRoutes.get(ownName(gateway))?.all ?? [];
  }

  namedRoutes(router: string): readonly Named<RouteSpec>[] {
    return this.#routes.get(router)?.named ?? [];
  }

  namedGatewayRoutes(gateway: string): readonly Named<GatewayRouteSpec>[] {
    return this.#gatewayRoutes.get(gateway)?.named ?? [];
  }

  routes(): AsyncIterable<Entity<"route">> {
    return this.#inTurns(allOf(this.#routes));
  }

  gatewayRoutes(): AsyncIterable<Entity<"gatewayRoute">> {
    return this.#inTurns(allOf(this.#gatewayRoutes));
  }

  /** Where translation tells that a virtual service cannot be called: there, and at the gateway routes that lead to it. */
  leadingTo(service: string): readonly Place[] {
    this.#leading ??= Map.groupBy(
      allOf(this.#gatewayRoutes),
      ({ spec }) => gatewayTargetOf(spec)?.virtualService.virtualServiceName,
    );
    return [
      { entity: `virtualService/${service}`, path: "" },
      ...(this.#leading.get(service) ?? []).map(({ address, spec }) => ({
        entity: entityName(address),
        path: `${routeKind(spec)?.path}.action.target`,
      })),
    ];
  }

  routerOf(route: Address<"route">): Entity<"virtualRouter"> | undefined {
    return this.get("virtualRouter", ownName(parentOf(route) as Address));
  }

  gatewayOf(route: Address<"gatewayRoute">): Entity<"virtualGateway"> | undefined {
    return this.get("virtualGateway", ownName(parentOf(route) as Address));
  }

  #of<K extends ChildKind>(kind: K): Children<K> {
    return this.#children[kind] as unknown as Children<K>;
  }

  async *#inTurns<E>(entities: Iterable<E>): AsyncIterable<E> {
    for (const entity of entities) {
      await this.#turns.next();
      yield entity;
    }
  }
}

function childrenOf<K extends Kind>(state: MeshState, parent: Address, kind: K): Children<K> {
  const collection = state.children(parent, kind);
  const all = [...collection];
  const byName = new Map(all.map((entity) => [ownName(entity.address), entity]));
  return { all, named: collection.named(), byName };
}

function* allOf<K extends Kind>(parents: ReadonlyMap<string, Children<K>>): Iterable<Entity<K>> {
  for (const { all } of parents.values()) yield* all;
}

/** What a route of either kind is made of, whatever its protocol. */
export interface RouteKind {
  readonly protocol: PortMapping["protocol"];
  /** Where it stands in the spec: `spec.httpRoute`. */
  readonly path: string;
  readonly match: { readonly port?: number; readonly [member: string]: unknown };
}

const protocols = { httpRoute: "http", http2Route: "http2", grpcRoute: "grpc", tcpRoute: "tcp" } as const;

export function routeKind(spec: RouteSpec | GatewayRouteSpec): RouteKind | undefined {
  for (const [member, protocol] of Object.entries(protocols)) {
    const route = (spec as Record<string, { match?: RouteKind["match"] }>)[member];
    if (route !== undefined) return { protocol, path: `spec.${member}`, match: route.match ?? {} };
  }
  return undefined;
}

export const targetsOf = ({ httpRoute, http2Route, grpcRoute, tcpRoute }: RouteSpec) =>
  (httpRoute ?? http2Route ?? grpcRoute ?? tcpRoute)?.action.weightedTargets ?? [];

export const gatewayTargetOf = ({ httpRoute, http2Route, grpcRoute }: GatewayRouteSpec) =>
  (httpRoute ?? http2Route ?? grpcRoute)?.action.target;

/** `virtualRouter/catalog/route/canary`, as translation names entities too. */
export const entityName = (address: Address): string =>
  address.kind === "mesh"
    ? addressPath(address)
    : addressPath(address).slice(`mesh/${address.names[0]}/`.length);

/** "virtual node catalog-v1" */
export const spoken = (address: Address): string => `${title(address.kind)} ${ownName(address)}`;

export const title = (kind: Kind): string =>
  entityTypes[kind].title.replace(/(?!^)[A-Z]/g, " $&").toLowerCase();
