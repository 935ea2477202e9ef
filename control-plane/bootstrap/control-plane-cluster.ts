import { isIP } from "node:net";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { httpProtocolOptions, packed } from "../translate/extensions.js";
import { tokenFilter, type XdsTls, xdsTransportSocket } from "./xds-tls.js";

/** Where a control plane serves proxies, and how its proxies speak to it. */
export interface Xds {
  readonly host: string;
  readonly port: number;
  /** Default: plain text, as a control plane serves it on this machine's loopback. */
  readonly tls?: XdsTls | undefined;
}

export const xdsCluster = "appmesh_control_plane";

/** The control plane, as a proxy finds it. */
export function controlPlaneCluster({ host, port, tls }: Xds): ClusterJson {
  const httpFilters = tls?.token === undefined ? [] : tokenFilter(tls.token, tls.secretsFolder);
  return {
    name: xdsCluster,
    ...(isIP(host) === 0 ? { type: "STRICT_DNS", dnsLookupFamily: "ALL" } : { type: "STATIC" }),
    connectTimeout: "5s",
    loadAssignment: {
      clusterName: xdsCluster,
      endpoints: [
        { lbEndpoints: [{ endpoint: { address: { socketAddress: { address: host, portValue: port } } } }] },
      ],
    },
    ...(tls && { transportSocket: xdsTransportSocket(tls, host) }),
    typedExtensionProtocolOptions: {
      [httpProtocolOptions]: packed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
        explicitHttpConfig: {
          http2ProtocolOptions: {
            // A control plane that vanished without a word is noticed, and load balancers see no idle connection.
            connectionKeepalive: { interval: "30s", timeout: "10s" },
          },
        },
        ...(httpFilters.length > 0 && { httpFilters }),
      }),
    },
    upstreamConnectionOptions: { tcpKeepalive: {} },
  };
}
