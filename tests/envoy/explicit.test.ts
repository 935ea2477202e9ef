import assert from "node:assert/strict";
import { connect } from "node:net";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import { dnsServer } from "../support/dns.js";
import { answered, callAt, callThrough, type Echo, http2CallAt, tunnelThrough } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { webSocketAt, webSocketServer } from "../support/websocket.js";
import { calling, explicit, nodeAt, provided, route, routed, Started } from "./mesh.js";

describe("explicit interception", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());
  const catalog = "http://catalog.local:8080";

  // Shows: virtualNode.backends[].virtualService.virtualServiceName, virtualService.provider.virtualNode.virtualNodeName
  it("brings requests from one application to another, by host name, in both forms of a request", async () => {
    const app = await started.server("ratings");
    const [ratings, front] = [await loopbackAddress(9080), await loopbackAddress()];
    const document = provided(nodeAt(9080, "http", {}, ratings));
    await started.envoy(explicit(document, "catalog", ratings, { "9080": app.port }));
    await started.envoy(explicit(document, "front", front));

    for (const url of [
      "http://catalog.local:9080/stars?of=5",
      "http://catalog.local/stars?of=5",
      "http://CATALOG.local/stars?of=5",
    ]) {
      const answer = await callThrough(`${front}:15001`, url, { method: "POST", body: "hello" });
      const echo = JSON.parse(answer.body) as Echo;
      assert.deepEqual(
        {
          status: answer.status,
          server: echo.server,
          method: echo.method,
          url: echo.url,
          host: echo.headers.host,
        },
        { status: 200, server: "ratings", method: "POST", url: "/stars?of=5", host: url.split("/")[2] },
      );
    }
    // The dot that keeps resolvers from searching is no part of the name.
    const dotted = await callThrough(`${front}:15001`, "http://catalog.local.:9080/");
    assert.equal((JSON.parse(dotted.body) as Echo).headers.host, "catalog.local:9080");
    const originForm = await callAt(`${front}:15001`, "/", { headers: { host: "catalog.local:9080" } });
    assert.equal(answered(originForm), "ratings");
  });

  // Shows: mesh.egressFilter.type
  it("refuses what no backend serves, and says why, while the egress filter is DROP_ALL", async () => {
    const [outside, front] = [await started.server("outside"), await loopbackAddress()];
    const app = await started.server("catalog");
    await started.envoy(explicit(provided(nodeAt(app.port)), "front", front));
    const refusal =
      "403 no backend of this virtual node serves this host and port, and the egress filter of mesh shop is DROP_ALL: " +
      "add the virtual service to the node's backends, or call it by its own name and port";
    for (const url of [
      `http://127.0.0.1:${outside.port}/`,
      `http://localhost:${outside.port}/`,
      "http://catalog.local:9999/",
      "http://other.catalog.local/",
    ]) {
      assert.equal(answered(await callThrough(`${front}:15001`, url)), refusal);
    }
    assert.equal((await tunnelThrough(`${front}:15001`, `127.0.0.1:${outside.port}`)).status, 403);
    assert.equal(outside.requests, 0);
    assert.equal(
      answered(await callThrough(`${front}:15001`, `http://catalog.local:${app.port}/`)),
      "catalog",
    );
  });

  // Shows: mesh.egressFilter.type
  it("passes on what no backend serves while the egress filter is ALLOW_ALL", async () => {
    const [outside, front] = [await started.server("outside"), await loopbackAddress()];
    const document: MeshDocument = {
      ...provided(nodeAt(8080)),
      mesh: { egressFilter: { type: "ALLOW_ALL" } },
    };
    const proxy = await started.envoy(explicit(document, "front", front));
    for (const host of ["127.0.0.1", "localhost"]) {
      const url = `http://${host}:${outside.port}/path`;
      assert.equal(answered(await callThrough(`${front}:15001`, url)), "outside");
    }
    const tunnel = await tunnelThrough(`${front}:15001`, `127.0.0.1:${outside.port}`);
    assert.equal(tunnel.status, 200);
    assert.match(
      await tunnel.say("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
      /"server":"outside"/,
    );

    // To the proxy itself, by whichever name: it would come back, and be passed on again, until Envoy had no more.
    const circle = "403 port 15001 is the proxy's own egress: a request to it would go round in circles";
    for (const host of [front, "localhost"]) {
      assert.equal(answered(await callThrough(`${front}:15001`, `http://${host}:15001/`)), circle);
      assert.equal((await tunnelThrough(`${front}:15001`, `${host}:15001`)).status, 403);
    }

    // The filter changes while the proxy runs.
    await proxy.apply(explicit({ ...document, mesh: {} }, "front", front));
    const url = `http://127.0.0.1:${outside.port}/`;
    assert.equal((await callThrough(`${front}:15001`, url)).status, 403);
  });

  it("lets the APIs of AWS be reached whatever the egress filter says", async () => {
    const front = await loopbackAddress();
    const dns = started.until(await dnsServer({}));
    await started.envoy(explicit(provided(nodeAt(8080)), "front", front), { dns: dns.port });
    assert.equal((await tunnelThrough(`${front}:15001`, "sqs.us-east-1.amazonaws.com:443")).status, 503);
    assert.equal((await tunnelThrough(`${front}:15001`, "amazonaws.com.example:443")).status, 403);
    // Nothing is known of the one, and the other is not even looked up.
    assert.deepEqual([...dns.asked], ["sqs.us-east-1.amazonaws.com"]);
  });

  it("routes what comes through a tunnel to a service, as clients of gRPC ask for", async () => {
    const app = await started.server("app", { http2: true });
    const front = await loopbackAddress();
    const document = routed(
      { app: nodeAt(app.port, "grpc") },
      {
        all: {
          grpcRoute: {
            match: { serviceName: "shop.Catalog" },
            action: { weightedTargets: [{ virtualNode: "app", weight: 1 }] },
          },
        },
      },
      { protocol: "grpc", port: 9090 },
    );
    await started.envoy(explicit(document, "front", front));
    const call = async (path: string) => {
      const tunnel = await tunnelThrough(`${front}:15001`, "catalog.local:9090");
      assert.equal(tunnel.status, 200);
      return http2CallAt(tunnel.socket, {
        ":path": path,
        ":authority": "catalog.local:9090",
        "content-type": "application/grpc",
        te: "trailers",
      });
    };
    assert.equal((JSON.parse((await call("/shop.Catalog/Get")).body) as Echo).server, "app");
    assert.equal((await call("/shop.Other/Get")).headers["grpc-status"], "12");
  });

  it("carries WebSocket from one application to another", async () => {
    const app = started.until(await webSocketServer("app"));
    const [at, front] = [await loopbackAddress(9080), await loopbackAddress()];
    const document = provided(nodeAt(9080, "http", {}, at));
    await started.envoy(explicit(document, "catalog", at, { "9080": app.port }));
    await started.envoy(explicit(document, "front", front));
    for (const path of ["/chat", "http://catalog.local:9080/chat"]) {
      assert.equal(await webSocketAt(`${front}:15001`, path, "catalog.local:9080"), "app /chat\nhello\n");
    }
  });

  // Shows: route.tcpRoute.action.weightedTargets[].virtualNode
  it("takes TCP connections at a port of its own for each service, whoever speaks first", async () => {
    const [db1, db2] = [await started.greeting("one\n"), await started.greeting("two\n")];
    const front = await loopbackAddress(5432);
    const nodes = { db1: nodeAt(db1.port, "tcp"), db2: nodeAt(db2.port, "tcp") };
    const document = (weights: readonly [number, number]) =>
      routed(
        nodes,
        {
          all: {
            tcpRoute: {
              action: {
                weightedTargets: [
                  { virtualNode: "db1", weight: weights[0] },
                  { virtualNode: "db2", weight: weights[1] },
                ],
              },
            },
          },
        },
        { port: 5432, protocol: "tcp" },
      );
    const proxy = await started.envoy(explicit(document([1, 0]), "front", front));
    assert.deepEqual(await greetings(front, 5432, 5), ["one\n"]);
    await proxy.apply(explicit(document([1, 1]), "front", front));
    assert.deepEqual(await greetings(front, 5432, 40), ["one\n", "two\n"]);
    await proxy.apply(explicit(document([0, 1]), "front", front));
    assert.deepEqual(await greetings(front, 5432, 5), ["two\n"]);
  });

  // Shows: virtualNode.listeners[].portMapping.{port,protocol}
  it("takes connections for every listener of the application", async () => {
    const [web, calls, db] = [
      await started.server("web"),
      await started.server("calls", { http2: true }),
      await started.greeting("hello\n"),
    ];
    const at = await loopbackAddress(8080, 9090, 5432);
    const front = await loopbackAddress(5432);
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        front: calling("app.local"),
        app: {
          listeners: [
            { portMapping: { port: 8080, protocol: "http" } },
            { portMapping: { port: 9090, protocol: "http2" } },
            { portMapping: { port: 5432, protocol: "tcp" } },
          ],
          serviceDiscovery: { dns: { hostname: at } },
        },
      },
      virtualServices: { "app.local": { provider: { virtualNode: { virtualNodeName: "app" } } } },
    };
    const appPorts = { "8080": web.port, "9090": calls.port, "5432": db.port };
    await started.envoy(explicit(document, "app", at, appPorts));
    await started.envoy(explicit(document, "front", front));
    assert.equal(answered(await callThrough(`${front}:15001`, "http://app.local:8080/")), "web");
    assert.equal(answered(await callThrough(`${front}:15001`, "http://app.local:9090/")), "calls");
    assert.deepEqual(await greetings(front, 5432, 1), ["hello\n"]);
  });

  it("does not let a proxy and its application listen at the same place", async () => {
    const front = await loopbackAddress();
    const resources = explicit(provided(nodeAt(8080), nodeAt(8080)), "front", "127.0.0.1");
    assert.deepEqual(
      resources.problems.filter(({ path }) => path === "spec.listeners[0]"),
      [
        {
          entity: "virtualNode/front",
          path: "spec.listeners[0]",
          message:
            "the application and its proxy would both listen on 127.0.0.1:8080: the listener is left out; " +
            "give the application another port (--app-port) or the proxy another address (--address)",
        },
      ],
    );
    await started.envoy(explicit(provided(nodeAt(8080), nodeAt(8080)), "front", front, { "8080": 8080 }));
  });

  it("keeps what it has while services come and go, without rebuilding a listener", async () => {
    const [v1, v2] = [await started.server("v1"), await started.server("v2")];
    const front = await loopbackAddress();
    const call = async () => answered(await callThrough(`${front}:15001`, `${catalog}/`));
    const nodes = { v1: nodeAt(v1.port) };
    const before = routed(nodes, { all: route({ prefix: "/" }, { v1: 1 }) });
    const proxy = await started.envoy(explicit({ ...before, virtualServices: {} }, "front", front));
    assert.equal(await call(), "503 virtual service catalog.local does not exist");
    await proxy.apply(explicit(before, "front", front));
    assert.equal(await call(), "v1");
    await proxy.apply(
      explicit(routed({ v2: nodeAt(v2.port) }, { all: route({ prefix: "/" }, { v2: 1 }) }), "front", front),
    );
    assert.equal(await call(), "v2");
    assert.equal(await proxy.stat("listener_manager.listener_modified"), 0);
  });
});

/** The different greetings of so many connections. */
async function greetings(address: string, port: number, count: number): Promise<readonly string[]> {
  const heard = new Set<string>();
  for (let i = 0; i < count; i++) {
    heard.add(
      await new Promise<string>((resolve, reject) => {
        const socket = connect(port, address);
        socket.once("data", (data) => {
          socket.destroy();
          resolve(data.toString());
        });
        socket.once("error", reject);
        socket.once("close", () => resolve("closed"));
      }),
    );
  }
  return [...heard].sort();
}
