import assert from "node:assert/strict";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { DnsServiceDiscovery, Listener, VirtualNodeSpec } from "@pulumi-appmesh/model";
import { dnsServer } from "../support/dns.js";
import { answered, callAt, callThrough } from "../support/http.js";
import { freePort, loopbackAddress } from "../support/loopback.js";
import { until } from "../support/sidecar.js";
import { explicit, nodeAt, provided, Started } from "./mesh.js";

describe("discovery and health", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  const found = (
    port: number,
    dns: Partial<DnsServiceDiscovery> = {},
    more: Partial<Listener> = {},
    mesh: MeshDocument["mesh"] = {},
  ): MeshDocument => ({
    ...provided({
      listeners: [{ portMapping: { port, protocol: "http" }, ...more }],
      serviceDiscovery: { dns: { hostname: "catalog.internal", ...dns } },
    }),
    mesh,
  });
  /** Two servers at one port of different addresses, and a DNS server that knows them as catalog.internal. */
  const two = async () => {
    const port = await freePort();
    const [a, b] = [await loopbackAddress(port), await loopbackAddress(port)];
    const servers = [
      await started.server("a", { port, host: a }),
      await started.server("b", { port, host: b }),
    ] as const;
    const dns = started.until(await dnsServer({ "catalog.internal": [a, b] }));
    return { port, a, b, servers, dns };
  };
  const outcomes = async (front: string, count: number) => {
    const seen = new Set<string>();
    for (let i = 0; i < count; i++)
      seen.add(answered(await callThrough(`${front}:15001`, "http://catalog.local/")));
    return [...seen].sort();
  };

  // Shows: virtualNode.serviceDiscovery.dns.{hostname,responseType}
  it("balances over all addresses of an answer with ENDPOINTS, and follows their change", async () => {
    const { port, a, b, dns } = await two();
    const front = await loopbackAddress();
    const proxy = await started.envoy(explicit(found(port, { responseType: "ENDPOINTS" }), "front", front), {
      dns: dns.port,
    });
    assert.deepEqual(await outcomes(front, 20), ["a", "b"]);
    dns.names.set("catalog.internal", [b]);
    const cluster = `cluster.cds_egress_shop_catalog_http_${port}`;
    await until(async () => (await proxy.stat(`${cluster}.membership_total`)) === 1);
    assert.deepEqual(await outcomes(front, 20), ["b"]);
    dns.names.set("catalog.internal", [a, b]);
    await until(async () => (await proxy.stat(`${cluster}.membership_total`)) === 2);
    assert.deepEqual(await outcomes(front, 20), ["a", "b"]);
  });

  // Shows: virtualNode.serviceDiscovery.dns.{hostname,responseType}
  it("goes to the first address of an answer with LOADBALANCER, whether the name ends with a dot or not", async () => {
    const { port, dns } = await two();
    const front = await loopbackAddress();
    const proxy = await started.envoy(explicit(found(port), "front", front), { dns: dns.port });
    assert.deepEqual(await outcomes(front, 10), ["a"]);
    await proxy.apply(explicit(found(port, { hostname: "catalog.internal." }), "front", front));
    assert.deepEqual(await outcomes(front, 10), ["a"]);
  });

  it("answers 503 for a name that does not exist, until it does", async () => {
    const app = await started.server("app");
    const dns = started.until(await dnsServer({}));
    const front = await loopbackAddress();
    await started.envoy(explicit(found(app.port), "front", front), { dns: dns.port });
    assert.deepEqual(await outcomes(front, 1), ["503 no healthy upstream"]);
    dns.names.set("catalog.internal", ["127.0.0.1"]);
    await until(async () => (await outcomes(front, 1))[0] === "app");
  });

  // Shows: mesh.serviceDiscovery.ipPreference, virtualNode.serviceDiscovery.dns.ipPreference
  it("resolves the IP versions that the mesh prefers, unless the node prefers others", async () => {
    const port = await freePort();
    await started.server("four", { port, host: "127.0.0.1" });
    await started.server("six", { port, host: "::1" });
    const dns = started.until(
      await dnsServer({
        "catalog.internal": ["127.0.0.1", "::1"],
        "four.internal": ["127.0.0.1"],
        "six.internal": ["::1"],
      }),
    );
    const front = await loopbackAddress();
    const proxy = await started.envoy(explicit(found(port), "front", front), { dns: dns.port });
    const reached = async (
      hostname: string,
      own: DnsServiceDiscovery["ipPreference"],
      all?: DnsServiceDiscovery["ipPreference"],
    ) => {
      const document = found(
        port,
        { hostname, ...(own ? { ipPreference: own } : {}) },
        {},
        all ? { serviceDiscovery: { ipPreference: all } } : {},
      );
      await proxy.apply(explicit(document, "front", front));
      return (await outcomes(front, 1))[0];
    };
    assert.deepEqual(
      {
        nothing: await reached("catalog.internal", undefined),
        "nothing, IPv4 there": await reached("four.internal", undefined),
        IPv4_ONLY: await reached("catalog.internal", "IPv4_ONLY"),
        "IPv4_ONLY, IPv6 there": await reached("six.internal", "IPv4_ONLY"),
        IPv4_PREFERRED: await reached("catalog.internal", "IPv4_PREFERRED"),
        "IPv4_PREFERRED, IPv6 there": await reached("six.internal", "IPv4_PREFERRED"),
        IPv6_ONLY: await reached("catalog.internal", "IPv6_ONLY"),
        "IPv6_ONLY, IPv4 there": await reached("four.internal", "IPv6_ONLY"),
        IPv6_PREFERRED: await reached("catalog.internal", "IPv6_PREFERRED"),
        "mesh's IPv4_ONLY": await reached("catalog.internal", undefined, "IPv4_ONLY"),
        "node's before mesh's": await reached("catalog.internal", "IPv6_ONLY", "IPv4_ONLY"),
      },
      {
        nothing: "six",
        "nothing, IPv4 there": "four",
        IPv4_ONLY: "four",
        "IPv4_ONLY, IPv6 there": "503 no healthy upstream",
        IPv4_PREFERRED: "four",
        "IPv4_PREFERRED, IPv6 there": "six",
        IPv6_ONLY: "six",
        "IPv6_ONLY, IPv4 there": "503 no healthy upstream",
        IPv6_PREFERRED: "six",
        "mesh's IPv4_ONLY": "four",
        "node's before mesh's": "six",
      },
    );
  });

  it("goes on when an endpoint dies, without an error that the caller sees", async () => {
    const { port, servers, dns } = await two();
    const front = await loopbackAddress();
    await started.envoy(explicit(found(port, { responseType: "ENDPOINTS" }), "front", front), {
      dns: dns.port,
    });
    assert.deepEqual(await outcomes(front, 10), ["a", "b"]);
    await servers[0].close();
    assert.deepEqual(await outcomes(front, 20), ["b"]);
  });

  // Shows: virtualNode.listeners[].outlierDetection.{maxServerErrors,interval,baseEjectionDuration}
  it("ejects an endpoint that keeps failing, and takes it back", async () => {
    const port = await freePort();
    const [a, b] = [await loopbackAddress(port), await loopbackAddress(port)];
    await started.server("a", { port, host: a });
    let failing = true;
    const sick = await started.server("b", { port, host: b, status: () => (failing ? 500 : 200) });
    const dns = started.until(await dnsServer({ "catalog.internal": [a, b] }));
    const front = await loopbackAddress();
    const outlierDetection = {
      maxServerErrors: 3,
      interval: { value: 200, unit: "ms" },
      // Long enough for what follows, on a busy machine too.
      baseEjectionDuration: { value: 5, unit: "s" },
      maxEjectionPercent: 50,
    } as const;
    const proxy = await started.envoy(
      explicit(found(port, { responseType: "ENDPOINTS" }, { outlierDetection }), "front", front),
      { dns: dns.port },
    );
    const ejected = `cluster.cds_egress_shop_catalog_http_${port}.outlier_detection.ejections_active`;
    await until(async () => {
      await outcomes(front, 1);
      return (await proxy.stat(ejected)) === 1;
    });
    assert.equal(sick.requests, 3);
    failing = false;
    assert.deepEqual(await outcomes(front, 10), ["a"]);
    await until(async () => (await proxy.stat(ejected)) === 0);
    assert.deepEqual(await outcomes(front, 20), ["a", "b"]);
  });

  // Shows: virtualNode.listeners[].healthCheck.protocol
  it("checks the health of endpoints as the virtual node says, and leaves sick ones out", async () => {
    const { port, servers, dns } = await two();
    const front = await loopbackAddress();
    const healthCheck = {
      protocol: "http",
      path: "/health",
      intervalMillis: 5000,
      timeoutMillis: 2000,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    } as const;
    const proxy = await started.envoy(
      explicit(found(port, { responseType: "ENDPOINTS" }, { healthCheck }), "front", front),
      { dns: dns.port },
    );
    const cluster = `cluster.cds_egress_shop_catalog_http_${port}`;
    await until(async () => (await proxy.stat(`${cluster}.membership_healthy`)) === 2);
    assert.ok(servers[0].requests > 0);
    await servers[0].close();
    await until(async () => (await proxy.stat(`${cluster}.membership_healthy`)) === 1);
    assert.deepEqual(await outcomes(front, 10), ["b"]);
  });

  // Shows: virtualNode.listeners[].connectionPool.http.{maxConnections,maxPendingRequests}
  it("limits what reaches the application by the listener's connection pool", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const app = await started.server("app", { hold: () => released });
    const called = await loopbackAddress(8080);
    const spec: VirtualNodeSpec = nodeAt(
      8080,
      "http",
      { connectionPool: { http: { maxConnections: 1, maxPendingRequests: 1 } } },
      called,
    );
    const document = provided(spec);
    await started.envoy(explicit(document, "catalog", called, { "8080": app.port }));
    let refused = 0;
    const call = async () => {
      const { status } = await callAt(`${called}:8080`, "/");
      if (status === 503) refused += 1;
      return status;
    };
    const first = call();
    await until(() => app.requests === 1);
    const others = Array.from({ length: 5 }, call);
    await until(() => refused === 4);
    release();
    assert.deepEqual((await Promise.all([first, ...others])).sort(), [200, 200, 503, 503, 503, 503]);
    assert.equal(app.requests, 2);
  });
});
