import assert from "node:assert/strict";
import type { GatewayRouteSpec, HttpGatewayRouteMatch } from "@pulumi-appmesh/model";
import { answered, type Call, callAt, type Echo, http2CallAt } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { behindGateway, callBy, edge, grpcTo, http2To, httpTo, listener } from "./gateways.js";
import { nodeAt, route, Started } from "./mesh.js";

describe("gateway routes", function () {
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

  // Shows: gatewayRoute.priority, gatewayRoute.{httpRoute,http2Route}.match.{prefix,path.exact,path.regex,method},
  // gatewayRoute.{httpRoute,http2Route}.match.{hostname.exact,hostname.suffix},
  // gatewayRoute.{httpRoute,http2Route}.match.{headers,queryParameters}*,
  // gatewayRoute.httpRoute.action.target.virtualService.virtualServiceName
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
    const to = (name: string, match: HttpGatewayRouteMatch, priority?: number) => {
      const order = priority === undefined ? {} : { priority };
      return [
        [name, { ...httpTo(`${name}.local`, match), ...order }],
        [`${name}, HTTP/2`, { ...http2To(`${name}.local`, match), ...order }],
      ] as const;
    };
    const routes: Record<string, GatewayRouteSpec> = Object.fromEntries(
      [
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
        to("first", { prefix: "/longer/than/first" }, 0),
        to("second", { prefix: "/longer" }, 1),
      ].flat(),
    );
    const address = await loopbackAddress(8088, 8089);
    const listeners = [listener(8088), listener(8089, "http2")];
    await started.envoy(edge(behindGateway(await nodes(...names), routes, listeners), address));
    const x = (value: string) => ({ "x-test": value });
    const host = (value: string) => ({ host: value });
    for (const [protocol, port] of [
      ["http", 8088],
      ["http2", 8089],
    ] as const) {
      const call = async (path: string, headers: Call["headers"] = {}, method = "GET") =>
        answered(
          await callBy(protocol, `${address}:${port}`, path, { method, headers: { host: "x", ...headers } }),
        );
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
          // Hosts go before paths; neither their port nor their case counts, nor a dot at their end.
          "www.example.com": await call("/exact", host("www.example.com")),
          "WWW.Example.COM:8088": await call("/exact", host("WWW.Example.COM:8088")),
          "www.example.com.:8088": await call("/exact", host("www.example.com.:8088")),
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
          "www.example.com.:8088": "host",
          "api.example.com": "suffix",
          "a.eu.example.com:80": "longer-suffix",
          "www.example.com.evil": "rest",
          "wwwxexample.com": "rest",
        },
        protocol,
      );
    }
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

  // Shows: virtualGateway.listeners[].portMapping.{port,protocol}, gatewayRoute.{httpRoute,http2Route}.match.port,
  // gatewayRoute.http2Route.match.prefix, gatewayRoute.http2Route.action.target.virtualService.virtualServiceName
  it("takes the requests of each listener by its port and protocol", async () => {
    const [app, other, two] = [
      await started.server("app"),
      await started.server("other"),
      await started.server("two", { http2: true }),
    ];
    const address = await loopbackAddress(8080, 8081, 8082, 8083);
    const document = behindGateway(
      { app: nodeAt(app.port), other: nodeAt(other.port), two: nodeAt(two.port, "http2") },
      {
        one: httpTo("app.local", { prefix: "/", port: 8080 }),
        another: httpTo("other.local", { prefix: "/", port: 8081 }),
        any: httpTo("other.local", { prefix: "/any" }),
        two: http2To("two.local", { prefix: "/" }),
        "not two": http2To("other.local", { prefix: "/any", port: 8083 }),
      },
      [listener(8080), listener(8081), listener(8082, "http2"), listener(8083, "http2")],
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
        answered(await callBy("http2", `${address}:8083`, "/any")),
      ],
      ["app", "other", "other", "other", 200, "two", "two.local", "two", "other"],
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
      [2, 2, 2, 7, 2],
    );
  });

  // Shows: gatewayRoute.grpcRoute.match.{serviceName,hostname.exact,hostname.suffix,port},
  // gatewayRoute.grpcRoute.match.metadata*,
  // gatewayRoute.grpcRoute.action.target.virtualService.virtualServiceName
  it("tells gRPC calls apart by service, host name and metadata, and answers in gRPC's own terms", async () => {
    const names = [
      "service",
      "hosted",
      "suffixed",
      "exact",
      "prefix",
      "suffix",
      "regex",
      "range",
      "inverted",
    ];
    const servers = await Promise.all(names.map((name) => started.server(name, { http2: true })));
    const address = await loopbackAddress(8088, 8089);
    const document = behindGateway(
      Object.fromEntries(names.map((name, i) => [name, nodeAt(servers[i]?.port as number, "grpc")])),
      {
        service: grpcTo("service.local", { serviceName: "shop.Catalog" }),
        hosted: grpcTo("hosted.local", { hostname: { exact: "grpc.example.com" } }),
        suffixed: grpcTo("suffixed.local", { hostname: { suffix: ".example.com" } }),
        exact: grpcTo("exact.local", { metadata: [{ name: "tenant", match: { exact: "a" } }] }),
        prefix: grpcTo("prefix.local", { metadata: [{ name: "tenant", match: { prefix: "pre" } }] }),
        suffix: grpcTo("suffix.local", { metadata: [{ name: "tenant", match: { suffix: "fix" } }] }),
        regex: grpcTo("regex.local", { metadata: [{ name: "tenant", match: { regex: "r+" } }] }),
        range: grpcTo("range.local", {
          metadata: [{ name: "size", match: { range: { start: 1, end: 10 } } }],
        }),
        inverted: grpcTo("inverted.local", {
          serviceName: "shop.Inverted",
          metadata: [{ name: "tenant", match: { exact: "a" }, invert: true }],
        }),
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
        await call("/shop.Other/Get", { ":authority": "other.example.com" }),
        await call("/shop.Other/Get", { tenant: "a" }),
        await call("/shop.Other/Get", { tenant: "prefixed" }),
        await call("/shop.Other/Get", { tenant: "a fix" }),
        await call("/shop.Other/Get", { tenant: "rrr" }),
        await call("/shop.Other/Get", { size: "9" }),
        await call("/shop.Other/Get", { size: "10" }),
        await call("/shop.Inverted/Get", { tenant: "b" }),
        await call("/shop.Inverted/Get", { tenant: "a" }),
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
        "suffixed",
        "exact",
        "prefix",
        "suffix",
        "regex",
        "range",
        "grpc 12: ",
        "inverted",
        "exact",
        "grpc 12: ",
        "grpc 14: virtual service gone.local does not exist%0A",
        "grpc 12: ",
        "service",
        404,
      ],
    );
  });

  // Shows: gatewayRoute.{httpRoute,http2Route,grpcRoute}.action.target.port
  it("sends to the port of a virtual service that a route names", async () => {
    const servers = await Promise.all(["a", "b"].map((name) => started.server(name, { http2: true })));
    const ports = servers.map(({ port }) => port);
    const address = await loopbackAddress(8088, 8089, 8090);
    const routes = ports.flatMap((port, i) => [
      [`http ${i}`, httpTo("app.local", { prefix: `/s.${i}/` }, { port })] as const,
      [`http2 ${i}`, http2To("app.local", { prefix: `/s.${i}/` }, { port })] as const,
      [`grpc ${i}`, grpcTo("app.local", { serviceName: `s.${i}` }, { port })] as const,
    ]);
    const document = behindGateway(
      {
        app: {
          listeners: ports.map((port) => ({ portMapping: { port, protocol: "grpc" } })),
          serviceDiscovery: { dns: { hostname: "127.0.0.1" } },
        },
      },
      Object.fromEntries(routes),
      [listener(8088), listener(8089, "http2"), listener(8090, "grpc")],
    );
    await started.envoy(edge(document, address));
    const call = async (
      protocol: "http" | "http2",
      port: number,
      path: string,
      headers: Call["headers"] = {},
    ) => {
      const { body } = await callBy(protocol, `${address}:${port}`, path, { headers });
      const { server, headers: got } = JSON.parse(body) as Echo;
      return `${server} ${got[":authority"]}`;
    };
    const grpc = { "content-type": "application/grpc", te: "trailers" };
    for (const [i, name] of ["a", "b"].entries()) {
      assert.deepEqual(
        [
          await call("http", 8088, `/s.${i}/Get`),
          await call("http2", 8089, `/s.${i}/Get`),
          await call("http2", 8090, `/s.${i}/Get`, grpc),
        ],
        Array(3).fill(`${name} app.local`),
      );
    }
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
});
