import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { MeshSettings } from "@pulumi-appmesh/control-plane/translate/entities.js";
import type { GrpcRoute, RouteSpec } from "@pulumi-appmesh/model";
import { answered, type Call, callThrough, type Echo, http2CallAt } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { explicit, nodeAt, provided, route, routed, Started } from "./mesh.js";

const never = () => new Promise(() => {});

describe("routes", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());
  const catalog = "http://catalog.local:8080";

  // Shows: route.httpRoute.action.weightedTargets[].{virtualNode,weight}
  it("splits requests by weight, and follows a change of the weights without losing one", async () => {
    const [v1, v2] = [await started.server("v1"), await started.server("v2")];
    const front = await loopbackAddress();
    const weighted = (one: number, two: number) =>
      explicit(
        routed(
          { v1: nodeAt(v1.port), v2: nodeAt(v2.port) },
          { all: route({ prefix: "/" }, { v1: one, v2: two }) },
        ),
        "front",
        front,
      );
    const proxy = await started.envoy(weighted(100, 0));
    const answers: string[] = [];
    let running = true;
    const traffic = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (running) answers.push(answered(await callThrough(`${front}:15001`, `${catalog}/`)));
      }),
    );
    /** The share of v2 after a change, of 400 requests that were sent after it. */
    const shareAfter = async (one: number, two: number) => {
      await proxy.apply(weighted(one, two));
      const from = answers.length + 4;
      while (answers.length < from + 400) await new Promise((resolve) => setTimeout(resolve, 10));
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

  // Shows: route.priority, route.httpRoute.match.{prefix,path.exact,path.regex,method,scheme},
  // route.httpRoute.match.{headers,queryParameters}*
  it("tells requests apart by everything that a route may match on, in the order of their priorities", async () => {
    const names = [
      "exact",
      "regex",
      "method",
      "header-exact",
      "header-prefix",
      "header-suffix",
      "header-regex",
      "header-range",
      "header-present",
      "header-inverted",
      "query",
      "query-present",
      "scheme",
      "longer",
      "first",
      "rest",
    ];
    const servers = await Promise.all(names.map((name) => started.server(name)));
    const header = (match: object | undefined, extra: object = {}) => ({
      prefix: "/h",
      headers: [{ name: "x-test", ...(match ? { match } : {}), ...extra }],
    });
    const to = (name: string) => ({ [name]: 1 });
    const routes: Record<string, RouteSpec> = {
      exact: route({ path: { exact: "/exact" } }, to("exact")),
      regex: route({ path: { regex: "/items/[0-9]+" } }, to("regex")),
      method: route({ prefix: "/m", method: "DELETE" }, to("method")),
      "h-exact": route(header({ exact: "a" }), to("header-exact")),
      "h-prefix": route(header({ prefix: "pre" }), to("header-prefix")),
      "h-suffix": route(header({ suffix: "fix" }), to("header-suffix")),
      "h-regex": route(header({ regex: "r+" }), to("header-regex")),
      "h-range": route(header({ range: { start: -5, end: 10 } }), to("header-range")),
      "h-present": { ...route({ prefix: "/p", headers: [{ name: "x-test" }] }, to("header-present")) },
      "h-inverted": route(
        { prefix: "/i", headers: [{ name: "x-test", match: { exact: "a" }, invert: true }] },
        to("header-inverted"),
      ),
      "q-exact": route(
        { prefix: "/q", queryParameters: [{ name: "v", match: { exact: "2" } }] },
        to("query"),
      ),
      "q-present": { ...route({ prefix: "/q", queryParameters: [{ name: "w" }] }, to("query-present")) },
      scheme: route({ prefix: "/s", scheme: "http" }, to("scheme")),
      longer: route({ prefix: "/longer/than" }, to("longer")),
      first: { ...route({ prefix: "/longer/than/first" }, to("first")), priority: 0 },
      rest: route({ prefix: "/" }, to("rest")),
    };
    const front = await loopbackAddress();
    const nodes = Object.fromEntries(names.map((name, i) => [name, nodeAt(servers[i]?.port as number)]));
    await started.envoy(explicit(routed(nodes, routes), "front", front));
    const to_ = async (path: string, call: Call = {}) =>
      answered(await callThrough(`${front}:15001`, `${catalog}${path}`, call));
    const x = (value: string): Call => ({ headers: { "x-test": value } });
    assert.deepEqual(
      {
        "/exact": await to_("/exact"),
        "/exact?q": await to_("/exact?q=1"),
        "/exact/": await to_("/exact/"),
        "/items/12": await to_("/items/12"),
        "/items/12x": await to_("/items/12x"),
        "DELETE /m": await to_("/m", { method: "DELETE" }),
        "GET /m": await to_("/m"),
        a: await to_("/h", x("a")),
        prefixed: await to_("/h", x("prefixed")),
        suffix: await to_("/h", x("a fix")),
        rrr: await to_("/h", x("rrr")),
        rrra: await to_("/h", x("rrra")),
        "-5": await to_("/h", x("-5")),
        "9": await to_("/h", x("9")),
        "10": await to_("/h", x("10")),
        present: await to_("/p", x("whatever")),
        "not present": await to_("/p"),
        "not a": await to_("/i", x("b")),
        "a, inverted": await to_("/i", x("a")),
        "?v=2": await to_("/q?v=2"),
        "?v=3": await to_("/q?v=3"),
        "?w": await to_("/q?w=anything"),
        scheme: await to_("/s"),
        longer: await to_("/longer/than/this"),
        first: await to_("/longer/than/first"),
        shorter: await to_("/longer"),
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
        "9": "header-range",
        "10": "rest",
        present: "header-present",
        "not present": "rest",
        "not a": "header-inverted",
        "a, inverted": "rest",
        "?v=2": "query",
        "?v=3": "rest",
        "?w": "query-present",
        scheme: "scheme",
        longer: "longer",
        first: "first",
        shorter: "rest",
      },
    );
  });

  it("answers what no route takes with 404, and what has no share with 503 and the reason", async () => {
    const app = await started.server("app");
    const front = await loopbackAddress();
    const routes = {
      some: route({ prefix: "/some" }, { app: 1 }),
      none: route({ prefix: "/none" }, { app: 0 }),
    };
    await started.envoy(explicit(routed({ app: nodeAt(app.port) }, routes), "front", front));
    const call = async (path: string) => answered(await callThrough(`${front}:15001`, `${catalog}${path}`));
    assert.deepEqual(
      [await call("/some"), await call("/other"), await call("/none")],
      ["app", "404 ", "503 all weights of route none are 0"],
    );
  });

  it("keeps serving the targets that exist while others do not", async () => {
    const app = await started.server("app");
    const front = await loopbackAddress();
    const document = routed({ app: nodeAt(app.port) }, { all: route({ prefix: "/" }, { app: 1, later: 1 }) });
    const proxy = await started.envoy(explicit(document, "front", front));
    const outcomes = new Map<string, number>();
    for (let i = 0; i < 60; i++) {
      const outcome = answered(await callThrough(`${front}:15001`, `${catalog}/`));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    assert.deepEqual([...outcomes.keys()].sort(), ["503 no healthy upstream", "app"]);
    const later = await started.server("later");
    await proxy.apply(
      explicit(
        { ...document, virtualNodes: { ...document.virtualNodes, later: nodeAt(later.port) } },
        "front",
        front,
      ),
    );
    const answers = new Set<string>();
    for (let i = 0; i < 60; i++) answers.add(answered(await callThrough(`${front}:15001`, `${catalog}/`)));
    assert.deepEqual([...answers].sort(), ["app", "later"]);
  });

  describe("retries", () => {
    const policy = { maxRetries: 2, perRetryTimeout: { value: 5, unit: "s" } } as const;
    /** The outcome of a call and the number of attempts, when the first attempts get this status. */
    const attempts = async (
      failures: number,
      status: number,
      more: object,
      settings?: MeshSettings,
    ): Promise<string> => {
      const app = await started.server("app", { status: (request) => (request <= failures ? status : 200) });
      const front = await loopbackAddress();
      await started.envoy(
        explicit(
          {
            ...routed({ app: nodeAt(app.port) }, { all: route({ prefix: "/" }, { app: 1 }, more) }),
            ...(settings && { settings }),
          },
          "front",
          front,
        ),
      );
      const answer = await callThrough(`${front}:15001`, `${catalog}/`, { method: "POST", body: "x" });
      return `${answer.status} after ${app.requests}`;
    };

    it("tries again after 503 where a route says nothing, twice at most", async () => {
      assert.deepEqual(
        [
          await attempts(1, 503, {}),
          await attempts(2, 503, {}),
          await attempts(3, 503, {}),
          await attempts(1, 500, {}),
        ],
        ["200 after 2", "200 after 3", "503 after 3", "500 after 1"],
      );
    });

    it("tries nothing again by itself where the mesh is settled so", async () => {
      const settings = { defaultRetries: false };
      assert.deepEqual(
        [
          await attempts(1, 503, {}, settings),
          await attempts(1, 503, { retryPolicy: { ...policy, httpRetryEvents: ["server-error"] } }, settings),
        ],
        ["503 after 1", "200 after 2"],
      );
    });

    // Shows: route.httpRoute.retryPolicy.{maxRetries,httpRetryEvents[]}
    it("tries again after the events of a policy, and after no others", async () => {
      const events = (...httpRetryEvents: string[]) => ({ retryPolicy: { ...policy, httpRetryEvents } });
      assert.deepEqual(
        [
          await attempts(1, 503, {
            retryPolicy: { ...policy, maxRetries: 0, httpRetryEvents: ["server-error"] },
          }),
          await attempts(1, 500, events("server-error")),
          await attempts(1, 502, events("gateway-error")),
          await attempts(1, 500, events("gateway-error")),
          await attempts(1, 409, events("client-error")),
          await attempts(1, 404, events("client-error")),
          await attempts(1, 503, { retryPolicy: { ...policy, tcpRetryEvents: ["connection-error"] } }),
        ],
        [
          "503 after 1",
          "200 after 2",
          "200 after 2",
          "500 after 1",
          "200 after 2",
          "404 after 1",
          "503 after 1",
        ],
      );
    });

    // Shows: route.httpRoute.retryPolicy.{maxRetries,perRetryTimeout}
    it("gives each attempt its own time limit", async () => {
      const app = await started.server("app", { hold: never });
      const front = await loopbackAddress();
      const more = {
        retryPolicy: {
          maxRetries: 2,
          perRetryTimeout: { value: 100, unit: "ms" as const },
          httpRetryEvents: ["gateway-error" as const],
        },
      };
      const proxy = await started.envoy(
        explicit(
          routed({ app: nodeAt(app.port) }, { all: route({ prefix: "/" }, { app: 1 }, more) }),
          "front",
          front,
        ),
      );
      assert.equal((await callThrough(`${front}:15001`, `${catalog}/`)).status, 504);
      // Not what the application got: it may come to an attempt only after that was given up.
      const cluster = `cluster.cds_egress_shop_app_http_${app.port}`;
      assert.deepEqual(
        [
          await proxy.stat(`${cluster}.upstream_rq_per_try_timeout`),
          await proxy.stat(`${cluster}.upstream_rq_retry`),
        ],
        [3, 2],
      );
    });

    it("tries again where a virtual node is the provider, when nobody listens there, and then tells", async () => {
      const front = await loopbackAddress();
      const dead = await freePort();
      const proxy = await started.envoy(explicit(provided(nodeAt(dead)), "front", front));
      const answer = await callThrough(`${front}:15001`, "http://catalog.local/");
      assert.equal(answer.status, 503);
      assert.match(answer.body, /^upstream connect error/);
      assert.equal(await proxy.stat(`cluster.cds_egress_shop_catalog_http_${dead}.upstream_rq_retry`), 2);
    });
  });

  // Shows: route.httpRoute.timeout.perRequest, virtualNode.listeners[].timeout.http.perRequest
  it("ends requests at the time limit of a route, or of the listener of a node that provides", async () => {
    const app = await started.server("app", {
      hold: ({ url }) => (url === "/enough" || url === "/none" ? sleep(400) : never()),
    });
    const front = await loopbackAddress();
    const perRequest = (value: number) => ({ timeout: { perRequest: { value, unit: "ms" as const } } });
    const routes = {
      short: route({ prefix: "/short" }, { app: 1 }, perRequest(100)),
      enough: route({ prefix: "/enough" }, { app: 1 }, perRequest(20_000)),
      none: route({ prefix: "/none" }, { app: 1 }, perRequest(0)),
    };
    const proxy = await started.envoy(explicit(routed({ app: nodeAt(app.port) }, routes), "front", front));
    const call = async (path: string) => (await callThrough(`${front}:15001`, `${catalog}${path}`)).status;
    assert.deepEqual([await call("/short"), await call("/enough"), await call("/none")], [504, 200, 200]);

    const limited = nodeAt(app.port, "http", {
      timeout: { http: { perRequest: { value: 100, unit: "ms" } } },
    });
    await proxy.apply(explicit(provided(limited), "front", front));
    assert.equal((await callThrough(`${front}:15001`, "http://catalog.local/")).status, 504);
  });

  // Shows: route.http2Route.match.prefix, route.http2Route.action.weightedTargets[].virtualNode
  it("speaks HTTP/2 to the listeners that want it, whatever the caller speaks", async () => {
    const app = await started.server("app", { http2: true });
    const front = await loopbackAddress();
    const document = routed(
      { app: nodeAt(app.port, "http2") },
      {
        all: {
          http2Route: route({ prefix: "/" }, { app: 1 }).httpRoute as NonNullable<RouteSpec["http2Route"]>,
        },
      },
      { protocol: "http2" },
    );
    await started.envoy(explicit(document, "front", front));
    assert.equal(answered(await callThrough(`${front}:15001`, `${catalog}/`)), "app");
    const { headers, body } = await http2CallAt(`${front}:15001`, {
      ":path": "/two",
      ":authority": "catalog.local:8080",
    });
    assert.equal(headers[":status"], 200);
    const echo = JSON.parse(body) as Echo;
    assert.deepEqual(
      [echo.server, echo.url, echo.headers[":authority"]],
      ["app", "/two", "catalog.local:8080"],
    );
  });

  // Shows: route.grpcRoute.match.{serviceName,methodName,metadata[].name,metadata[].match.exact},
  // route.grpcRoute.action.weightedTargets[].virtualNode
  it("tells gRPC calls apart by service, method and metadata, and answers in gRPC's own terms", async () => {
    const names = ["method", "service", "metadata"];
    const servers = await Promise.all(names.map((name) => started.server(name, { http2: true })));
    const front = await loopbackAddress();
    const calls = (match: GrpcRoute["match"], virtualNode: string): RouteSpec => ({
      grpcRoute: { match, action: { weightedTargets: [{ virtualNode, weight: 1 }] } },
    });
    const document = routed(
      Object.fromEntries(names.map((name, i) => [name, nodeAt(servers[i]?.port as number, "grpc")])),
      {
        method: calls({ serviceName: "shop.Catalog", methodName: "Get" }, "method"),
        service: calls({ serviceName: "shop.Catalog" }, "service"),
        metadata: calls({ metadata: [{ name: "tenant", match: { exact: "a" } }] }, "metadata"),
        gone: calls({ serviceName: "shop.Gone" }, "gone"),
      },
      { protocol: "grpc", port: 9090 },
    );
    await started.envoy(explicit(document, "front", front));
    const call = async (path: string, more: Readonly<Record<string, string>> = {}) => {
      const { headers, body } = await http2CallAt(`${front}:15001`, {
        ":path": path,
        ":authority": "catalog.local:9090",
        "content-type": "application/grpc",
        te: "trailers",
        ...more,
      });
      return headers["grpc-status"] === undefined
        ? (JSON.parse(body) as Echo).server
        : `grpc ${headers["grpc-status"]}`;
    };
    assert.deepEqual(
      [
        await call("/shop.Catalog/Get"),
        await call("/shop.Catalog/List"),
        await call("/shop.Other/Get", { tenant: "a" }),
        await call("/shop.Other/Get"),
        await call("/shop.Gone/Get"),
        (
          await http2CallAt(`${front}:15001`, {
            ":path": "/shop.Catalog/Get",
            ":authority": "catalog.local:9090",
          })
        ).headers[":status"],
      ],
      // 12: UNIMPLEMENTED, 14: UNAVAILABLE
      ["method", "service", "metadata", "grpc 12", "grpc 14", 404],
    );
  });
});
