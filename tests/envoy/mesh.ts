// Meshes in which a virtual node `front` calls `catalog.local`, and the real servers and Envoys of a test.
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import { entitiesOf } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { ExplicitInterception } from "@pulumi-appmesh/control-plane/translate/entities.js";
import type { ProxyResources } from "@pulumi-appmesh/control-plane/translate/resources.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import type {
  Backend,
  HttpRoute,
  HttpRouteMatch,
  Listener,
  PortProtocol,
  RouteSpec,
  VirtualNodeSpec,
} from "@pulumi-appmesh/model";
import { echoServer, greetingServer } from "../support/http.js";
import { StaticEnvoy, type StaticEnvoyOptions } from "../support/static-envoy.js";

/** A virtual node whose application listens right at 127.0.0.1:port. */
export const nodeAt = (
  port: number,
  protocol: PortProtocol = "http",
  more: Partial<Listener> = {},
  hostname = "127.0.0.1",
): VirtualNodeSpec => ({
  listeners: [{ portMapping: { port, protocol }, ...more }],
  serviceDiscovery: { dns: { hostname } },
});

export const calling = (...services: readonly string[]): { readonly backends: readonly Backend[] } => ({
  backends: services.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
});

export const route = (
  match: HttpRouteMatch,
  shares: Readonly<Record<string, number>>,
  more: Partial<HttpRoute> = {},
): RouteSpec => ({
  httpRoute: {
    match,
    action: {
      weightedTargets: Object.entries(shares).map(([virtualNode, weight]) => ({ virtualNode, weight })),
    },
    ...more,
  },
});

/** `front` calls `catalog.local`, which a virtual router with these routes provides. */
export const routed = (
  virtualNodes: Readonly<Record<string, VirtualNodeSpec>>,
  routes: Readonly<Record<string, RouteSpec>>,
  { port = 8080, protocol = "http" as PortProtocol, mesh = {} as NonNullable<MeshDocument["mesh"]> } = {},
): MeshDocument => ({
  meshName: "shop",
  mesh,
  virtualNodes: { front: calling("catalog.local"), ...virtualNodes },
  virtualServices: { "catalog.local": { provider: { virtualRouter: { virtualRouterName: "catalog" } } } },
  virtualRouters: { catalog: { listeners: [{ portMapping: { port, protocol } }] } },
  routes: { catalog: routes },
});

/** `front` calls `catalog.local`, which one virtual node provides. */
export const provided = (node: VirtualNodeSpec, front: VirtualNodeSpec = {}): MeshDocument => ({
  meshName: "shop",
  virtualNodes: { front: { ...calling("catalog.local"), ...front }, catalog: node },
  virtualServices: { "catalog.local": { provider: { virtualNode: { virtualNodeName: "catalog" } } } },
});

/** What a proxy of a virtual node is told, in explicit interception at the address. */
export const explicit = (
  document: MeshDocument,
  name: string,
  address: string,
  appPorts: ExplicitInterception["appPorts"] = {},
): ProxyResources =>
  translate(entitiesOf(document), {
    meshName: document.meshName,
    kind: "virtualNode",
    name,
    interception: { mode: "explicit", address, appPorts },
  });

export const transparent = (document: MeshDocument, name: string): ProxyResources =>
  translate(entitiesOf(document), {
    meshName: document.meshName,
    kind: "virtualNode",
    name,
    interception: { mode: "transparent" },
  });

/** What a test starts, and what ends with it: call `end` in afterEach. */
export class Started {
  readonly #closers: (() => Promise<void>)[] = [];

  readonly server: typeof echoServer = async (...args) => this.#keep(await echoServer(...args));
  readonly greeting: typeof greetingServer = async (...args) => this.#keep(await greetingServer(...args));

  async envoy(resources: ProxyResources, options: StaticEnvoyOptions = {}): Promise<StaticEnvoy> {
    const envoy = await StaticEnvoy.start(resources, options);
    this.#closers.push(() => envoy.stop());
    return envoy;
  }

  until<T extends { close(): Promise<void> }>(closed: T): T {
    return this.#keep(closed);
  }

  async end(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  #keep<T extends { close(): Promise<void> }>(started: T): T {
    this.#closers.push(() => started.close());
    return started;
  }
}
