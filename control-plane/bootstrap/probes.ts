import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteJson } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { HttpFilterJson } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { httpProtocolOptions, packed } from "../translate/extensions.js";

/**
 * Where whoever starts an application asks whether it is well. It speaks plain HTTP and is no part of the mesh, which may
 * ask it for a certificate or for HTTP/2: nothing is let through but the questions, to the application itself.
 */
export interface Probes {
  /** Port on all addresses. */
  readonly port: number;
  readonly probes: readonly Probe[];
}

/** A question: GET of `path` on the port of the probes is answered by what the application's own port says. */
export type Probe = {
  readonly path: string;
  /** The application's, on 127.0.0.1. */
  readonly port: number;
} & (
  | {
      readonly kind: "http";
      /** What is asked for there. */
      readonly target: string;
      /** The application speaks TLS; its certificate is not looked at. Default: false. */
      readonly tls?: boolean;
    }
  /** Whether it takes connections. */
  | { readonly kind: "tcp" }
  /** What it says by gRPC's protocol for health. */
  | { readonly kind: "grpc"; readonly service?: string }
);

export function probesBootstrap({ port, probes }: Probes): {
  readonly listener: ListenerJson;
  readonly clusters: readonly ClusterJson[];
} {
  const clusters = new Map(probes.map((probe) => [clusterOf(probe), cluster(probe)]));
  return {
    clusters: [...clusters.values()],
    listener: {
      name: "appmesh_probes",
      address: { socketAddress: { address: "0.0.0.0", portValue: port } },
      filterChains: [
        {
          filters: [
            {
              name: "envoy.filters.network.http_connection_manager",
              typedConfig: packed(
                "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                {
                  statPrefix: "appmesh_probes",
                  generateRequestId: false,
                  routeConfig: {
                    name: "appmesh_probes",
                    virtualHosts: [{ name: "appmesh_probes", domains: ["*"], routes: routes(probes) }],
                  },
                  httpFilters: [
                    ...probes.filter(({ kind }) => kind !== "http").map(check),
                    {
                      name: "envoy.filters.http.router",
                      typedConfig: packed("envoy.extensions.filters.http.router.v3.Router", {
                        suppressEnvoyHeaders: true,
                      }),
                    },
                  ],
                },
              ),
            },
          ],
        },
      ],
    },
  };
}

const routes = (probes: readonly Probe[]): RouteJson[] =>
  probes.flatMap((probe) =>
    probe.kind !== "http"
      ? []
      : [
          {
            match: {
              path: probe.path,
              headers: [{ name: ":method", stringMatch: { exact: "GET" } }],
            },
            // Whoever asks says how long it waits.
            route: { cluster: clusterOf(probe), prefixRewrite: probe.target, timeout: "0s" },
          },
        ],
  );

/** Answers by what Envoy itself finds when it looks at the application. */
const check = (probe: Probe): HttpFilterJson => ({
  name: "envoy.filters.http.health_check",
  typedConfig: packed("envoy.extensions.filters.http.health_check.v3.HealthCheck", {
    passThroughMode: false,
    headers: [{ name: ":path", stringMatch: { exact: probe.path } }],
    clusterMinHealthyPercentages: { [clusterOf(probe)]: { value: 100 } },
  }),
});

const clusterOf = (probe: Probe): string =>
  [
    "appmesh_probe",
    probe.kind === "http" && probe.tls === true ? "https" : probe.kind,
    probe.port,
    ...(probe.kind === "grpc" && probe.service !== undefined ? [probe.service] : []),
  ].join("_");

function cluster(probe: Probe): ClusterJson {
  const name = clusterOf(probe);
  return {
    name,
    type: "STATIC",
    connectTimeout: "1s",
    loadAssignment: {
      clusterName: name,
      endpoints: [
        {
          lbEndpoints: [
            { endpoint: { address: { socketAddress: { address: "127.0.0.1", portValue: probe.port } } } },
          ],
        },
      ],
    },
    ...(probe.kind === "http" &&
      probe.tls === true && {
        transportSocket: {
          name: "envoy.transport_sockets.tls",
          typedConfig: packed("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {}),
        },
      }),
    ...(probe.kind !== "http" && {
      healthChecks: [
        {
          timeout: "1s",
          // Kubernetes asks once a second at the most; nobody else calls through this cluster.
          interval: "0.25s",
          noTrafficInterval: "0.25s",
          unhealthyThreshold: 1,
          healthyThreshold: 1,
          ...(probe.kind === "tcp"
            ? { tcpHealthCheck: {} }
            : {
                grpcHealthCheck: {
                  authority: "localhost",
                  ...(probe.service !== undefined && { serviceName: probe.service }),
                },
              }),
        },
      ],
    }),
    ...(probe.kind === "grpc" && {
      typedExtensionProtocolOptions: {
        [httpProtocolOptions]: packed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
          explicitHttpConfig: { http2ProtocolOptions: {} },
        }),
      },
    }),
  };
}
