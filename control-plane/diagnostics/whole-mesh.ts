import {
  entityTypes,
  type GatewayRouteSpec,
  type Kind,
  type PortMapping,
  type RouteSpec,
} from "@pulumi-appmesh/model";
import { type Address, addressPath, childOf, ownName, parentOf } from "../mesh/address.js";
import type { Entity } from "../mesh/entity.js";
import type { MeshState } from "../mesh/state.js";

type ChildKind = "virtualNode" | "virtualRouter" | "virtualService" | "virtualGateway";

/** Everything in one mesh, for rules to look around in. */
export class WholeMesh {
  readonly #state: MeshState;
  readonly #mesh: Address<"mesh">;

  constructor(state: MeshState, mesh: Address<"mesh">) {
    this.#state = state;
    this.#mesh = mesh;
  }

  /** In the order of their names. */
  *all<K extends ChildKind>(kind: K): Iterable<Entity<K>> {
    yield* this.#state.children(this.#mesh, kind);
  }

  get<K extends ChildKind>(kind: K, name: string): Entity<K> | undefined {
    return this.#state.known(childOf(this.#mesh, kind, name));
  }

  routesOf(router: Address<"virtualRouter">): Iterable<Entity<"route">> {
    return this.#state.children(router, "route");
  }

  gatewayRoutesOf(gateway: Address<"virtualGateway">): Iterable<Entity<"gatewayRoute">> {
    return this.#state.children(gateway, "gatewayRoute");
  }

  *routes(): Iterable<Entity<"route">> {
    for (const { address } of this.all("virtualRouter")) yield* this.routesOf(address);
  }

  *gatewayRoutes(): Iterable<Entity<"gatewayRoute">> {
    for (const { address } of this.all("virtualGateway")) yield* this.gatewayRoutesOf(address);
  }

  /** Where translation tells that a virtual service cannot be called: there, and at the gateway routes that lead to it. */
  *leadingTo(service: string): Iterable<{ readonly entity: string; readonly path: string }> {
    yield { entity: `virtualService/${service}`, path: "" };
    for (const { address, spec } of this.gatewayRoutes()) {
      if (gatewayTargetOf(spec)?.virtualService.virtualServiceName !== service) continue;
      yield { entity: entityName(address), path: `${routeKind(spec)?.path}.action.target` };
    }
  }

  routerOf(route: Address<"route">): Entity<"virtualRouter"> | undefined {
    return this.#state.known(parentOf(route) as Address<"virtualRouter">);
  }

  gatewayOf(route: Address<"gatewayRoute">): Entity<"virtualGateway"> | undefined {
    return this.#state.known(parentOf(route) as Address<"virtualGateway">);
  }
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
