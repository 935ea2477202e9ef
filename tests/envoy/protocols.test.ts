// What routes.test.ts shows of HTTP routes, for HTTP/2, gRPC and TCP.
import assert from "node:assert/strict";
import { createServer } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import type {
  Duration,
  GrpcRoute,
  HttpRoute,
  RouteSpec,
  TcpRoute,
  VirtualNodeSpec,
} from "@pulumi-appmesh/model";
import { answered, type Call, callThrough, type Echo, http2CallAt } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { heard } from "../support/redirected.js";
import { explicit, nodeAt, provided, routed, Started } from "./mesh.js";

const ms = (value: number): Duration => ({ value, unit: "ms" });
const never = () => new Promise<never>(() => {});

describe("routes of other protocols", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  const http2 = (
    match: HttpRoute["match"],
    virtualNode: string,
    more: Partial<HttpRoute> = {},
  ): RouteSpec => ({
    http2Route: { match, action: { weightedTargets: [{ virtualNode, weight: 1 }] }, ...more },
  });
  const grpc = (
    match: GrpcRoute["match"],
    virtualNode: string,
    more: Partial<GrpcRoute> = {},
  ): RouteSpec => ({
    grpcRoute: { match, action: { weightedTargets: [{ virtualNode, weight: 1 }] }, ...more },
  });
  /** A gRPC call: the server that answered, or the status. */
  async function grpcCall(
    front: string,
    path: string,
    more: Readonly<Record<string, string>> = {},
    port = 8080,
  ): Promise<string> {
    const { headers, body } = await http2CallAt(`${front}:15001`, {
      ":path": path,
      ":authority": `catalog.local:${port}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...more,
    });
    return headers["grpc-status"] === undefined
      ? (JSON.parse(body) as Echo).server
      : `grpc ${headers["grpc-status"]}`;
  }
  async function servers(protocol: "http2" | "grpc", names: readonly string[]) {
    const nodes: Record<string, VirtualNodeSpec> = {};
    for (const name of names) {
      const { port } = await started.server(name, { http2: true });
      nodes[name] = nodeAt(port, protocol);
    }
    return nodes;
  }

  // Shows: route.http2Route.match.{path.exact,path.regex,method,scheme}, route.http2Route.match.{headers,queryParameters}*
  it("tells HTTP/2 requests apart by everything that a route may match on", async () => {
    const header = (match: object | undefined, more: object = {}) => ({
      prefix: "/h",
      headers: [{ name: "x-test", ...(match ? { match } : {}), ...more }],
    });
    const matches: Record<string, HttpRoute["match"]> = {
      exact: { path: { exact: "/exact" } },
      regex: { path: { regex: "/items/[0-9]+" } },
      method: { prefix: "/m", method: "DELETE" },
      scheme: { prefix: "/s", scheme: "http" },
      "h-exact": header({ exact: "a" }),
      "h-prefix": header({ prefix: "pre" }),
      "h-suffix": header({ suffix: "fix" }),
      "h-regex": header({ regex: "r+" }),
      "h-range": header({ range: { start: -5, end: 10 } }),
      "h-inverted": { prefix: "/i", headers: [{ name: "x-test", match: { exact: "a" }, invert: true }] },
      query: { prefix: "/q", queryParameters: [{ name: "v", match: { exact: "2" } }] },
      rest: { prefix: "/" },
    };
    const routes = Object.fromEntries(
      Object.entries(matches).map(([name, match]) => [name, http2(match, name)]),
    );
    const front = await loopbackAddress();
    const document = routed(await servers("http2", Object.keys(matches)), routes, { protocol: "http2" });
    await started.envoy(explicit(document, "front", front));
    const to = async (path: string, call: Call = {}) =>
      answered(await callThrough(`${front}:15001`, `http://catalog.local:8080${path}`, call));
    const x = (value: string): Call => ({ headers: { "x-test": value } });
    assert.deepEqual(
      [
        [await to("/exact"), await to("/exact/")],
        [await to("/items/12"), await to("/items/12x")],
        [await to("/m", { method: "DELETE" }), await to("/m")],
        [await to("/s")],
        [await to("/h", x("a")), await to("/h", x("prefixed")), await to("/h", x("a fix"))],
        [
          await to("/h", x("rrr")),
          await to("/h", x("rrra")),
          await to("/h", x("9")),
          await to("/h", x("10")),
        ],
        [await to("/i", x("b")), await to("/i", x("a"))],
        [await to("/q?v=2"), await to("/q?v=3")],
      ],
      [
        ["exact", "rest"],
        ["regex", "rest"],
        ["method", "rest"],
        ["scheme"],
        ["h-exact", "h-prefix", "h-suffix"],
        ["h-regex", "rest", "h-range", "rest"],
        ["h-inverted", "rest"],
        ["query", "rest"],
      ],
    );
  });

  // Shows: route.grpcRoute.match.metadata[].match.{prefix,suffix,regex,range.start,range.end},
  // route.grpcRoute.match.metadata[].invert
  it("tells gRPC calls apart by every kind of metadata", async () => {
    const tenant = (match: object, more: object = {}) => ({
      serviceName: "shop.Catalog",
      metadata: [{ name: "tenant", match, ...more }],
    });
    const matches: Record<string, GrpcRoute["match"]> = {
      prefix: tenant({ prefix: "pre" }),
      suffix: tenant({ suffix: "fix" }),
      regex: tenant({ regex: "r+" }),
      range: tenant({ range: { start: 1, end: 10 } }),
      inverted: {
        serviceName: "shop.Other",
        metadata: [{ name: "tenant", match: { exact: "a" }, invert: true }],
      },
      rest: {},
    };
    const routes = Object.fromEntries(
      Object.entries(matches).map(([name, match]) => [name, grpc(match, name)]),
    );
    const front = await loopbackAddress();
    const document = routed(await servers("grpc", Object.keys(matches)), routes, { protocol: "grpc" });
    await started.envoy(explicit(document, "front", front));
    const by = (value: string, service = "Catalog") =>
      grpcCall(front, `/shop.${service}/Get`, { tenant: value });
    assert.deepEqual(
      [
        [await by("prefixed"), await by("a-fix"), await by("rrr"), await by("rrra")],
        [await by("1"), await by("9"), await by("10")],
        [await by("b", "Other"), await by("a", "Other")],
      ],
      [
        ["prefix", "suffix", "regex", "rest"],
        ["range", "range", "rest"],
        ["inverted", "rest"],
      ],
    );
  });

  // Shows: route.{httpRoute,http2Route,grpcRoute,tcpRoute}.match.port,
  // route.{http2Route,grpcRoute}.action.weightedTargets[].{weight,port}, route.tcpRoute.action.weightedTargets[].weight
  it("tells the ports of a virtual router apart, and sends to those of a virtual node, by weight", async () => {
    const [one, two] = [
      await started.server("one", { http2: true }),
      await started.server("two", { http2: true }),
    ];
    const plain = [await started.server("one"), await started.server("two")] as const;
    const greeting = [await started.greeting("one\n"), await started.greeting("two\n")] as const;
    const listener = (port: number, protocol: "http" | "http2" | "grpc" | "tcp") => ({
      portMapping: { port, protocol },
    });
    const nodes = (
      protocol: "http" | "http2" | "grpc" | "tcp",
      ...ports: readonly number[]
    ): VirtualNodeSpec => ({
      listeners: ports.map((port) => listener(port, protocol)),
      serviceDiscovery: { dns: { hostname: "127.0.0.1" } },
    });
    const ports = { http: [81, 82], http2: [83, 84], grpc: [85, 86], tcp: [9087, 9088] } as const;
    const action = (node: string, port: number, other: number) => ({
      weightedTargets: [
        { virtualNode: node, weight: 100, port },
        { virtualNode: node, weight: 0, port: other },
      ],
    });
    const routes: Record<string, RouteSpec> = {};
    for (const [i, [first, second]] of [
      [0, [plain[0].port, plain[1].port]],
      [1, [plain[1].port, plain[0].port]],
    ] as const) {
      routes[`http${i}`] = {
        httpRoute: { match: { prefix: "/", port: ports.http[i] }, action: action("http", first, second) },
      };
      const [near, far] = i === 0 ? [one.port, two.port] : [two.port, one.port];
      routes[`http2${i}`] = {
        http2Route: { match: { prefix: "/", port: ports.http2[i] }, action: action("http2", near, far) },
      };
      routes[`grpc${i}`] = {
        grpcRoute: { match: { port: ports.grpc[i] }, action: action("grpc", near, far) },
      };
      const [greets, silent] = [greeting[i]?.port as number, greeting[1 - i]?.port as number];
      const tcpRoute: TcpRoute = {
        match: { port: ports.tcp[i] as number },
        action: action("tcp", greets, silent),
      };
      routes[`tcp${i}`] = { tcpRoute };
    }
    const document = routed(
      {
        http: nodes("http", plain[0].port, plain[1].port),
        http2: nodes("http2", one.port, two.port),
        grpc: nodes("grpc", one.port, two.port),
        tcp: nodes("tcp", greeting[0].port, greeting[1].port),
      },
      routes,
    );
    const listeners = (["http", "http2", "grpc", "tcp"] as const).flatMap((protocol) =>
      ports[protocol].map((port) => listener(port, protocol)),
    );
    const front = await loopbackAddress(9087, 9088);
    await started.envoy(
      explicit({ ...document, virtualRouters: { catalog: { listeners } } }, "front", front),
    );
    const call = async (port: number) =>
      answered(await callThrough(`${front}:15001`, `http://catalog.local:${port}/`));
    assert.deepEqual(
      {
        http: [await call(81), await call(82)],
        http2: [await call(83), await call(84)],
        grpc: [await grpcCall(front, "/a.B/C", {}, 85), await grpcCall(front, "/a.B/C", {}, 86)],
        tcp: [await heard(connect(9087, front), "\n"), await heard(connect(9088, front), "\n")],
      },
      { http: ["one", "two"], http2: ["one", "two"], grpc: ["one", "two"], tcp: ["one\n", "two\n"] },
    );
  });

  // Shows: route.{httpRoute,http2Route,grpcRoute}.timeout.idle, route.{http2Route,grpcRoute}.timeout.perRequest,
  // virtualNode.listeners[].timeout.{http,http2,grpc}.idle, virtualNode.listeners[].timeout.{http2,grpc}.perRequest
  it("ends requests at their time limits, and those in which nothing moves", async () => {
    const plain = await started.server("plain", { hold: never });
    const two = await started.server("two", { hold: never, http2: true });
    const targets = (virtualNode: string) => ({ action: { weightedTargets: [{ virtualNode, weight: 1 }] } });
    const front = await loopbackAddress();
    const outcome = async (protocol: "http" | "http2" | "grpc", timeout: object, onRoute: boolean) => {
      const node = nodeAt(
        protocol === "http" ? plain.port : two.port,
        protocol,
        onRoute ? {} : { timeout: { [protocol]: timeout } },
      );
      const name = protocol === "http" ? "httpRoute" : protocol === "http2" ? "http2Route" : "grpcRoute";
      const match = protocol === "grpc" ? {} : { prefix: "/" };
      const route = { [name]: { match, ...targets("app"), timeout } } as RouteSpec;
      const document = onRoute ? routed({ app: node }, { all: route }, { protocol }) : provided(node);
      await proxy.apply(explicit(document, "front", front));
      const port = onRoute ? 8080 : (node.listeners?.[0]?.portMapping.port as number);
      if (protocol === "grpc") return grpcCall(front, "/a.B/C", {}, port);
      return (await callThrough(`${front}:15001`, `http://catalog.local:${port}/`)).status;
    };
    const proxy = await started.envoy(explicit(provided(nodeAt(plain.port)), "front", front));
    const seen: Record<string, unknown> = {};
    for (const protocol of ["http", "http2", "grpc"] as const) {
      for (const limit of ["perRequest", "idle"] as const) {
        for (const onRoute of [true, false]) {
          seen[`${protocol} ${limit} ${onRoute ? "route" : "listener"}`] = await outcome(
            protocol,
            { [limit]: ms(100) },
            onRoute,
          );
        }
      }
    }
    // 504, or gRPC's DEADLINE_EXCEEDED for the one and UNAVAILABLE for the other.
    assert.deepEqual(
      Object.entries(seen)
        .filter(([what]) => !what.startsWith("grpc"))
        .map(([, outcome]) => outcome),
      Array(8).fill(504),
    );
    for (const [what, outcome] of Object.entries(seen)) {
      if (what.startsWith("grpc")) assert.match(String(outcome), /^grpc (4|14)$/, what);
    }
  });

  // Shows: route.tcpRoute.timeout.idle, virtualNode.listeners[].timeout.tcp.idle
  it("closes TCP connections on which nothing moves", async () => {
    const db = await started.greeting("hello\n");
    const front = await loopbackAddress(9090);
    const route = (timeout: object): RouteSpec => ({
      tcpRoute: { action: { weightedTargets: [{ virtualNode: "db", weight: 1 }] }, timeout },
    });
    const idle = { idle: ms(200) };
    const document = routed(
      { db: nodeAt(db.port, "tcp") },
      { all: route(idle) },
      { port: 9090, protocol: "tcp" },
    );
    const proxy = await started.envoy(explicit(document, "front", front));
    assert.equal(await heard(connect(9090, front)), "hello\n");
    assert.equal(await proxy.stat("tcp.egress.idle_timeout"), 1);

    const inside = await loopbackAddress(9091);
    const app = { ...nodeAt(9091, "tcp", { timeout: { tcp: idle } }, inside) };
    const own = await started.envoy(explicit(provided(app), "catalog", inside, { "9091": db.port }));
    assert.equal(await heard(connect(9091, inside)), "hello\n");
    assert.equal(await own.stat("tcp.ingress.idle_timeout"), 1);
  });

  // Shows: route.{httpRoute,http2Route,grpcRoute}.retryPolicy.tcpRetryEvents[],
  // route.{http2Route,grpcRoute}.retryPolicy.{maxRetries,httpRetryEvents[],perRetryTimeout},
  // route.grpcRoute.retryPolicy.grpcRetryEvents[]
  it("tries again as a policy says", async () => {
    /** Answers so many times with a status, of HTTP or of gRPC, and then well; answers nothing while `silent`. */
    let answers: readonly (number | `grpc ${number}` | "silent")[] = [];
    let requests = 0;
    const server = createServer();
    server.on("stream", (stream) => {
      const answer = answers[requests++];
      stream.on("error", () => {});
      if (answer === "silent") return;
      const status = typeof answer === "number" ? answer : 200;
      const own = typeof answer === "string" ? { "grpc-status": answer.slice(5) } : {};
      stream.respond({ ":status": status, "content-type": "application/grpc", ...own });
      stream.end(JSON.stringify({ server: "app" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    started.until({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
    const { port } = server.address() as AddressInfo;
    const front = await loopbackAddress();
    const proxy = await started.envoy(explicit(provided(nodeAt(port, "http2")), "front", front));
    const attempts = async (protocol: "http2" | "grpc", policy: object, ...sent: typeof answers) => {
      const retryPolicy = { maxRetries: 2, perRetryTimeout: ms(5_000), ...policy };
      const all =
        protocol === "grpc"
          ? grpc({}, "app", { retryPolicy })
          : http2({ prefix: "/" }, "app", { retryPolicy });
      await proxy.apply(
        explicit(routed({ app: nodeAt(port, protocol) }, { all }, { protocol }), "front", front),
      );
      [answers, requests] = [sent, 0];
      await grpcCall(front, "/a.B/C");
      return requests;
    };
    assert.deepEqual(
      [
        await attempts("http2", { httpRetryEvents: ["server-error"] }, 500, 500),
        await attempts("http2", { httpRetryEvents: ["client-error"] }, 500, 500),
        await attempts("http2", { httpRetryEvents: ["server-error"], maxRetries: 1 }, 500, 500, 500),
        await attempts("http2", { httpRetryEvents: ["gateway-error"], perRetryTimeout: ms(200) }, "silent"),
        await attempts("grpc", { httpRetryEvents: ["server-error"] }, 500),
        await attempts("grpc", { grpcRetryEvents: ["unavailable"] }, "grpc 14", "grpc 14"),
        await attempts("grpc", { grpcRetryEvents: ["unavailable"] }, "grpc 13"),
        await attempts("grpc", { grpcRetryEvents: ["internal", "cancelled"] }, "grpc 13", "grpc 1"),
        await attempts(
          "grpc",
          { grpcRetryEvents: ["resource-exhausted"], maxRetries: 1 },
          "grpc 8",
          "grpc 8",
          "grpc 8",
        ),
        await attempts("grpc", { httpRetryEvents: ["gateway-error"], perRetryTimeout: ms(200) }, "silent"),
      ],
      [3, 1, 2, 2, 2, 3, 1, 3, 2, 2],
    );

    const dead = await freePort();
    const retries = async (protocol: "http" | "http2" | "grpc", policy: object) => {
      const retryPolicy = { maxRetries: 2, perRetryTimeout: ms(5_000), ...policy };
      const name = protocol === "http" ? "httpRoute" : protocol === "http2" ? "http2Route" : "grpcRoute";
      const match = protocol === "grpc" ? {} : { prefix: "/" };
      const action = { weightedTargets: [{ virtualNode: "dead", weight: 1 }] };
      const all = { [name]: { match, action, retryPolicy } } as RouteSpec;
      await proxy.apply(
        explicit(routed({ dead: nodeAt(dead, protocol) }, { all }, { protocol }), "front", front),
      );
      const stat = `cluster.cds_egress_shop_dead_${protocol}_${dead}.upstream_rq_retry`;
      const before = await proxy.stat(stat);
      if (protocol === "grpc") await grpcCall(front, "/a.B/C");
      else await callThrough(`${front}:15001`, "http://catalog.local:8080/");
      return (await proxy.stat(stat)) - before;
    };
    const connection = { tcpRetryEvents: ["connection-error"] };
    const other = { httpRetryEvents: ["client-error"] };
    assert.deepEqual(
      [
        [await retries("http", connection), await retries("http", other)],
        [await retries("http2", connection), await retries("http2", other)],
        [await retries("grpc", connection), await retries("grpc", other)],
      ],
      [
        [2, 0],
        [2, 0],
        [2, 0],
      ],
    );
  });
});
