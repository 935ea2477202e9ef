import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayRouteSpec, HttpRouteMatch, RouteSpec } from "@pulumi-appmesh/model";
import { answered, type Call, callAt, type Echo, http2CallAt } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { until } from "../support/sidecar.js";
import type { Rewrite } from "../support/static-envoy.js";
import { webSocketAt, webSocketServer } from "../support/websocket.js";
import { behindGateway, edge, grpcTo, http2To, httpTo, listener } from "./gateways.js";
import { explicit, nodeAt, route, Started } from "./mesh.js";

describe("a virtual gateway", function () {
  this.timeout(60_000);
  const started = new Started();
  afterEach(() => started.end());

  /** Servers by their names, each the application of a virtual node of the same name. */
  const nodes = async (...names: readonly string[]) =>
    Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, nodeAt((await started.server(name)).port)] as const),
      ),
    );

  it("tells requests apart by everything that a gateway route may match on, in the order of their priorities", async () => {
    const names = [
      ["first", "second", "host", "suffix", "longer-suffix", "exact", "regex", "longer", "method"],
      ["header-exact", "header-prefix", "header-suffix", "header-regex", "header-range", "header-present"],
      ["header-inverted", "query", "query-present", "rest"],
    ].flat();
    const header = (match: object | undefined, more: object = {}) => ({
      prefix: "/h",
      headers: [{ name: "x-test", ...(match ? { match } : {}), ...more }],
    });
    const to = (name: string, match: HttpRouteMatch & { hostname?: { exact?: string; suffix?: string } }) => [
      name,
      httpTo(`${name}.local`, match),
    ];
    const routes: Record<string, GatewayRouteSpec> = {
      ...Object.fromEntries([
        to("host", { prefix: "/", hostname: { exact: "www.example.com" } }),
        to("suffix", { prefix: "/", hostname: { suffix: ".example.com" } }),
        to("longer-suffix", { prefix: "/", hostname: { suffix: ".eu.example.com" } }),
        to("exact", { path: { exact: "/exact" } }),
        to("regex", { path: { regex: "/items/[0-9]+" } }),
        to("longer", { prefix: "/longer/than" }),
        to("method", { prefix: "/m", method: "DELETE" }),
        to("header-exact", header({ exact: "a" })),
        to("header-prefix", header({ prefix: "pre" })),
        to("header-suffix", header({ suffix: "fix" })),
        to("header-regex", header({ regex: "r+" })),
        to("header-range", header({ range: { start: -5, end: 10 } })),
        to("header-present", { prefix: "/p", headers: [{ name: "x-test" }] }),
        to("header-inverted", {
          prefix: "/i",
          headers: [{ name: "x-test", match: { exact: "a" }, invert: true }],
        }),
        to("query", { prefix: "/q", queryParameters: [{ name: "v", match: { exact: "2" } }] }),
        to("query-present", { prefix: "/q", queryParameters: [{ name: "w" }] }),
        to("rest", { prefix: "/" }),
      ]),
      first: { ...httpTo("first.local", { prefix: "/longer/than/first" }), priority: 0 },
      second: { ...httpTo("second.local", { prefix: "/longer" }), priority: 1 },
    };
    const address = await loopbackAddress(8088);
    await started.envoy(edge(behindGateway(await nodes(...names), routes), address));
    const call = async (path: string, headers: Call["headers"] = {}, method = "GET") =>
      answered(await callAt(`${address}:8088`, path, { method, headers: { host: "x", ...headers } }));
    const x = (value: string) => ({ "x-test": value });
    const host = (value: string) => ({ host: value });
    assert.deepEqual(
      {
        "/exact": await call("/exact"),
        "/exact?q": await call("/exact?q=1"),
        "/exact/": await call("/exact/"),
        "/items/12": await call("/items/12"),
        "/items/12x": await call("/items/12x"),
        "DELETE /m": await call("/m", {}, "DELETE"),
        "GET /m": await call("/m"),
        a: await call("/h", x("a")),
        prefixed: await call("/h", x("prefixed")),
        suffix: await call("/h", x("a fix")),
        rrr: await call("/h", x("rrr")),
        rrra: await call("/h", x("rrra")),
        "-5": await call("/h", x("-5")),
        "10": await call("/h", x("10")),
        present: await call("/p", x("whatever")),
        "not present": await call("/p"),
        "not a": await call("/i", x("b")),
        "a, inverted": await call("/i", x("a")),
        "?v=2": await call("/q?v=2"),
        "?v=3": await call("/q?v=3"),
        "?w": await call("/q?w=anything"),
        // Priorities go before lengths, and those without one come last.
        "/longer/than/first": await call("/longer/than/first"),
        "/longer/than": await call("/longer/than"),
        "/longer": await call("/longer"),
        // Hosts go before paths; neither their port nor their case counts.
        "www.example.com": await call("/exact", host("www.example.com")),
        "WWW.Example.COM:8088": await call("/exact", host("WWW.Example.COM:8088")),
        "api.example.com": await call("/exact", host("api.example.com")),
        "a.eu.example.com:80": await call("/", host("a.eu.example.com:80")),
        "www.example.com.evil": await call("/", host("www.example.com.evil")),
        "wwwxexample.com": await call("/", host("wwwxexample.com")),
      },
      {
        "/exact": "exact",
        "/exact?q": "exact",
        "/exact/": "rest",
        "/items/12": "regex",
        "/items/12x": "rest",
        "DELETE /m": "method",
        "GET /m": "rest",
        a: "header-exact",
        prefixed: "header-prefix",
        suffix: "header-suffix",
        rrr: "header-regex",
        rrra: "rest",
        "-5": "header-range",
        "10": "rest",
        present: "header-present",
        "not present": "rest",
        "not a": "header-inverted",
        "a, inverted": "rest",
        "?v=2": "query",
        "?v=3": "rest",
        "?w": "query-present",
        "/longer/than/first": "first",
        "/longer/than": "second",
        "/longer": "second",
        "www.example.com": "host",
        "WWW.Example.COM:8088": "host",
        "api.example.com": "suffix",
        "a.eu.example.com:80": "longer-suffix",
        "www.example.com.evil": "rest",
        "wwwxexample.com": "rest",
      },
    );
  });

  it("answers what no route takes with 404, and what cannot be had with 503 and the reason", async () => {
    const app = await started.server("app");
    const address = await loopbackAddress(8088);
    const document = behindGateway(
      { app: nodeAt(app.port) },
      {
        app: httpTo("app.local", { prefix: "/app" }),
        missing: httpTo("missing.local", { prefix: "/missing" }),
        empty: httpTo("empty.local", { prefix: "/empty" }),
        port: httpTo("app.local", { prefix: "/port" }, { port: 1 }),
        unserved: httpTo("unserved.local", { prefix: "/unserved" }),
      },
    );
    await started.envoy(
      edge(
        {
          ...document,
          virtualServices: {
            ...document.virtualServices,
            "empty.local": {},
            "unserved.local": { provider: { virtualRouter: { virtualRouterName: "unserved" } } },
          },
          virtualRouters: { unserved: { listeners: [{ portMapping: { port: 80, protocol: "http" } }] } },
          routes: { unserved: { some: route({ prefix: "/some" }, { app: 1 }) } },
        },
        address,
      ),
    );
    const call = async (path: string) => answered(await callAt(`${address}:8088`, path));
    assert.deepEqual(
      [
        await call("/app"),
        await call("/nothing"),
        await call("/missing"),
        await call("/empty"),
        await call("/port"),
        // The gateway route took it, and the virtual router has no route for what is left.
        await call("/unserved/other"),
        await call("/unserved/some"),
      ],
      [
        "app",
        "404 ",
        "503 virtual service missing.local does not exist",
        "503 virtual service empty.local has no provider",
        "503 virtual service app.local has no port 1",
        "404 ",
        "app",
      ],
    );
  });

  it("takes the requests of each listener by its port and protocol", async () => {
    const [app, other, two] = [
      await started.server("app"),
      await started.server("other"),
      await started.server("two", { http2: true }),
    ];
    const address = await loopbackAddress(8080, 8081, 8082);
    const document = behindGateway(
      { app: nodeAt(app.port), other: nodeAt(other.port), two: nodeAt(two.port, "http2") },
      {
        one: httpTo("app.local", { prefix: "/", port: 8080 }),
        another: httpTo("other.local", { prefix: "/", port: 8081 }),
        any: httpTo("other.local", { prefix: "/any" }),
        two: http2To("two.local", { prefix: "/" }),
      },
      [listener(8080), listener(8081), listener(8082, "http2")],
    );
    const proxy = await started.envoy(edge(document, address));
    const call = async (port: number, path: string) => answered(await callAt(`${address}:${port}`, path));
    const { headers, body } = await http2CallAt(`${address}:8082`, { ":path": "/any", ":authority": "x" });
    assert.deepEqual(
      [
        await call(8080, "/"),
        await call(8080, "/any"),
        await call(8081, "/"),
        await call(8081, "/any"),
        headers[":status"],
        (JSON.parse(body) as Echo).server,
        (JSON.parse(body) as Echo).headers[":authority"],
        // A client that does not know HTTP/2 gets through as well.
        await call(8082, "/"),
      ],
      ["app", "other", "other", "other", 200, "two", "two.local", "two"],
    );
    const completed = (name: string) => proxy.stat(`http.${name}.downstream_rq_completed`);
    assert.deepEqual(
      [
        await completed("ingress.http.8080"),
        await completed("ingress.http.8081"),
        await completed("ingress.http2.8082"),
        await completed("egress"),
        await proxy.stat("cluster.cds_ingress_shop_edge_self_redirect_8081_http_15001.upstream_rq_completed"),
      ],
      [2, 2, 2, 6, 2],
    );
  });

  it("tells gRPC calls apart by service, host name and metadata, and answers in gRPC's own terms", async () => {
    const names = ["service", "hosted", "metadata"];
    const servers = await Promise.all(names.map((name) => started.server(name, { http2: true })));
    const address = await loopbackAddress(8088, 8089);
    const document = behindGateway(
      Object.fromEntries(names.map((name, i) => [name, nodeAt(servers[i]?.port as number, "grpc")])),
      {
        service: grpcTo("service.local", { serviceName: "shop.Catalog" }),
        hosted: grpcTo("hosted.local", { hostname: { exact: "grpc.example.com" } }),
        metadata: grpcTo("metadata.local", { metadata: [{ name: "tenant", match: { exact: "a" } }] }),
        gone: grpcTo("gone.local", { serviceName: "shop.Gone" }),
        elsewhere: grpcTo("service.local", { serviceName: "shop.Elsewhere", port: 8089 }),
      },
      [listener(8088, "grpc"), listener(8089, "grpc")],
    );
    await started.envoy(edge(document, address));
    const call = async (path: string, more: Readonly<Record<string, string>> = {}, port = 8088) => {
      const { headers, body } = await http2CallAt(`${address}:${port}`, {
        ":path": path,
        ":authority": "x",
        "content-type": "application/grpc",
        te: "trailers",
        ...more,
      });
      return headers["grpc-status"] === undefined
        ? (JSON.parse(body) as Echo).server
        : `grpc ${headers["grpc-status"]}: ${headers["grpc-message"] ?? ""}`;
    };
    assert.deepEqual(
      [
        await call("/shop.Catalog/Get"),
        await call("/shop.Catalog/Get", { ":authority": "grpc.example.com:8088" }),
        await call("/shop.Other/Get", { tenant: "a" }),
        await call("/shop.Other/Get"),
        await call("/shop.Gone/Get"),
        await call("/shop.Elsewhere/Get"),
        await call("/shop.Elsewhere/Get", {}, 8089),
        (await http2CallAt(`${address}:8088`, { ":path": "/shop.Catalog/Get", ":authority": "x" })).headers[
          ":status"
        ],
      ],
      // 12: UNIMPLEMENTED, 14: UNAVAILABLE
      [
        "service",
        "hosted",
        "metadata",
        "grpc 12: ",
        "grpc 14: virtual service gone.local does not exist%0A",
        "grpc 12: ",
        "service",
        404,
      ],
    );
  });

  it("sends to the port of a virtual service that a route names", async () => {
    const [a, b] = [await started.server("a"), await started.server("b")];
    const address = await loopbackAddress(8088);
    const document = behindGateway(
      {
        app: {
          listeners: [
            { portMapping: { port: a.port, protocol: "http" } },
            { portMapping: { port: b.port, protocol: "http" } },
          ],
          serviceDiscovery: { dns: { hostname: "127.0.0.1" } },
        },
      },
      {
        a: httpTo("app.local", { prefix: "/a" }, { port: a.port }),
        b: httpTo("app.local", { prefix: "/b" }, { port: b.port }),
      },
    );
    await started.envoy(edge(document, address));
    const call = async (path: string) => {
      const echo = JSON.parse((await callAt(`${address}:8088`, path)).body) as Echo;
      return `${echo.server} ${echo.headers.host}`;
    };
    assert.deepEqual([await call("/a"), await call("/b")], ["a app.local", "b app.local"]);
  });

  it("reaches virtual services whatever the characters of their names", async () => {
    const names = ["100%.local", "%REQ(x)%", "UPPER.local", "upper.local", "a_b:8080", "10.1.2.3"];
    const address = await loopbackAddress(8088);
    const virtualNodes = await nodes(...names);
    const document = behindGateway(
      virtualNodes,
      Object.fromEntries(names.map((name, i) => [`r${i}`, httpTo(name, { prefix: `/${i}` })])),
      [listener(8088)],
      {
        virtualServices: Object.fromEntries(
          names.map((name) => [name, { provider: { virtualNode: { virtualNodeName: name } } }]),
        ),
      },
    );
    await started.envoy(edge(document, address));
    const reached = await Promise.all(
      names.map(async (_, i) => {
        const { server, headers } = JSON.parse((await callAt(`${address}:8088`, `/${i}`)).body) as Echo;
        return [server, headers.host];
      }),
    );
    assert.deepEqual(
      reached,
      names.map((name) => [name, name]),
    );
  });

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

  it("logs what comes in and what it sends on, as App Mesh's did", async () => {
    const folder = mkdtempSync(join(tmpdir(), "appmesh-gateway-log-"));
    try {
      const path = join(folder, "access.log");
      const app = await started.server("app");
      const address = await loopbackAddress(8088);
      const format = { text: "%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %UPSTREAM_CLUSTER%\n" };
      const document = behindGateway(
        { app: nodeAt(app.port) },
        { app: httpTo("app.local", { prefix: "/app" }) },
        [],
        {
          virtualGateways: {
            edge: { listeners: [listener(8088)], logging: { accessLog: { file: { path, format } } } },
          },
        },
      );
      const proxy = await started.envoy(edge(document, address));
      await callAt(`${address}:8088`, "/app/page", { headers: { host: "www.example.com" } });
      await until(async () => {
        await proxy.admin("/reopen_logs", "POST");
        return readFileSync(path, "utf8").split("\n").length === 3;
      });
      assert.deepEqual(readFileSync(path, "utf8").trim().split("\n").sort(), [
        `GET /page app.local cds_egress_shop_app_http_${app.port}`,
        "GET /page app.local cds_ingress_shop_edge_self_redirect_http_15001",
      ]);
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
