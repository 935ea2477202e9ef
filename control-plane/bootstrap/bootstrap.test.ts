import assert from "node:assert/strict";
import { bootstrap } from "./bootstrap.js";

describe("bootstrap", () => {
  const options = {
    mesh: "shop",
    kind: "virtualNode",
    name: "catalog-v1",
    xds: { host: "127.0.0.1", port: 18000 },
    interception: { mode: "transparent" },
    adminPort: 9901,
  } as const;

  const listenerTags = [
    {
      tagName: "appmesh.listener_protocol",
      regex: "^(?:http|tcp)\\.ingress\\.((http|http2|grpc|tcp)\\.)\\d+\\.",
    },
    {
      tagName: "appmesh.listener_port",
      regex: "^(?:http|tcp)\\.ingress\\.(?:http|http2|grpc|tcp)\\.((\\d+)\\.)",
    },
  ];

  it("makes an Envoy one of a mesh's", () => {
    const fromXds = { ads: {}, resourceApiVersion: "V3", initialFetchTimeout: "0s" };
    assert.deepEqual(bootstrap(options), {
      node: { id: "mesh/shop/virtualNode/catalog-v1", cluster: "mesh/shop/virtualNode/catalog-v1" },
      admin: { address: { socketAddress: { address: "127.0.0.1", portValue: 9901 } } },
      dynamicResources: {
        adsConfig: {
          apiType: "DELTA_GRPC",
          transportApiVersion: "V3",
          setNodeOnFirstMessageOnly: true,
          grpcServices: [
            {
              envoyGrpc: {
                clusterName: "appmesh_control_plane",
                retryPolicy: { retryBackOff: { baseInterval: "0.5s", maxInterval: "5s" } },
              },
            },
          ],
        },
        cdsConfig: fromXds,
        ldsConfig: fromXds,
      },
      staticResources: {
        clusters: [
          {
            name: "appmesh_control_plane",
            type: "STATIC",
            connectTimeout: "5s",
            loadAssignment: {
              clusterName: "appmesh_control_plane",
              endpoints: [
                {
                  lbEndpoints: [
                    { endpoint: { address: { socketAddress: { address: "127.0.0.1", portValue: 18000 } } } },
                  ],
                },
              ],
            },
            typedExtensionProtocolOptions: {
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                explicitHttpConfig: {
                  http2ProtocolOptions: { connectionKeepalive: { interval: "30s", timeout: "10s" } },
                },
              },
            },
            upstreamConnectionOptions: { tcpKeepalive: {} },
          },
          {
            name: "static_cluster_sds_unix_socket",
            type: "STATIC",
            connectTimeout: "1s",
            loadAssignment: {
              clusterName: "static_cluster_sds_unix_socket",
              endpoints: [
                {
                  lbEndpoints: [
                    { endpoint: { address: { pipe: { path: "/run/spire/sockets/agent.sock" } } } },
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
      statsConfig: {
        statsTags: [
          { tagName: "appmesh.mesh", fixedValue: "shop" },
          { tagName: "appmesh.virtual_node", fixedValue: "catalog-v1" },
          ...listenerTags,
        ],
      },
      deferredStatOptions: { enableDeferredCreationStats: true },
      overloadManager: {
        resourceMonitors: [
          {
            name: "envoy.resource_monitors.global_downstream_max_connections",
            typedConfig: {
              "@type":
                "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
              maxActiveDownstreamConnections: "50000",
            },
          },
        ],
      },
      layeredRuntime: {
        layers: [
          { name: "static", staticLayer: { "re2.max_program_size.error_level": 100000 } },
          { name: "admin", adminLayer: {} },
        ],
      },
    });
  });

  it("names the owner of a shared mesh, a gateway, and a control plane by its host name", () => {
    const { node, statsConfig, staticResources } = bootstrap({
      ...options,
      meshOwner: "123456789012",
      kind: "virtualGateway",
      name: "edge",
      xds: { host: "appmesh.internal", port: 443 },
    });
    const id = "mesh/shop@123456789012/virtualGateway/edge";
    assert.deepEqual(node, { id, cluster: id });
    assert.deepEqual(statsConfig?.statsTags, [
      { tagName: "appmesh.mesh", fixedValue: "shop" },
      { tagName: "appmesh.virtual_gateway", fixedValue: "edge" },
      ...listenerTags,
    ]);
    const { type, dnsLookupFamily } = staticResources?.clusters?.[0] ?? {};
    assert.deepEqual({ type, dnsLookupFamily }, { type: "STRICT_DNS", dnsLookupFamily: "ALL" });
  });

  it("tells the control plane of an explicit interception", () => {
    const interception = { mode: "explicit", address: "127.0.1.2", appPorts: { "8080": 41234 } } as const;
    assert.deepEqual(bootstrap({ ...options, interception }).node?.metadata, {
      "appmesh.interception": interception,
    });
  });
});
