import assert from "node:assert/strict";
import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { ProxyResources } from "@pulumi-appmesh/control-plane/translate/resources.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import type { RouteSpec, VirtualNodeSpec } from "@pulumi-appmesh/model";
import {
  answered,
  callAt,
  callThrough,
  type Echo,
  echoServer,
  greetingServer,
  type TestServer,
} from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { StaticEnvoy } from "../support/static-envoy.js";

/** What a proxy of a virtual node is told, in explicit interception at the address. */
export function explicit(
  document: MeshDocument,
  name: string,
  address: string,
  appPorts: Readonly<Record<string, number>> = {},
): ProxyResources {
  return translate(entitiesOf(document), {
    meshName: document.meshName,
    kind: "virtualNode",
    name,
    interception: { mode: "explicit", address, appPorts },
  });
}

describe("a proxy in explicit interception", function () {
  this.timeout(60_000);
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  const server = async (...args: Parameters<typeof echoServer>): Promise<TestServer> => {
    const started = await echoServer(...args);
    closers.push(() => started.close());
    return started;
  };
  const envoy = async (resources: ProxyResources): Promise<StaticEnvoy> => {
    const started = await StaticEnvoy.start(resources);
    closers.push(() => started.stop());
    return started;
  };
  const at = (port: number, protocol: "http" | "http2" | "tcp" = "http"): VirtualNodeSpec => ({
    listeners: [{ portMapping: { port, protocol } }],
    serviceDiscovery: { dns: { hostname: "127.0.0.1" } },
  });
  /** A caller `front` of `catalog.local`, which a router with these routes provides on port 8080. */
  const routed = (
    virtualNodes: Readonly<Record<string, VirtualNodeSpec>>,
    routes: Readonly<Record<string, RouteSpec>>,
    mesh: MeshDocument["mesh"] = {},
  ): MeshDocument => ({
    meshName: "shop",
    mesh,
    virtualNodes: {
      front: { backends: [{ virtualService: { virtualServiceName: "catalog.local" } }] },
      ...virtualNodes,
    },
    virtualServices: { "catalog.local": { provider: { virtualRouter: { virtualRouterName: "catalog" } } } },
    virtualRouters: { catalog: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
    routes: { catalog: routes },
  });
  const weighted = (shares: Readonly<Record<string, number>>): RouteSpec => ({
    httpRoute: {
      match: { prefix: "/" },
      action: {
        weightedTargets: Object.entries(shares).map(([virtualNode, weight]) => ({ virtualNode, weight })),
      },
    },
  });

  it("brings requests from one application to another, by host name, in both forms of a request", async () => {
    const app = await server("ratings");
    const ratings = await loopbackAddress(9080);
    const front = await loopbackAddress();
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        front: { backends: [{ virtualService: { virtualServiceName: "ratings.local" } }] },
        ratings: {
          listeners: [{ portMapping: { port: 9080, protocol: "http" } }],
          serviceDiscovery: { dns: { hostname: ratings } },
        },
      },
      virtualServices: { "ratings.local": { provider: { virtualNode: { virtualNodeName: "ratings" } } } },
    };
    await envoy(explicit(document, "ratings", ratings, { "9080": app.port }));
    await envoy(explicit(document, "front", front));

    for (const url of ["http://ratings.local:9080/stars?of=5", "http://ratings.local/stars?of=5"]) {
      const answer = await callThrough(`${front}:15001`, url);
      assert.equal(answer.status, 200);
      const echo = JSON.parse(answer.body) as Echo;
      assert.deepEqual(
        { server: echo.server, method: echo.method, url: echo.url, host: echo.headers.host },
        { server: "ratings", method: "GET", url: "/stars?of=5", host: new URL(url).host },
      );
    }
    assert.equal(
      answered(await callAt(`${front}:15001`, "/", { headers: { host: "ratings.local:9080" } })),
      "ratings",
    );
  });

  it("splits requests by weight, and follows a change of the weights without losing one", async () => {
    const v1 = await server("v1");
    const v2 = await server("v2");
    const front = await loopbackAddress();
    const nodes = { v1: at(v1.port), v2: at(v2.port) };
    const proxy = await envoy(explicit(routed(nodes, { all: weighted({ v1: 100, v2: 0 }) }), "front", front));
    const answers: string[] = [];
    let running = true;
    const traffic = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (running)
          answers.push(answered(await callThrough(`${front}:15001`, "http://catalog.local:8080/")));
      }),
    );
    const shareOf = async (v1: number, v2: number) => {
      await proxy.apply(explicit(routed(nodes, { all: weighted({ v1, v2 }) }), "front", front));
      const from = answers.length + 4;
      while (answers.length < from + 400) await new Promise((resolve) => setTimeout(resolve, 10));
      const sample = answers.slice(from, from + 400);
      return sample.filter((name) => name === "v2").length / sample.length;
    };
    const shares = [await shareOf(90, 10), await shareOf(1, 1), await shareOf(0, 100)];
    running = false;
    await traffic;
    // Five standard deviations of a binomial distribution of 400.
    assert.ok(Math.abs((shares[0] ?? 0) - 0.1) < 0.075, `${shares}`);
    assert.ok(Math.abs((shares[1] ?? 0) - 0.5) < 0.125, `${shares}`);
    assert.equal(shares[2], 1);
    assert.deepEqual([...new Set(answers)].sort(), ["v1", "v2"]);
    assert.equal(await proxy.stat("listener_manager.listener_modified"), 0, "a listener was rebuilt");
  });
});
