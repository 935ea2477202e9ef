import assert from "node:assert/strict";
import { type Probe, probesBootstrap } from "./probes.js";

const manager = (routes: object[], checks: object[]) => ({
  name: "envoy.filters.network.http_connection_manager",
  typedConfig: {
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    statPrefix: "appmesh_probes",
    generateRequestId: false,
    routeConfig: {
      name: "appmesh_probes",
      virtualHosts: [{ name: "appmesh_probes", domains: ["*"], routes }],
    },
    httpFilters: [
      ...checks,
      {
        name: "envoy.filters.http.router",
        typedConfig: {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
          suppressEnvoyHeaders: true,
        },
      },
    ],
  },
});

const check = (path: string, cluster: string) => ({
  name: "envoy.filters.http.health_check",
  typedConfig: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck",
    passThroughMode: false,
    headers: [{ name: ":path", stringMatch: { exact: path } }],
    clusterMinHealthyPercentages: { [cluster]: { value: 100 } },
  },
});

const cluster = (name: string, portValue: number) => ({
  name,
  type: "STATIC",
  connectTimeout: "1s",
  loadAssignment: {
    clusterName: name,
    endpoints: [
      { lbEndpoints: [{ endpoint: { address: { socketAddress: { address: "127.0.0.1", portValue } } } }] },
    ],
  },
});

const rhythm = {
  timeout: "1s",
  interval: "0.25s",
  noTrafficInterval: "0.25s",
  unhealthyThreshold: 1,
  healthyThreshold: 1,
};

describe("probes of an application behind Envoy", () => {
  it("let through the questions alone, each to the application's own port", () => {
    const probes: Probe[] = [
      { kind: "http", path: "/app/readinessProbe", port: 8080, target: "/well" },
      { kind: "http", path: "/app/livenessProbe", port: 8080, target: "/alive" },
      { kind: "http", path: "/app/startupProbe", port: 8080, target: "/", tls: true },
      { kind: "tcp", path: "/db/readinessProbe", port: 5432 },
      { kind: "grpc", path: "/api/readinessProbe", port: 9000 },
      { kind: "grpc", path: "/api/livenessProbe", port: 9000, service: "shop.Catalog" },
    ];
    const { listener, clusters } = probesBootstrap({ port: 15020, probes });
    const route = (path: string, to: string, prefixRewrite: string) => ({
      match: { path, headers: [{ name: ":method", stringMatch: { exact: "GET" } }] },
      route: { cluster: to, prefixRewrite, timeout: "0s" },
    });
    assert.deepEqual(listener, {
      name: "appmesh_probes",
      address: { socketAddress: { address: "0.0.0.0", portValue: 15020 } },
      filterChains: [
        {
          filters: [
            manager(
              [
                route("/app/readinessProbe", "appmesh_probe_http_8080", "/well"),
                route("/app/livenessProbe", "appmesh_probe_http_8080", "/alive"),
                route("/app/startupProbe", "appmesh_probe_https_8080", "/"),
              ],
              [
                check("/db/readinessProbe", "appmesh_probe_tcp_5432"),
                check("/api/readinessProbe", "appmesh_probe_grpc_9000"),
                check("/api/livenessProbe", "appmesh_probe_grpc_9000_shop.Catalog"),
              ],
            ),
          ],
        },
      ],
    });
    const http2 = {
      typedExtensionProtocolOptions: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          explicitHttpConfig: { http2ProtocolOptions: {} },
        },
      },
    };
    assert.deepEqual(clusters, [
      cluster("appmesh_probe_http_8080", 8080),
      {
        ...cluster("appmesh_probe_https_8080", 8080),
        transportSocket: {
          name: "envoy.transport_sockets.tls",
          typedConfig: {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
          },
        },
      },
      { ...cluster("appmesh_probe_tcp_5432", 5432), healthChecks: [{ ...rhythm, tcpHealthCheck: {} }] },
      {
        ...cluster("appmesh_probe_grpc_9000", 9000),
        healthChecks: [{ ...rhythm, grpcHealthCheck: { authority: "localhost" } }],
        ...http2,
      },
      {
        ...cluster("appmesh_probe_grpc_9000_shop.Catalog", 9000),
        healthChecks: [
          { ...rhythm, grpcHealthCheck: { authority: "localhost", serviceName: "shop.Catalog" } },
        ],
        ...http2,
      },
    ]);
  });
});
