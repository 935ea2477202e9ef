// How sick endpoints are found and left out, and what keeps too much from an application.
import assert from "node:assert/strict";
import { connect } from "node:net";
import type { HealthCheckPolicy, Listener, VirtualNodeSpec } from "@pulumi-appmesh/model";
import { dnsServer } from "../support/dns.js";
import { answered, callAt, callThrough, http2CallAt } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { heard } from "../support/redirected.js";
import { until } from "../support/sidecar.js";
import { explicit, nodeAt, provided, Started } from "./mesh.js";

describe("resiliency", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  // Shows: virtualNode.listeners[].healthCheck.{protocol,path,intervalMillis,healthyThreshold,unhealthyThreshold}
  it("takes as many checks for sick, and for well again, as a health check says", async () => {
    // Each check is answered when the test says so, with the next of these.
    const statuses = [200, 500, 200, 500, 500, 500, 200, 500, 200, 200];
    const paths: string[] = [];
    let release = () => {};
    const app = await started.server("app", {
      status: (request) => statuses[request - 1] ?? 200,
      hold: ({ url }) => {
        paths.push(url);
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      },
    });
    const healthCheck: HealthCheckPolicy = {
      protocol: "http",
      path: "/are/you/well",
      intervalMillis: 50,
      timeoutMillis: 30_000,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    };
    const front = await loopbackAddress();
    // It is ready once its first check is over.
    const starting = started.envoy(
      explicit(provided(nodeAt(app.port, "http", { healthCheck })), "front", front),
    );
    await until(() => app.requests === 1);
    release();
    const proxy = await starting;
    const cluster = `cluster.cds_egress_shop_catalog_http_${app.port}`;
    const seen: number[] = [];
    for (let check = 1; check <= statuses.length; check++) {
      if (check > 1) {
        await until(() => app.requests === check);
        release();
      }
      await until(
        async () =>
          (await proxy.stat(`${cluster}.health_check.success`)) +
            (await proxy.stat(`${cluster}.health_check.failure`)) ===
          check,
      );
      seen.push(await proxy.stat(`${cluster}.membership_healthy`));
    }
    // Three failures in a row, and not three; two successes in a row.
    assert.deepEqual(seen, [1, 1, 1, 1, 1, 0, 0, 0, 0, 1]);
    assert.deepEqual([...new Set(paths)], ["/are/you/well"]);
  });

  // Shows: virtualNode.listeners[].healthCheck.timeoutMillis
  it("takes a check without an answer in time for a failed one", async () => {
    const app = await started.server("app", { hold: () => new Promise<never>(() => {}) });
    const healthCheck: HealthCheckPolicy = {
      protocol: "http",
      intervalMillis: 50,
      timeoutMillis: 100,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    };
    const front = await loopbackAddress();
    const proxy = await started.envoy(
      explicit(provided(nodeAt(app.port, "http", { healthCheck })), "front", front),
    );
    const cluster = `cluster.cds_egress_shop_catalog_http_${app.port}`;
    await until(async () => (await proxy.stat(`${cluster}.health_check.network_failure`)) > 1);
    assert.equal(await proxy.stat(`${cluster}.membership_healthy`), 0);
  });

  // Shows: virtualNode.listeners[].outlierDetection.{maxServerErrors,maxEjectionPercent}
  it("ejects no larger share of the endpoints than outlier detection says", async () => {
    const port = await freePort();
    const hosts = [await loopbackAddress(port), await loopbackAddress(port)];
    for (const host of hosts) await started.server(host, { port, host, status: () => 500 });
    const dns = started.until(await dnsServer({ "catalog.internal": hosts }));
    const node = (maxEjectionPercent: number): VirtualNodeSpec => ({
      listeners: [
        {
          portMapping: { port, protocol: "http" },
          outlierDetection: {
            maxServerErrors: 1,
            interval: { value: 100, unit: "ms" },
            baseEjectionDuration: { value: 60, unit: "s" },
            maxEjectionPercent,
          },
        },
      ],
      serviceDiscovery: { dns: { hostname: "catalog.internal", responseType: "ENDPOINTS" } },
    });
    const outlier = `cluster.cds_egress_shop_catalog_http_${port}.outlier_detection`;
    for (const [percent, ejected] of [
      [50, 1],
      [100, 2],
    ] as const) {
      const front = await loopbackAddress();
      const proxy = await started.envoy(explicit(provided(node(percent)), "front", front), { dns: dns.port });
      await until(async () => {
        for (let i = 0; i < 4; i++) await callThrough(`${front}:15001`, `http://catalog.local:${port}/`);
        const overflow = await proxy.stat(`${outlier}.ejections_overflow`);
        return (
          (await proxy.stat(`${outlier}.ejections_active`)) === ejected && (ejected === 2 || overflow > 0)
        );
      });
    }
  });

  // Shows: virtualNode.listeners[].connectionPool.{http2.maxRequests,grpc.maxRequests,tcp.maxConnections}
  it("lets no more through to the application at once than its listener's connection pool says", async () => {
    let gate = Promise.withResolvers<void>();
    const app = await started.server("app", { http2: true, hold: () => gate.promise });
    const db = await started.greeting("hello\n");
    const address = await loopbackAddress(8081, 8082, 8083);
    const listener = (
      port: number,
      protocol: "http2" | "grpc" | "tcp",
      connectionPool: NonNullable<Listener["connectionPool"]>,
    ): Listener => ({ portMapping: { port, protocol }, connectionPool });
    const node: VirtualNodeSpec = {
      listeners: [
        listener(8081, "http2", { http2: { maxRequests: 2 } }),
        listener(8082, "grpc", { grpc: { maxRequests: 1 } }),
        listener(8083, "tcp", { tcp: { maxConnections: 1 } }),
      ],
      serviceDiscovery: { dns: { hostname: address } },
    };
    await started.envoy(
      explicit(provided(node), "catalog", address, { "8081": app.port, "8082": app.port, "8083": db.port }),
    );
    const statuses = async (port: number, allowed: number) => {
      gate = Promise.withResolvers<void>();
      const before = app.requests;
      let ended = 0;
      const call = async () => {
        const { headers } = await http2CallAt(`${address}:${port}`, {
          ":path": "/a.B/C",
          ":authority": "x",
          ...(port === 8082 ? { "content-type": "application/grpc", te: "trailers" } : {}),
        });
        ended += 1;
        return String(headers["grpc-status"] ?? headers[":status"]);
      };
      const all = Array.from({ length: 4 }, call);
      await until(() => app.requests - before === allowed && ended === 4 - allowed);
      gate.resolve();
      return (await Promise.all(all)).sort();
    };
    // 14: UNAVAILABLE
    assert.deepEqual(await statuses(8081, 2), ["200", "200", "503", "503"]);
    assert.deepEqual(await statuses(8082, 1), ["14", "14", "14", "200"]);

    const first = connect(8083, address);
    const greeted = new Promise((resolve) => first.once("data", (data) => resolve(String(data))));
    assert.equal(await greeted, "hello\n");
    assert.equal(await heard(connect(8083, address)), "");
    first.destroy();
    await until(async () => (await heard(connect(8083, address), "\n")) === "hello\n");
    assert.equal(answered(await callAt(`${address}:8081`, "/")), "app");
  });
});
