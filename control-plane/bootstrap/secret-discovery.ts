import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { httpProtocolOptions, packed } from "../translate/extensions.js";
import { sdsCluster } from "../translate/secrets.js";

/** Where SPIRE's agent listens. */
export const defaultSdsSocket = "/run/spire/sockets/agent.sock";

/**
 * The secret discovery service beside a proxy, behind its Unix socket. Every proxy has the cluster, since Envoy refuses
 * listeners and clusters that name one which its bootstrap lacks; nothing connects to it before a secret is asked for.
 */
export const secretDiscovery = (socket: string = defaultSdsSocket): ClusterJson => ({
  name: sdsCluster,
  type: "STATIC",
  connectTimeout: "1s",
  loadAssignment: {
    clusterName: sdsCluster,
    endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: socket } } } }] }],
  },
  typedExtensionProtocolOptions: {
    [httpProtocolOptions]: packed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
      explicitHttpConfig: { http2ProtocolOptions: {} },
    }),
  },
});
