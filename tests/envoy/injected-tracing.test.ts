// What AppMeshController gives injected proxies for OpenTelemetry, in a real Envoy: merged into its configuration as the
// agent of AWS's image does it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { injectedTracing } from "@pulumi-appmesh/provider/components/eks/injected-tracing.js";
import { temporaryFolder } from "../support/control-plane.js";
import { callAt } from "../support/http.js";
import { freePort } from "../support/loopback.js";
import { until } from "../support/sidecar.js";
import { envoyPath } from "../support/tools.js";
import { type Collector, otlpGrpcCollector, type Span } from "../support/trace-collectors.js";

describe("OpenTelemetry of injected proxies", function () {
  this.timeout(180_000);
  let collector: Collector<Span>;
  let envoy: ChildProcess;
  before(async () => {
    collector = await otlpGrpcCollector();
  });
  after(async () => {
    if (envoy?.exitCode === null) {
      envoy.kill("SIGKILL");
      await once(envoy, "exit");
    }
    await collector?.close();
  });

  it("is told of each request, as of the namespace's service", async () => {
    const { tracing, staticResources } = JSON.parse(injectedTracing("shop", "localhost", collector.port));
    const port = await freePort();
    const manager = {
      "@type":
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      statPrefix: "ingress",
      // As the control plane says it of every listener.
      tracing: {},
      httpFilters: [
        {
          name: "envoy.filters.http.router",
          typedConfig: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
        },
      ],
      routeConfig: {
        virtualHosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [
              {
                match: { prefix: "/" },
                directResponse: { status: 200, body: { inlineString: "well" } },
                decorator: { operation: "catalog" },
              },
            ],
          },
        ],
      },
    };
    const bootstrap = {
      node: { id: "mesh/shop/virtualNode/catalog", cluster: "mesh/shop/virtualNode/catalog" },
      tracing,
      staticResources: {
        ...staticResources,
        listeners: [
          {
            name: "ingress",
            address: { socketAddress: { address: "127.0.0.1", portValue: port } },
            filterChains: [
              { filters: [{ name: "envoy.filters.network.http_connection_manager", typedConfig: manager }] },
            ],
          },
        ],
      },
    };
    const file = join(temporaryFolder(), "envoy.json");
    writeFileSync(file, JSON.stringify(bootstrap));
    envoy = spawn(
      await envoyPath(),
      ["--config-path", file, "--log-level", "warning", "--disable-hot-restart", "--concurrency", "1"],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let said = "";
    envoy.stderr?.setEncoding("utf8").on("data", (text) => (said += text));
    const call = async () => (await callAt(`127.0.0.1:${port}`, "/", {})).body;
    await until(async () => {
      assert.equal(envoy.exitCode, null, said);
      return (await call().catch(() => "")) === "well";
    });
    // The first ones may be lost, while the collector's name is looked up.
    await until(async () => {
      await call();
      return collector.received.length > 0;
    });
    const [span] = collector.received;
    assert.deepEqual([span?.service, span?.name, span?.kind], ["shop", "catalog", 2]);
  });
});
