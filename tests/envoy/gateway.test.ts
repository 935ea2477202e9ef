import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoggingFormat, RouteSpec } from "@pulumi-appmesh/model";
import { answered, type Call, callAt, http2CallAt } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { until } from "../support/sidecar.js";
import type { Rewrite } from "../support/static-envoy.js";
import { webSocketAt, webSocketServer } from "../support/websocket.js";
import { behindGateway, edge, grpcTo, http2To, httpTo, listener } from "./gateways.js";
import { explicit, nodeAt, route, Started } from "./mesh.js";

describe("a virtual gateway", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  /** Servers by their names, each the application of a virtual node of the same name. */
  const nodes = async (...names: readonly string[]) =>
    Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, nodeAt((await started.server(name)).port)] as const),
      ),
    );

  it("keeps the retries and time limits of a virtual router's routes, and adds none", async () => {
    const failing = await started.server("app", { status: (request) => (request <= 2 ? 500 : 200) });
    const slow = await started.server("slow", { delay: 60_000 });
    const [address, dead] = [await loopbackAddress(8088), await freePort()];
    const routes: Record<string, RouteSpec> = {
      retried: route(
        { prefix: "/retried" },
        { failing: 1 },
        {
          retryPolicy: {
            maxRetries: 2,
            perRetryTimeout: { value: 15, unit: "s" },
            httpRetryEvents: ["server-error"],
          },
        },
      ),
      slow: route({ prefix: "/slow" }, { slow: 1 }, { timeout: { perRequest: { value: 100, unit: "ms" } } }),
      dead: route({ prefix: "/dead" }, { dead: 1 }),
    };
    const document = behindGateway(
      { failing: nodeAt(failing.port), slow: nodeAt(slow.port), dead: nodeAt(dead) },
      { shop: httpTo("shop.local", { prefix: "/" }) },
      [listener(8088)],
      {
        virtualServices: { "shop.local": { provider: { virtualRouter: { virtualRouterName: "shop" } } } },
        virtualRouters: { shop: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
        routes: { shop: routes },
      },
    );
    const proxy = await started.envoy(edge(document, address));
    const status = async (path: string, headers: Call["headers"] = {}) =>
      (await callAt(`${address}:8088`, path, { headers })).status;
    assert.deepEqual([await status("/retried"), failing.requests], [200, 3]);
    assert.equal(await status("/slow"), 504);
    assert.equal(slow.requests, 1);
    assert.equal(await status("/dead"), 503);
    assert.equal(await proxy.stat(`cluster.cds_egress_shop_dead_http_${dead}.upstream_rq_retry`), 2);
    assert.equal(
      await proxy.stat("cluster.cds_ingress_shop_edge_self_redirect_http_15001.upstream_rq_retry"),
      0,
    );
  });

  it("does not let those outside choose a virtual service, a retry or a time limit by a header", async () => {
    const slow = await started.server("slow", { delay: 300 });
    const secret = await started.server("secret");
    const failing = await started.server("failing", { status: () => 500 });
    const address = await loopbackAddress(8088);
    const kept = { rewrite: { hostname: { defaultTargetHostname: "DISABLED" as const } } };
    const document = behindGateway(
      { slow: nodeAt(slow.port), secret: nodeAt(secret.port), failing: nodeAt(failing.port) },
      {
        slow: httpTo("slow.local", { prefix: "/slow" }, kept),
        failing: httpTo("failing.local", { prefix: "/failing" }),
        secret: httpTo("secret.local", { prefix: "/", headers: [{ name: "x-key", match: { exact: "k" } }] }),
      },
    );
    await started.envoy(edge(document, address));
    const call = async (path: string, headers: Call["headers"]) =>
      answered(await callAt(`${address}:8088`, path, { headers: headers ?? {} }));
    assert.deepEqual(
      [
        await call("/slow", { host: "secret.local" }),
        await call("/slow", { "x-app-mesh-virtual-service": `secret.local:${secret.port}` }),
        await call("/slow", { "x-envoy-upstream-rq-timeout-ms": "1" }),
        await call("/secret", {}),
        await call("/secret", { "x-key": "k" }),
      ],
      ["slow", "slow", "slow", "404 ", "secret"],
    );
    await call("/failing", { "x-envoy-retry-on": "5xx", "x-envoy-max-retries": "5" });
    assert.equal(failing.requests, 1);
  });

  it("follows a change of a router's weights without losing a request, or rebuilding a listener", async () => {
    const address = await loopbackAddress(8088);
    const targets = await nodes("v1", "v2");
    const weighted = (v1: number, v2: number) =>
      edge(
        behindGateway(targets, { shop: httpTo("shop.local", { prefix: "/shop" }) }, [listener(8088)], {
          virtualServices: { "shop.local": { provider: { virtualRouter: { virtualRouterName: "shop" } } } },
          virtualRouters: { shop: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
          routes: { shop: { all: route({ prefix: "/" }, { v1, v2 }) } },
        }),
        address,
      );
    const proxy = await started.envoy(weighted(1, 0));
    const answers: string[] = [];
    let running = true;
    const traffic = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (running) answers.push(answered(await callAt(`${address}:8088`, "/shop/page")));
      }),
    );
    /** The share of v2 after a change, of 400 requests that were sent after it. */
    const shareAfter = async (v1: number, v2: number) => {
      await proxy.apply(weighted(v1, v2));
      const from = answers.length + 4;
      await until(() => answers.length >= from + 400);
      return answers.slice(from, from + 400).filter((name) => name === "v2").length / 400;
    };
    const [tenth, half, all] = [await shareAfter(90, 10), await shareAfter(1, 1), await shareAfter(0, 100)];
    running = false;
    await traffic;
    // Five standard deviations of a binomial distribution of 400.
    assert.ok(Math.abs(tenth - 0.1) < 0.075, `${tenth}`);
    assert.ok(Math.abs(half - 0.5) < 0.125, `${half}`);
    assert.equal(all, 1);
    assert.deepEqual([...new Set(answers)].sort(), ["v1", "v2"]);
    assert.equal(await proxy.stat("listener_manager.listener_modified"), 0);
  });

  it("follows gateway routes as they come, change and go, without rebuilding a listener", async () => {
    const address = await loopbackAddress(8088);
    const targets = await nodes("a", "b");
    const proxy = await started.envoy(edge(behindGateway(targets, {}), address));
    const call = async (path: string) => answered(await callAt(`${address}:8088`, path));
    assert.equal(await call("/"), "404 ");
    await proxy.apply(edge(behindGateway(targets, { r: httpTo("a.local", { prefix: "/" }) }), address));
    assert.equal(await call("/"), "a");
    await proxy.apply(edge(behindGateway(targets, { r: httpTo("b.local", { prefix: "/" }) }), address));
    assert.equal(await call("/"), "b");
    await proxy.apply(edge(behindGateway(targets, {}), address));
    assert.equal(await call("/"), "404 ");
    assert.equal(await proxy.stat("listener_manager.listener_modified"), 0);
  });

  // Shows: virtualGateway.listeners[].connectionPool.{http.maxConnections,http.maxPendingRequests,http2.maxRequests,grpc.maxRequests}
  it("lets in no more at once than a listener's connection pool says", async () => {
    let released: Promise<void>;
    const app = await started.server("app", { hold: () => released });
    const two = await started.server("two", { hold: () => released, http2: true });
    const address = await loopbackAddress(8080, 8081, 8082, 8083);
    const document = behindGateway(
      { app: nodeAt(app.port), two: nodeAt(two.port, "http2") },
      {
        app: httpTo("app.local", { prefix: "/", port: 8080 }),
        unlimited: httpTo("app.local", { prefix: "/", port: 8081 }),
        two: http2To("two.local", { prefix: "/", port: 8082 }),
        calls: grpcTo("two.local", { port: 8083 }),
      },
      [
        listener(8080, "http", { connectionPool: { http: { maxConnections: 1, maxPendingRequests: 1 } } }),
        listener(8081),
        listener(8082, "http2", { connectionPool: { http2: { maxRequests: 1 } } }),
        listener(8083, "grpc", { connectionPool: { grpc: { maxRequests: 1 } } }),
      ],
    );
    await started.envoy(edge(document, address));
    /** What comes of five calls at once, of which so many wait at the gateway for the first to be answered. */
    const statuses = async (server: { requests: number }, call: () => Promise<unknown>, waiting = 0) => {
      const gate = Promise.withResolvers<void>();
      released = gate.promise;
      const before = server.requests;
      let ended = 0;
      const counted = () => call().finally(() => ended++);
      const first = counted();
      await until(() => server.requests === before + 1);
      const all = [first, ...Array.from({ length: 4 }, counted)];
      await until(() => ended + server.requests - before === 5 - waiting);
      gate.resolve();
      return (await Promise.all(all)).sort();
    };
    const at = (port: number) => async () => (await callAt(`${address}:${port}`, "/")).status;
    const at2 = async () =>
      (await http2CallAt(`${address}:8082`, { ":path": "/", ":authority": "x" })).headers[":status"];
    const call = async () => {
      const { headers } = await http2CallAt(`${address}:8083`, {
        ...{ ":path": "/shop.Catalog/Get", ":authority": "x" },
        ...{ "content-type": "application/grpc", te: "trailers" },
      });
      return headers["grpc-status"] ?? "answered";
    };
    assert.deepEqual(
      {
        http: await statuses(app, at(8080), 1),
        unlimited: await statuses(app, at(8081)),
        http2: await statuses(two, at2),
        grpc: await statuses(two, call),
      },
      {
        http: [200, 200, 503, 503, 503],
        unlimited: [200, 200, 200, 200, 200],
        http2: [200, 503, 503, 503, 503],
        // 14: UNAVAILABLE
        grpc: ["14", "14", "14", "14", "answered"],
      },
    );
  });

  it("carries WebSocket, past the proxy of a virtual node as well", async () => {
    const app = started.until(await webSocketServer("app"));
    const [node, address] = [await loopbackAddress(9080), await loopbackAddress(8088)];
    const document = behindGateway(
      { app: nodeAt(9080, "http", {}, node) },
      { app: httpTo("app.local", { prefix: "/socket" }) },
    );
    await started.envoy(explicit(document, "app", node, { "9080": app.port }));
    await started.envoy(edge(document, address));
    assert.equal(
      await webSocketAt(`${address}:8088`, "/socket/chat", "www.example.com"),
      "app /chat\nhello\n",
    );
  });

  // Shows: virtualGateway.logging.accessLog.file.{path,format.text},
  // virtualGateway.logging.accessLog.file.format.json[].{key,value}
  it("logs what comes in and what it sends on, as App Mesh's did", async () => {
    const folder = mkdtempSync(join(tmpdir(), "appmesh-gateway-log-"));
    try {
      const path = join(folder, "access.log");
      const app = await started.server("app");
      const address = await loopbackAddress(8088);
      const format = { text: "%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %UPSTREAM_CLUSTER%\n" };
      const logging = (path: string, format: LoggingFormat) => {
        const spec = { listeners: [listener(8088)], logging: { accessLog: { file: { path, format } } } };
        const routes = { app: httpTo("app.local", { prefix: "/app" }) };
        return edge(
          behindGateway({ app: nodeAt(app.port) }, routes, [], { virtualGateways: { edge: spec } }),
          address,
        );
      };
      const proxy = await started.envoy(logging(path, format));
      await callAt(`${address}:8088`, "/app/page", { headers: { host: "www.example.com" } });
      await until(async () => {
        await proxy.admin("/reopen_logs", "POST");
        return readFileSync(path, "utf8").split("\n").length === 3;
      });
      assert.deepEqual(readFileSync(path, "utf8").trim().split("\n").sort(), [
        `GET /page app.local cds_egress_shop_app_http_${app.port}`,
        "GET /page app.local cds_ingress_shop_edge_self_redirect_http_15001",
      ]);

      const other = join(folder, "access.json");
      await proxy.apply(logging(other, { json: [{ key: "status", value: "%RESPONSE_CODE%" }] }));
      await callAt(`${address}:8088`, "/nothing");
      await until(async () => {
        await proxy.admin("/reopen_logs", "POST");
        return readFileSync(other, "utf8").endsWith("\n");
      });
      assert.deepEqual(JSON.parse(readFileSync(other, "utf8")), { status: 404 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("listens on its own ports on all addresses, of the IP versions that the mesh prefers, without redirection", async () => {
    const app = await started.server("app");
    const [port, loop] = [await freePort("0.0.0.0"), await loopbackAddress()];
    const reach = async (host: string) => {
      try {
        return answered(await callAt(`${host}:${port}`, "/"));
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    /** The egress has a fixed port at 127.0.0.1, which tests that run at the same time cannot share. */
    const elsewhere: Rewrite = (object) =>
      object.address === "127.0.0.1" && object.portValue === 15001 ? { ...object, address: loop } : object;
    const document = behindGateway({ app: nodeAt(app.port) }, { app: httpTo("app.local", { prefix: "/" }) }, [
      listener(port),
    ]);
    await started.envoy(edge(document), { rewrite: elsewhere });
    assert.deepEqual(
      [await reach("127.0.0.1"), await reach("127.9.9.9"), await reach("::1")],
      ["app", "app", "ECONNREFUSED"],
    );
    await started.end();
    const again = await started.server("app", { port: app.port });
    assert.equal(again.port, app.port);
    await started.envoy(
      edge({ ...document, mesh: { serviceDiscovery: { ipPreference: "IPv6_PREFERRED" } } }),
      {
        rewrite: elsewhere,
      },
    );
    assert.deepEqual([await reach("127.0.0.1"), await reach("::1")], ["app", "app"]);
  });
});
