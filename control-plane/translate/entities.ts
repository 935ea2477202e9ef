import type {
  GatewayRouteSpec,
  MeshSpec,
  RouteSpec,
  VirtualGatewaySpec,
  VirtualNodeSpec,
  VirtualRouterSpec,
  VirtualServiceSpec,
} from "@pulumi-appmesh/model";

/**
 * The entities of one mesh, as translation reads them. Specs are immutable, and the object of an unchanged
 * entity stays the same from one change to the next: what is derived from it may be kept by its identity.
 */
export interface MeshEntities {
  readonly meshName: string;
  /** undefined where the mesh does not exist. */
  mesh(): MeshSpec | undefined;
  virtualNode(name: string): VirtualNodeSpec | undefined;
  virtualRouter(name: string): VirtualRouterSpec | undefined;
  virtualService(name: string): VirtualServiceSpec | undefined;
  virtualGateway(name: string): VirtualGatewaySpec | undefined;
  /** By name, in the order of their names. The same array as long as none of them changes. */
  routes(virtualRouterName: string): readonly Named<RouteSpec>[];
  gatewayRoutes(virtualGatewayName: string): readonly Named<GatewayRouteSpec>[];
  /**
   * What `compute`, a function of nothing but what it is given, makes of these entities for a name: remembered
   * while nothing of the mesh changes, so that a service is read once for the hundreds of proxies that call it.
   * Where this is missing, call `compute`.
   */
  derive?<T>(compute: (entities: MeshEntities, name: string) => T, name: string): T;
}

export interface Named<S> {
  readonly name: string;
  readonly spec: S;
}

/** What a proxy says of itself, from its node id and metadata. */
export interface Proxy {
  /** The account that owns the mesh, where the proxy names one. */
  readonly meshOwner?: string;
  readonly meshName: string;
  readonly kind: "virtualNode" | "virtualGateway";
  readonly name: string;
  readonly interception: Interception;
}

/**
 * How traffic reaches Envoy. `transparent`: redirected to 15000 and 15001 with its original destination.
 * `explicit`: Envoy listens on `address` at the service's own ports, and applications call it as an HTTP proxy.
 */
export type Interception = { readonly mode: "transparent" } | ExplicitInterception;

export interface ExplicitInterception {
  readonly mode: "explicit";
  /** Where the ingress listens. */
  readonly address: string;
  /**
   * The application's own port on 127.0.0.1, by listener port; under `*`, that of every listener that is not
   * named. The listener's port where none is given.
   */
  readonly appPorts: Readonly<Record<string, number>>;
}
