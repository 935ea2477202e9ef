import { isIP } from "node:net";
import type { BootstrapJson } from "../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { TypedExtensionConfigJson } from "../gen/envoy/config/core/v3/extension_pb.js";
import { httpProtocolOptions, packed } from "../translate/extensions.js";

/** Where a proxy tells of the requests that pass it, and of how many. */
export type Tracing = XRayTracing | OpenTelemetryTracing;

export interface XRayTracing {
  readonly kind: "xray";
  /** Where the X-Ray daemon listens for UDP: an IP address, since Envoy looks no name up for it. */
  readonly address: string;
  readonly port: number;
  /** Share of the requests that are traced beyond the first of each second, 0 to 1. */
  readonly samplingRate: number;
  /** X-Ray's own sampling rules, as JSON of their version 2, instead of the rate. */
  readonly samplingRules?: string;
  /** Name of the segments. Default: the mesh and the virtual node or gateway, as `shop/catalog-v1`. */
  readonly segmentName?: string;
}

export interface OpenTelemetryTracing {
  readonly kind: "otel";
  readonly protocol: "grpc" | "http";
  /** The OTLP collector. */
  readonly host: string;
  readonly port: number;
  /** Where it takes traces over HTTP. */
  readonly path: string;
  /** Share of the requests without a decision of their caller's that are traced, 0 to 1. */
  readonly samplingRate: number;
  /** Name of the service. Default: as of an X-Ray segment. */
  readonly segmentName?: string;
}

export interface TracedProxy {
  readonly mesh: string;
  readonly name: string;
}

/** What tracing adds to a bootstrap. */
export interface TracingBootstrap {
  readonly tracing: NonNullable<BootstrapJson["tracing"]>;
  readonly clusters: readonly ClusterJson[];
}

export function tracingBootstrap(tracing: Tracing, proxy: TracedProxy): TracingBootstrap {
  return tracing.kind === "xray" ? xray(tracing, proxy) : openTelemetry(tracing, proxy);
}

/** App Mesh's own names, by which X-Ray's service map is read. */
const segmentNameOf = (own: string | undefined, { mesh, name }: TracedProxy) => own ?? `${mesh}/${name}`;

function xray(tracing: XRayTracing, proxy: TracedProxy): TracingBootstrap {
  const { address, port: portValue, samplingRate, samplingRules } = tracing;
  return {
    tracing: {
      http: {
        name: "envoy.tracers.xray",
        typedConfig: packed("envoy.config.trace.v3.XRayConfig", {
          daemonEndpoint: { protocol: "UDP", address, portValue },
          segmentName: segmentNameOf(tracing.segmentName, proxy),
          samplingRuleManifest: { inlineString: samplingRules ?? rules(samplingRate) },
          segmentFields: {
            origin: "AWS::AppMesh::Proxy",
            // As App Mesh's own sidecars said it, of virtual gateways too.
            aws: { app_mesh: { mesh_name: proxy.mesh, virtual_node_name: proxy.name } },
          },
        }),
      },
    },
    clusters: [],
  };
}

const rules = (rate: number) => JSON.stringify({ version: 2, default: { fixed_target: 1, rate }, rules: [] });

const collector = "appmesh_tracing";

function openTelemetry(tracing: OpenTelemetryTracing, proxy: TracedProxy): TracingBootstrap {
  const { protocol, host, port, path, samplingRate } = tracing;
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return {
    tracing: {
      http: {
        name: "envoy.tracers.opentelemetry",
        typedConfig: packed("envoy.config.trace.v3.OpenTelemetryConfig", {
          serviceName: segmentNameOf(tracing.segmentName, proxy),
          sampler: sampler(samplingRate),
          ...(protocol === "grpc"
            ? { grpcService: { envoyGrpc: { clusterName: collector }, timeout } }
            : {
                httpService: { httpUri: { uri: `http://${authority}${path}`, cluster: collector, timeout } },
              }),
        }),
      },
    },
    clusters: [
      {
        name: collector,
        ...(isIP(host) === 0 ? { type: "STRICT_DNS", dnsLookupFamily: "ALL" } : { type: "STATIC" }),
        connectTimeout: "1s",
        loadAssignment: {
          clusterName: collector,
          endpoints: [
            {
              lbEndpoints: [{ endpoint: { address: { socketAddress: { address: host, portValue: port } } } }],
            },
          ],
        },
        ...(protocol === "http"
          ? {}
          : {
              typedExtensionProtocolOptions: {
                [httpProtocolOptions]: packed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
                  explicitHttpConfig: { http2ProtocolOptions: {} },
                }),
              },
            }),
      },
    ],
  };
}

/** A caller that has a decision is followed; the others are sampled by their trace ids, so that all hops agree. */
const sampler = (rate: number): TypedExtensionConfigJson =>
  samplerOf("parent_based", "ParentBasedSamplerConfig", {
    wrappedSampler: samplerOf("trace_id_ratio_based", "TraceIdRatioBasedSamplerConfig", {
      samplingPercentage: { numerator: Math.round(rate * 1_000_000), denominator: "MILLION" },
    }),
  });

/** These are newer than the .proto files that the types are generated from. */
const samplerOf = (name: string, type: string, config: object): TypedExtensionConfigJson => ({
  name: `envoy.tracers.opentelemetry.samplers.${name}`,
  typedConfig: {
    "@type": `type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3.${type}`,
    ...config,
  },
});

/** Spans that a collector does not take by then are lost; requests never wait for it. */
const timeout = "1s";
