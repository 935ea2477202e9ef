import type {
  GatewayRouteSpec,
  MeshSpec,
  RouteSpec,
  VirtualGatewaySpec,
  VirtualNodeSpec,
  VirtualRouterSpec,
  VirtualServiceSpec,
} from "@pulumi-appmesh/model";
import type { MeshEntities, Named } from "./entities.js";

/** A whole mesh in one value: entities by their names, and routes below what they belong to. */
export interface MeshDocument {
  readonly meshName: string;
  /** null: the mesh does not exist. */
  readonly mesh?: MeshSpec | null;
  readonly virtualNodes?: Readonly<Record<string, VirtualNodeSpec>>;
  readonly virtualRouters?: Readonly<Record<string, VirtualRouterSpec>>;
  readonly virtualServices?: Readonly<Record<string, VirtualServiceSpec>>;
  readonly virtualGateways?: Readonly<Record<string, VirtualGatewaySpec>>;
  /** By virtual router, then by route. */
  readonly routes?: Readonly<Record<string, Readonly<Record<string, RouteSpec>>>>;
  /** By virtual gateway, then by gateway route. */
  readonly gatewayRoutes?: Readonly<Record<string, Readonly<Record<string, GatewayRouteSpec>>>>;
}

const noSpec = {};

export function entitiesOf(document: MeshDocument): MeshEntities {
  return {
    meshName: document.meshName,
    mesh: () => (document.mesh === null ? undefined : (document.mesh ?? noSpec)),
    virtualNode: (name) => own(document.virtualNodes, name),
    virtualRouter: (name) => own(document.virtualRouters, name),
    virtualService: (name) => own(document.virtualServices, name),
    virtualGateway: (name) => own(document.virtualGateways, name),
    routes: (router) => named(own(document.routes, router)),
    gatewayRoutes: (gateway) => named(own(document.gatewayRoutes, gateway)),
  };
}

const own = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;

const none: readonly never[] = [];
const lists = new WeakMap<object, readonly unknown[]>();

function named<S>(specs: Readonly<Record<string, S>> | undefined): readonly Named<S>[] {
  if (specs === undefined) return none;
  let list = lists.get(specs) as readonly Named<S>[] | undefined;
  if (list === undefined) {
    list = Object.entries(specs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, spec]) => ({ name, spec }));
    lists.set(specs, list);
  }
  return list;
}
