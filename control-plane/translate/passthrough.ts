import type { IpPreference } from "@pulumi-appmesh/model";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { VirtualHostJson } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { DnsCacheConfigJson } from "../gen/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache_pb.js";
import type { HttpFilterJson } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpProtocolOptionsJson } from "../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { common } from "./clusters.js";
import { lookupFamily } from "./discovery.js";
import { httpProtocolOptions, packed } from "./extensions.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import type { Resource } from "./resources.js";
import { answer, tunnel } from "./routes.js";

/** Traffic to destinations outside the mesh. */

const resource = (
  mesh: Mesh,
  name: string,
  json: ClusterJson,
  more: HttpProtocolOptionsJson,
): Resource<ClusterJson> => ({
  name,
  json: {
    name,
    lbPolicy: "CLUSTER_PROVIDED",
    ...json,
    // To speak with a server outside what the client speaks with the proxy.
    typedExtensionProtocolOptions: {
      [httpProtocolOptions]: packed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
        useDownstreamProtocolConfig: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
        ...more,
      }),
    },
    ...common,
  },
  entities: [`mesh/${mesh.name}`],
});

/** Connects to where a redirected connection was going. */
export const originalDestinationCluster = memo((mesh: Mesh, name: string) =>
  resource(mesh, name, { type: "ORIGINAL_DST" }, {}),
);

/** Connects to nowhere: connections that are led there are closed. */
export const nowhereCluster = memo(
  (mesh: Mesh, name: string): Resource<ClusterJson> => ({
    name,
    json: { name, type: "STATIC", loadAssignment: { clusterName: name }, ...common },
    entities: [`mesh/${mesh.name}`],
  }),
);

/** Connects to the host that an HTTP request names. */
export const forwardProxyCluster = memo((mesh: Mesh, preference: IpPreference | undefined, name: string) =>
  resource(
    mesh,
    name,
    {
      clusterType: {
        name: "envoy.clusters.dynamic_forward_proxy",
        typedConfig: packed("envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig", {
          dnsCacheConfig: dnsCache(preference),
        }),
      },
    },
    // Envoy demands it, should such a cluster ever speak TLS by itself.
    { upstreamHttpProtocolOptions: { autoSni: true, autoSanValidation: true } },
  ),
);

/** Looks the host up, for the clusters above. */
export const forwardProxyFilter = (preference: IpPreference | undefined): HttpFilterJson => ({
  name: "envoy.filters.http.dynamic_forward_proxy",
  typedConfig: packed("envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig", {
    dnsCacheConfig: dnsCache(preference),
  }),
});

/**
 * Names outside are often published for IPv6 where the machine has none, so that without a preference IPv4 goes first.
 * Envoy refuses other settings for a cache that it knows: each has a name of its own.
 */
function dnsCache(preference: IpPreference | undefined): DnsCacheConfigJson {
  const dnsLookupFamily = preference === undefined ? "V4_PREFERRED" : lookupFamily(preference);
  return { name: `egress-${dnsLookupFamily}`, dnsLookupFamily };
}

/** Passes on what no backend serves. The mesh sets no time limits outside itself. */
export const allowAllHost = memo(
  (_: Mesh, cluster: string, tunnels: boolean): VirtualHostJson => ({
    name: "mesh-allow-all",
    domains: ["*"],
    routes: [
      ...(tunnels ? [tunnel(cluster)] : []),
      { match: { prefix: "/" }, route: { cluster, timeout: "0s", idleTimeout: "0s" } },
    ],
  }),
);

/** Refuses what no backend serves. */
export const dropAllHost = memo((mesh: Mesh, tunnels: boolean): VirtualHostJson => {
  const directResponse = answer(
    403,
    `no backend of this virtual node serves this host and port, and the egress filter of mesh ${mesh.name} is ` +
      "DROP_ALL: add the virtual service to the node's backends, or call it by its own name and port",
  );
  return {
    name: "mesh-drop-all",
    domains: ["*"],
    routes: [
      ...(tunnels ? [{ match: { connectMatcher: {} }, directResponse }] : []),
      { match: { prefix: "/" }, directResponse },
    ],
  };
});

/** What would come back to the proxy that passes it on, and again, under whichever name: it is refused. */
export const ownEgressHost = memo((_: Mesh, port: number): VirtualHostJson => {
  const directResponse = answer(
    403,
    `port ${port} is the proxy's own egress: a request to it would go round in circles`,
  );
  return {
    name: "own-egress",
    domains: [`*:${port}`],
    routes: [
      { match: { connectMatcher: {} }, directResponse },
      { match: { prefix: "/" }, directResponse },
    ],
  };
});

/** The APIs of AWS are always within reach, by TLS. */
export const amazonawsHost = memo(
  (_: Mesh, cluster: string): VirtualHostJson => ({
    name: "amazonaws",
    domains: ["*.amazonaws.com:443"],
    routes: [tunnel(cluster)],
  }),
);
