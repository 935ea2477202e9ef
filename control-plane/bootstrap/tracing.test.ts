import assert from "node:assert/strict";
import { bootstrap } from "./bootstrap.js";
import { type Tracing, tracingBootstrap } from "./tracing.js";

const proxy = { mesh: "shop", name: "catalog-v1" };

describe("tracing of a bootstrap", () => {
  it("tells the X-Ray daemon, as App Mesh's own sidecars did", () => {
    const tracing = { kind: "xray", address: "127.0.0.1", port: 2000, samplingRate: 0.05 } as const;
    assert.deepEqual(tracingBootstrap(tracing, proxy), {
      tracing: {
        http: {
          name: "envoy.tracers.xray",
          typedConfig: {
            "@type": "type.googleapis.com/envoy.config.trace.v3.XRayConfig",
            daemonEndpoint: { protocol: "UDP", address: "127.0.0.1", portValue: 2000 },
            segmentName: "shop/catalog-v1",
            samplingRuleManifest: {
              inlineString: '{"version":2,"default":{"fixed_target":1,"rate":0.05},"rules":[]}',
            },
            segmentFields: {
              origin: "AWS::AppMesh::Proxy",
              aws: { app_mesh: { mesh_name: "shop", virtual_node_name: "catalog-v1" } },
            },
          },
        },
      },
      clusters: [],
    });
  });

  it("takes a name and sampling rules of the user's own", () => {
    const samplingRules = '{"version":2}';
    const { tracing } = tracingBootstrap(
      { kind: "xray", address: "::1", port: 1, samplingRate: 0, samplingRules, segmentName: "mine" },
      proxy,
    );
    const { segmentName, samplingRuleManifest } = (tracing.http?.typedConfig ?? {}) as Record<
      string,
      unknown
    >;
    assert.deepEqual([segmentName, samplingRuleManifest], ["mine", { inlineString: samplingRules }]);
  });

  const otel = { kind: "otel", host: "10.0.0.1", port: 4317, path: "/v1/traces", samplingRate: 0.5 } as const;

  it("tells an OpenTelemetry collector over gRPC", () => {
    assert.deepEqual(tracingBootstrap({ ...otel, protocol: "grpc" }, proxy), {
      tracing: {
        http: {
          name: "envoy.tracers.opentelemetry",
          typedConfig: {
            "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
            serviceName: "shop/catalog-v1",
            sampler: {
              name: "envoy.tracers.opentelemetry.samplers.parent_based",
              typedConfig: {
                "@type":
                  "type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3.ParentBasedSamplerConfig",
                wrappedSampler: {
                  name: "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
                  typedConfig: {
                    "@type":
                      "type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3.TraceIdRatioBasedSamplerConfig",
                    samplingPercentage: { numerator: 500_000, denominator: "MILLION" },
                  },
                },
              },
            },
            grpcService: { envoyGrpc: { clusterName: "appmesh_tracing" }, timeout: "1s" },
          },
        },
      },
      clusters: [
        {
          name: "appmesh_tracing",
          type: "STATIC",
          connectTimeout: "1s",
          loadAssignment: {
            clusterName: "appmesh_tracing",
            endpoints: [
              {
                lbEndpoints: [
                  { endpoint: { address: { socketAddress: { address: "10.0.0.1", portValue: 4317 } } } },
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
    });
  });

  it("tells an OpenTelemetry collector over HTTP, by its name", () => {
    const { tracing, clusters } = tracingBootstrap({ ...otel, protocol: "http", host: "collector" }, proxy);
    const { httpService } = (tracing.http?.typedConfig ?? {}) as Record<string, unknown>;
    assert.deepEqual(httpService, {
      httpUri: { uri: "http://collector:4317/v1/traces", cluster: "appmesh_tracing", timeout: "1s" },
    });
    const { type, dnsLookupFamily, typedExtensionProtocolOptions } = clusters[0] ?? {};
    assert.deepEqual(
      [type, dnsLookupFamily, typedExtensionProtocolOptions],
      ["STRICT_DNS", "ALL", undefined],
    );
  });

  it("stands in the bootstrap beside the rest", () => {
    const options = {
      mesh: "shop",
      kind: "virtualNode",
      name: "catalog-v1",
      xds: { host: "127.0.0.1", port: 18000 },
      interception: { mode: "transparent" },
      adminPort: 9901,
    } as const;
    const tracing: Tracing = { ...otel, protocol: "grpc" };
    const traced = bootstrap({ ...options, tracing });
    const expected = tracingBootstrap(tracing, proxy);
    assert.deepEqual(traced.tracing, expected.tracing);
    assert.deepEqual(traced.staticResources?.clusters?.slice(1, -1), expected.clusters);
    assert.equal("tracing" in bootstrap(options), false);
  });
});
