import { deepEqual } from "node:assert/strict";
import { injectedTracing } from "./injected-tracing.js";

describe("tracing by injected proxies", () => {
  it("goes to a collector by its name, for older Envoys", () => {
    deepEqual(JSON.parse(injectedTracing("shop", "collector.observability", 4317)), {
      tracing: {
        http: {
          name: "envoy.tracers.opentelemetry",
          typedConfig: {
            "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
            serviceName: "shop",
            grpcService: { envoyGrpc: { clusterName: "appmesh_tracing" }, timeout: "1s" },
          },
        },
      },
      staticResources: {
        clusters: [
          {
            name: "appmesh_tracing",
            type: "STRICT_DNS",
            dnsLookupFamily: "ALL",
            connectTimeout: "1s",
            loadAssignment: {
              clusterName: "appmesh_tracing",
              endpoints: [
                {
                  lbEndpoints: [
                    {
                      endpoint: {
                        address: { socketAddress: { address: "collector.observability", portValue: 4317 } },
                      },
                    },
                  ],
                },
              ],
            },
            typedExtensionProtocolOptions: {
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                explicitHttpConfig: { http2ProtocolOptions: {} },
              },
            },
          },
        ],
      },
    });
  });
});
