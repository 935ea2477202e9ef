import assert from "node:assert/strict";
import type { GatewayRouteSpec, RouteSpec } from "@pulumi-appmesh/model";
import { entitiesOf, type MeshDocument } from "./document.js";
import type { MeshEntities } from "./entities.js";
import { translate } from "./translate.js";

const node = (hostname: string) => ({
  listeners: [{ portMapping: { port: 8080, protocol: "http" as const } }],
  serviceDiscovery: { dns: { hostname } },
});
const route = (weight: number): RouteSpec => ({
  httpRoute: {
    match: { prefix: "/" },
    action: {
      weightedTargets: [
        { virtualNode: "v1", weight },
        { virtualNode: "v2", weight: 100 - weight },
      ],
    },
  },
});
const to = (virtualServiceName: string, prefix: string): GatewayRouteSpec => ({
  httpRoute: { match: { prefix }, action: { target: { virtualService: { virtualServiceName } } } },
});
const document = {
  meshName: "shop",
  virtualNodes: {
    front: {
      backends: ["catalog.local", "ratings.local"].map((virtualServiceName) => ({
        virtualService: { virtualServiceName },
      })),
    },
    v1: node("v1.local"),
    v2: node("v2.local"),
    ratings: node("ratings.local"),
    stranger: node("stranger.local"),
  },
  virtualServices: {
    "catalog.local": { provider: { virtualRouter: { virtualRouterName: "catalog" } } },
    "ratings.local": { provider: { virtualNode: { virtualNodeName: "ratings" } } },
    "stranger.local": { provider: { virtualNode: { virtualNodeName: "stranger" } } },
  },
  virtualRouters: { catalog: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
  routes: { catalog: { all: route(50) } },
  virtualGateways: {
    edge: { listeners: [{ portMapping: { port: 8088, protocol: "http" } }] },
    other: { listeners: [{ portMapping: { port: 80, protocol: "http" } }] },
  },
  gatewayRoutes: {
    edge: {
      catalog: to("catalog.local", "/catalog"),
      ratings: to("ratings.local", "/ratings"),
      unheard: { grpcRoute: { match: {}, action: to("stranger.local", "/").httpRoute?.action as never } },
    },
    other: { catalog: to("catalog.local", "/") },
  },
} satisfies MeshDocument;

const told = (
  name: string,
  of: MeshDocument = document,
  kind: "virtualGateway" | "virtualNode" = "virtualGateway",
) => toldBy(entitiesOf(of), name, kind);
const toldBy = (
  entities: MeshEntities,
  name: string,
  kind: "virtualGateway" | "virtualNode" = "virtualGateway",
) => translate(entities, { meshName: "shop", kind, name, interception: { mode: "transparent" } });

describe("what proxies of a virtual gateway are told", () => {
  it("is the same object for the same mesh", () => {
    assert.equal(told("edge", { ...document }), told("edge"));
  });

  it("shares clusters with the virtual nodes that call the same services", () => {
    const [edge, front] = [told("edge"), told("front", document, "virtualNode")];
    const names = ["v1", "v2", "ratings"].map((target) => `cds_egress_shop_${target}_http_8080`);
    for (const wanted of names) {
      const [ours, theirs] = [edge, front].map(({ clusters }) =>
        clusters.find(({ name }) => name === wanted),
      );
      assert.ok(ours);
      assert.equal(ours, theirs);
    }
  });

  it("changes in its egress alone when a router's weights change", () => {
    const before = told("edge");
    const after = told("edge", { ...document, routes: { catalog: { all: route(10) } } });
    const changed = (kind: "clusters" | "listeners" | "routes") =>
      after[kind].filter((resource, i) => resource !== before[kind][i]).map(({ name }) => name);
    assert.deepEqual(
      { clusters: changed("clusters"), listeners: changed("listeners"), routes: changed("routes") },
      { clusters: [], listeners: [], routes: ["rds_egress_http_15001"] },
    );
  });

  it("changes in its routes alone when a gateway route changes", () => {
    const before = told("edge");
    const gatewayRoutes = {
      ...document.gatewayRoutes,
      edge: { ...document.gatewayRoutes.edge, ratings: to("ratings.local", "/stars") },
    };
    const after = told("edge", { ...document, gatewayRoutes });
    assert.deepEqual(
      [after.clusters === before.clusters, after.listeners === before.listeners],
      [true, true],
    );
    assert.deepEqual(
      after.routes.filter((resource, i) => resource !== before.routes[i]).map(({ name }) => name),
      ["rds_ingress_http_8088"],
    );
  });

  it("is made by reading no more than it depends on", () => {
    const reads = new Set<string>();
    const recorded = new Proxy(entitiesOf(document), {
      get: (target, method: keyof MeshEntities) => {
        const value = target[method] as unknown;
        if (typeof value !== "function") return value;
        return (...args: string[]) => {
          reads.add([method, ...args].join("/"));
          return value.apply(target, args);
        };
      },
    });
    toldBy(recorded, "edge");
    const expected = [
      "gatewayRoutes/edge",
      "mesh",
      "routes/catalog",
      "virtualGateway/edge",
      "virtualNode/ratings",
      "virtualNode/v1",
      "virtualNode/v2",
      "virtualRouter/catalog",
      "virtualService/catalog.local",
      "virtualService/ratings.local",
    ];
    assert.deepEqual([...reads].sort(), expected);
    reads.clear();
    toldBy(recorded, "edge");
    assert.deepEqual([...reads].sort(), expected, "what is remembered is still read");
  });

  it("leaves out, and tells, what no proxy could do", () => {
    const gateway = (name: string, interception: Parameters<typeof translate>[1]["interception"]) =>
      translate(entitiesOf({ ...document, virtualGateways: twoListeners }), {
        meshName: "shop",
        kind: "virtualGateway",
        name,
        interception,
      });
    const listener = (port: number) => ({ portMapping: { port, protocol: "http" as const } });
    const twoListeners = { edge: { listeners: [listener(8088), listener(8088)] } };
    assert.deepEqual(
      gateway("edge", { mode: "explicit", address: "edge.example.com", appPorts: {} }).problems.filter(
        ({ entity }) => entity === "virtualGateway/edge",
      ),
      [
        {
          entity: "virtualGateway/edge",
          path: "spec.listeners[0]",
          message: `the proxy's address "edge.example.com" is no IP address: the listener is left out`,
        },
        {
          entity: "virtualGateway/edge",
          path: "spec.listeners[1].portMapping.port",
          message: "an earlier listener has port 8088: the listener is left out",
        },
      ],
    );
  });
});
