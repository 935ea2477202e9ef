import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { RouteSpec } from "@pulumi-appmesh/model";
import { entitiesOf, type MeshDocument } from "./document.js";
import type { Interception, MeshEntities } from "./entities.js";
import { translate } from "./translate.js";

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
const node = (hostname: string) => ({
  listeners: [{ portMapping: { port: 8080, protocol: "http" as const } }],
  serviceDiscovery: { dns: { hostname } },
});
const backends = (...names: string[]) => ({
  backends: names.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
});
const document: MeshDocument = {
  meshName: "shop",
  virtualNodes: {
    one: backends("catalog.local", "ratings.local"),
    two: backends("ratings.local", "catalog.local"),
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
};
const transparent: Interception = { mode: "transparent" };
const explicit = (address: string): Interception => ({ mode: "explicit", address, appPorts: {} });

const told = (name: string, interception: Interception, of: MeshDocument = document) =>
  toldBy(entitiesOf(of), name, interception);
const toldBy = (entities: MeshEntities, name: string, interception: Interception) =>
  translate(entities, { meshName: "shop", kind: "virtualNode", name, interception });
const hosts = (resources: ReturnType<typeof told>, routes: string) =>
  resources.routes.find(({ name }) => name === routes)?.json.virtualHosts ?? [];

describe("what proxies are told", () => {
  it("is made of the same clusters and virtual hosts for all that call the same services", () => {
    const [one, two] = [told("one", transparent), told("two", transparent)];
    assert.deepEqual(
      one.clusters.map(({ name }) => name),
      [
        "cds_egress_shop_amazonaws",
        "cds_egress_shop_ratings_http_8080",
        "cds_egress_shop_v1_http_8080",
        "cds_egress_shop_v2_http_8080",
      ],
    );
    for (const [i, cluster] of one.clusters.entries()) assert.equal(two.clusters[i], cluster);
    assert.deepEqual(one.routes, two.routes);
    assert.equal(one.routes[0], two.routes[0]);

    const [here, there] = [told("one", explicit("127.0.1.2")), told("two", explicit("127.0.1.3"))];
    assert.equal(here.routes[0], there.routes[0]);
    for (const name of ["cds_egress_shop_v1_http_8080", "cds_egress_shop_ratings_http_8080"]) {
      const [inOne, ...inOthers] = [one, here, there].map(({ clusters }) =>
        clusters.find((cluster) => cluster.name === name),
      );
      assert.ok(inOne);
      for (const cluster of inOthers) assert.equal(cluster, inOne);
    }
  });

  it("changes only where something changed", () => {
    const before = told("one", transparent);
    const after = told("one", transparent, { ...document, routes: { catalog: { all: route(10) } } });
    assert.notEqual(after, before);
    for (const [i, cluster] of before.clusters.entries()) assert.equal(after.clusters[i], cluster);
    for (const [i, listener] of before.listeners.entries()) assert.equal(after.listeners[i], listener);
    const [catalogBefore, ...othersBefore] = hosts(before, "rds_egress_http_8080");
    const [catalogAfter, ...othersAfter] = hosts(after, "rds_egress_http_8080");
    assert.notEqual(catalogAfter, catalogBefore);
    for (const [i, host] of othersBefore.entries()) assert.equal(othersAfter[i], host);

    const elsewhere = {
      ...document,
      virtualNodes: { ...document.virtualNodes, stranger: node("moved.local") },
    };
    assert.equal(told("one", transparent, elsewhere), before);
  });

  it("stays the same when a mesh is updated in what does not concern it", () => {
    const before = told("one", transparent);
    const updated = { ...document, mesh: { egressFilter: { type: "DROP_ALL" as const } } };
    assert.equal(told("one", transparent, updated), before);
  });

  it("is forgotten with the entities that it was made of, whatever they were called", async () => {
    setFlagsFromString("--expose_gc");
    const collect: () => void = runInNewContext("gc");
    const comesAndGoes = (name: string) => {
      const mesh: MeshDocument = {
        meshName: "shop",
        virtualNodes: { caller: backends(name, `gone-${name}`), [name]: node(name) },
        virtualServices: { [name]: { provider: { virtualRouter: { virtualRouterName: name } } } },
        virtualRouters: { [name]: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
        routes: {
          [name]: {
            all: {
              httpRoute: {
                match: { prefix: "/" },
                action: { weightedTargets: [{ virtualNode: name, weight: 1 }] },
              },
            },
          },
        },
      };
      for (const of of ["caller", name]) {
        for (const interception of [transparent, explicit("127.0.0.1")]) told(of, interception, mesh);
      }
    };
    const used = async (names: string, count: number) => {
      for (let i = 0; i < count; i++) comesAndGoes(`${names}-${i}.local`);
      await turn();
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = await used("before", 500);
    const kept = ((await used("measured", 1000)) - before) / 1000;
    assert.ok(kept < 2000, `${kept} bytes are kept of each`);
  });

  it("is made by reading no more than it depends on", () => {
    const reads = new Set<string>();
    const entities = entitiesOf(document);
    const recorded = new Proxy(entities, {
      get: (target, method: keyof MeshEntities) => {
        const value = target[method] as unknown;
        if (typeof value !== "function") return value;
        return (...args: string[]) => {
          reads.add([method, ...args].join("/"));
          return value.apply(target, args);
        };
      },
    });
    toldBy(recorded, "one", transparent);
    const expected = [
      "mesh",
      "routes/catalog",
      "virtualNode/one",
      "virtualNode/ratings",
      "virtualNode/v1",
      "virtualNode/v2",
      "virtualRouter/catalog",
      "virtualService/catalog.local",
      "virtualService/ratings.local",
    ];
    assert.deepEqual([...reads].sort(), expected);
    reads.clear();
    toldBy(recorded, "one", transparent);
    assert.deepEqual([...reads].sort(), expected, "what is remembered is still read");
  });
});
