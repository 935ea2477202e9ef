import { isIP } from "node:net";
import type { IpPreference, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignmentJson } from "../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { Mesh } from "./mesh.js";

/** How Envoy finds the endpoints of a virtual node, or why it cannot. */
export type Discovery =
  | { readonly cluster: ClusterJson; readonly hostname: string }
  | { readonly missing: string; readonly path: string };

export function discovery(spec: VirtualNodeSpec, mesh: Mesh, clusterName: string, port: number): Discovery {
  const { dns, awsCloudMap } = spec.serviceDiscovery ?? {};
  if (awsCloudMap) {
    const { serviceName, namespaceName } = awsCloudMap;
    const wrong = [serviceName, namespaceName].find((name) => !cloudMapName.test(name));
    if (wrong !== undefined) {
      return {
        path: "spec.serviceDiscovery.awsCloudMap",
        missing: `${JSON.stringify(wrong)} is no name that AWS Cloud Map knows`,
      };
    }
    return {
      hostname: `${serviceName}.${namespaceName}`,
      cluster: {
        type: "EDS",
        edsClusterConfig: {
          edsConfig: { ads: {}, resourceApiVersion: "V3", initialFetchTimeout: endpointsTimeout },
        },
      },
    };
  }
  if (!dns)
    return { path: "spec.serviceDiscovery", missing: "without service discovery it has no endpoints" };
  // A name may end with the dot that spares a resolver its search list; an address or a Host header may not.
  const hostname = dns.hostname.replace(/\.$/, "");
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address)) {
    return { hostname, cluster: { type: "STATIC", loadAssignment: endpoint(clusterName, address, port) } };
  }
  if (!hostName.test(hostname)) {
    return {
      path: "spec.serviceDiscovery.dns.hostname",
      missing: `${JSON.stringify(dns.hostname)} is no host name`,
    };
  }
  return {
    hostname,
    cluster: {
      type: dns.responseType === "ENDPOINTS" ? "STRICT_DNS" : "LOGICAL_DNS",
      dnsLookupFamily: lookupFamily(dns.ipPreference ?? mesh.ipPreference),
      loadAssignment: endpoint(clusterName, dns.hostname, port),
    },
  };
}

/** A service whose endpoints nobody knows must not keep the others of a proxy that starts from being served. */
const endpointsTimeout = "5s";

/** As Cloud Map's own API has it. App Mesh took any single character too, control characters among them. */
const cloudMapName = /^[!-~]+$/;

/** Labels as resolvers take them; underscores are common in service names. */
const hostName = /^[A-Za-z0-9_]([A-Za-z0-9_-]*)(\.[A-Za-z0-9_]([A-Za-z0-9_-]*))*$/;

export const endpoint = (clusterName: string, address: string, port: number): ClusterLoadAssignmentJson => ({
  clusterName,
  endpoints: [{ lbEndpoints: [{ endpoint: { address: { socketAddress: { address, portValue: port } } } }] }],
});

/** App Mesh's table: without a preference, IPv6 where there is any. */
export function lookupFamily(
  preference: IpPreference | undefined,
): NonNullable<ClusterJson["dnsLookupFamily"]> {
  switch (preference) {
    case "IPv4_ONLY":
      return "V4_ONLY";
    case "IPv6_ONLY":
      return "V6_ONLY";
    case "IPv4_PREFERRED":
      return "V4_PREFERRED";
    case "IPv6_PREFERRED":
    case undefined:
      return "AUTO";
  }
}
