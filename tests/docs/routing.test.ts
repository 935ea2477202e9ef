import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type {
  HttpRetryPolicy,
  HttpRetryPolicyEvent,
  HttpRoute,
  HttpRouteMatch,
  TcpRetryPolicyEvent,
} from "@pulumi-appmesh/model";
import { explicit, nodeAt, provided, route, routed, Started, transparent } from "../envoy/mesh.js";
import { answered, type Call, callThrough } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { heard, redirectable, redirected } from "../support/redirected.js";
import { until } from "../support/sidecar.js";
import { walkThrough } from "../support/walkthrough.js";

const text = readFileSync(fileURLToPath(new URL("../../../docs/routing.md", import.meta.url)), "utf8");
const ms = (value: number) => ({ value, unit: "ms" as const });

describe("docs/routing.md", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  const catalog = "http://catalog.local:8080";

  it("tells commands that work", async () => {
    const [, script = assert.fail("no commands")] = /<!-- run -->\n```sh\n([\s\S]*?)```/.exec(text) ?? [];
    const { code, stdout, stderr } = await walkThrough(script);
    assert.equal(code, 0, stderr.slice(-3_000));
    assert.deepEqual(
      stdout.split("\n").filter((line) => line.startsWith("version")),
      ["version 2", "version 1"],
    );
  });

  it("tells what of a request is compared", async () => {
    const [app, front] = [await started.server("app"), await loopbackAddress()];
    const matches: Readonly<Record<string, HttpRouteMatch>> = {
      inverted: { prefix: "/inverted", headers: [{ name: "x-a", match: { exact: "1" }, invert: true }] },
      absent: { prefix: "/absent", headers: [{ name: "x-a", invert: true }] },
      text: { prefix: "/chapter" },
      whole: { path: { exact: "/a%20b" } },
      sent: { prefix: "/query", queryParameters: [{ name: "q", match: { exact: "b%20c" } }] },
      empty: { prefix: "/empty", queryParameters: [{ name: "q", match: { exact: "" } }] },
      scheme: { prefix: "/scheme", scheme: "https" },
    };
    const routes = Object.fromEntries(
      Object.entries(matches).map(([name, match]) => [name, route(match, { app: 1 })]),
    );
    const document = routed({ app: nodeAt(app.port) }, routes);
    await started.envoy(explicit(document, "front", front));
    const taken = async (path: string, headers: Call["headers"] = {}, url = catalog) =>
      (await callThrough(`${front}:15001`, `${url}${path}`, { headers })).status;
    assert.deepEqual(
      {
        "another value": await taken("/inverted", { "x-a": "2" }),
        "the value, inverted": await taken("/inverted", { "x-a": "1" }),
        "no header, inverted": await taken("/inverted"),
        "no header, absent": await taken("/absent"),
        "a header, absent": await taken("/absent", { "x-a": "1" }),
        "/chapter1": await taken("/chapter1"),
        "/a%20b": await taken("/a%20b"),
        "//a%20b": await taken("//a%20b"),
        "/x/../a%20b?q": await taken("/x/../a%20b?q"),
        "?q=b%20c": await taken("/query?q=b%20c"),
        "?q=b+c": await taken("/query?q=b+c"),
        "?q=": await taken("/empty?q="),
        "?q": await taken("/empty?q"),
        "no q": await taken("/empty"),
        "the scheme of the URL": await taken("/scheme", { "x-forwarded-proto": "https" }),
      },
      {
        "another value": 200,
        "the value, inverted": 404,
        "no header, inverted": 404,
        "no header, absent": 200,
        "a header, absent": 404,
        "/chapter1": 200,
        "/a%20b": 200,
        "//a%20b": 200,
        "/x/../a%20b?q": 200,
        "?q=b%20c": 200,
        "?q=b+c": 404,
        "?q=": 200,
        "?q": 200,
        "no q": 404,
        "the scheme of the URL": 404,
      },
    );
    const other = await loopbackAddress();
    await started.envoy(transparent(document, "front"), { rewrite: redirectable(other) });
    const schemes: string[] = [];
    for (const proto of ["", "x-forwarded-proto: https\r\n"]) {
      const socket = await redirected(`${other}:15001`, "198.51.100.1:8080");
      const answer = heard(socket);
      socket.write(`GET /scheme HTTP/1.1\r\nhost: catalog.local\r\n${proto}connection: close\r\n\r\n`);
      schemes.push((await answer).slice(9, 12));
    }
    assert.deepEqual(schemes, ["404", "200"]);
  });

  it("tells what each event of a retry policy stands for", async () => {
    for (const [event, statuses, conditions] of eventRows()) {
      const policy: HttpRetryPolicy = {
        maxRetries: 1,
        perRetryTimeout: ms(0),
        ...(event === "connection-error"
          ? { tcpRetryEvents: [event as TcpRetryPolicyEvent] }
          : { httpRetryEvents: [event as HttpRetryPolicyEvent] }),
      };
      const all = route({ prefix: "/" }, { app: 1 }, { retryPolicy: policy });
      const { routes } = explicit(routed({ app: nodeAt(80) }, { all }), "front", "127.0.0.1");
      const host = routes[0]?.json.virtualHosts?.find(({ name }) => name === "catalog.local");
      const made = host?.routes?.at(-1)?.route?.retryPolicy;
      assert.deepEqual(made?.retriableStatusCodes ?? [], statuses, event);
      assert.deepEqual(
        made?.retryOn?.split(",").filter((condition) => condition !== "retriable-status-codes"),
        conditions,
        event,
      );
    }
  });

  it("tells which attempts are made again", async () => {
    const slow = await started.server("slow", { hold: () => new Promise<never>(() => {}) });
    const failing = await started.server("failing", { status: () => 503 });
    const front = await loopbackAddress();
    const late = (events: Partial<HttpRetryPolicy>): Partial<HttpRoute> => ({
      retryPolicy: { maxRetries: 2, perRetryTimeout: ms(100), ...events },
    });
    const routes = {
      gateway: route({ prefix: "/gateway" }, { slow: 1 }, late({ httpRetryEvents: ["gateway-error"] })),
      client: route({ prefix: "/client" }, { slow: 1 }, late({ httpRetryEvents: ["client-error"] })),
      all: route({ prefix: "/" }, { failing: 1 }),
    };
    const nodes = { slow: nodeAt(slow.port), failing: nodeAt(failing.port) };
    const proxy = await started.envoy(explicit(routed(nodes, routes), "front", front));
    const status = async (path: string, body?: string) =>
      (
        await callThrough(
          `${front}:15001`,
          catalog + path,
          body === undefined ? {} : { method: "POST", body },
        )
      ).status;
    const attempts = () =>
      proxy.stat(`cluster.cds_egress_shop_slow_http_${slow.port}.upstream_rq_per_try_timeout`);
    assert.deepEqual([await status("/client"), await attempts()], [504, 1]);
    assert.deepEqual([await status("/gateway"), await attempts()], [504, 4]);
    const bodies: number[] = [];
    for (const bytes of [1000 * 1024, 1100 * 1024]) {
      const before = failing.requests;
      assert.equal(await status("/", "x".repeat(bytes)), 503);
      bodies.push(failing.requests - before);
    }
    assert.deepEqual(bodies, [3, 1]);
  });

  it("tells that a single endpoint gets traffic however sick it is", async () => {
    const app = await started.server("app", {
      hold: ({ url }) => (url === "/healthz" ? new Promise<never>(() => {}) : Promise.resolve()),
    });
    const healthCheck = {
      protocol: "http" as const,
      path: "/healthz",
      intervalMillis: 50,
      timeoutMillis: 50,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    };
    const front = await loopbackAddress();
    const document = provided(nodeAt(app.port, "http", { healthCheck }));
    const proxy = await started.envoy(explicit(document, "front", front));
    const cluster = `cluster.cds_egress_shop_catalog_http_${app.port}`;
    await until(async () => (await proxy.stat(`${cluster}.health_check.failure`)) > 2);
    assert.equal(await proxy.stat(`${cluster}.membership_healthy`), 0);
    assert.equal(answered(await callThrough(`${front}:15001`, `http://catalog.local:${app.port}/`)), "app");
  });

  it("tells that what a connection pool refuses is tried again", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const app = await started.server("app", { http2: true, hold: () => held });
    const catalogAt = await loopbackAddress(9080);
    const node = nodeAt(9080, "http2", { connectionPool: { http2: { maxRequests: 1 } } }, catalogAt);
    const front = await loopbackAddress();
    await started.envoy(explicit(provided(node), "catalog", catalogAt, { "9080": app.port }));
    const caller = await started.envoy(explicit(provided(node), "front", front));
    const call = () => callThrough(`${front}:15001`, "http://catalog.local:9080/");
    const first = call();
    await until(() => app.requests === 1);
    const refused = await call();
    assert.equal(app.requests, 1);
    release();
    assert.equal((await first).status, 200);
    assert.deepEqual([refused.status, refused.headers["x-envoy-overloaded"]], [503, "true"]);
    assert.equal(await caller.stat("cluster.cds_egress_shop_catalog_http2_9080.upstream_rq_retry"), 2);
  });
});

/** The rows of the table of events: each with its statuses and Envoy's own conditions. */
function eventRows(): readonly (readonly [string, readonly number[], readonly string[]])[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| event |"));
  const rows = lines.slice(start + 2, lines.indexOf("", start));
  assert.equal(rows.length, 5);
  return rows.map((row) => {
    const [event = "", statuses = "", conditions = ""] = row
      .split("|")
      .slice(1)
      .map((cell) => cell.replaceAll("`", "").trim());
    const list = (cell: string) => (cell === "" ? [] : cell.split(", "));
    return [event, list(statuses).map(Number), list(conditions)];
  });
}
