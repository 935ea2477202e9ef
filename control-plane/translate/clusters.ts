import type { Listener, PortProtocol, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { CircuitBreakers_ThresholdsJson } from "../gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { discovery } from "./discovery.js";
import { httpProtocolOptions, packed } from "./extensions.js";
import { healthCheck, outlierDetection } from "./health.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { Problems } from "./problems.js";
import type { Problem, Resource } from "./resources.js";

/** A listener of a virtual node, as traffic is sent to it. */
export interface Target {
  readonly node: string;
  readonly protocol: PortProtocol;
  readonly port: number;
  /** undefined where the virtual node, or a listener of it that fits, does not exist. */
  readonly found?: { readonly spec: VirtualNodeSpec; readonly listener: Listener; readonly index: number };
}

/** A cluster, and what it leaves undone. */
export interface Cluster {
  readonly resource: Resource<ClusterJson>;
  readonly problems: readonly Problem[];
}

/** App Mesh limited nothing on the side of the caller, whereas Envoy does, by default. */
export const unlimited: CircuitBreakers_ThresholdsJson = {
  maxConnections: 2147483647,
  maxPendingRequests: 2147483647,
  maxRequests: 2147483647,
  maxRetries: 2147483647,
};

/** What all clusters of a mesh have in common. */
export const common: ClusterJson = { connectTimeout: "1s", circuitBreakers: { thresholds: [unlimited] } };

/** What is spoken to the endpoints of a listener. Nothing has to be said of HTTP/1.1 and TCP. */
export function protocolOptions(protocol: PortProtocol): ClusterJson {
  if (protocol !== "http2" && protocol !== "grpc") return {};
  return {
    typedExtensionProtocolOptions: {
      [httpProtocolOptions]: packed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
        explicitHttpConfig: { http2ProtocolOptions: {} },
      }),
    },
  };
}

/**
 * The cluster in which the callers of a listener find its endpoints. `closed` has none: callers get 503, and
 * nothing ever goes out in a form that was forbidden.
 */
export const egressCluster = memo((target: Target, mesh: Mesh, closed: boolean): Cluster => {
  const name = names.egressCluster(mesh.name, target.node, target.protocol, target.port);
  const entity = `virtualNode/${target.node}`;
  const problems = new Problems();
  const cluster = (json: ClusterJson): Cluster => ({
    resource: { name, json: { name, ...json, ...common }, entities: [entity] },
    problems: problems.all(),
  });
  const empty: ClusterJson = { type: "STATIC", loadAssignment: { clusterName: name } };
  if (closed || target.found === undefined) return cluster(empty);

  const { spec, listener, index } = target.found;
  const listenerPath = `spec.listeners[${index}]`;
  if (listener.tls?.mode === "STRICT") {
    problems.add(entity, `${listenerPath}.tls`, "TLS is not spoken yet: its callers get 503");
    return cluster(empty);
  }
  const found = discovery(spec, mesh, name, target.port);
  if ("missing" in found) {
    problems.add(entity, found.path, `${found.missing}; its callers get 503`);
    return cluster(empty);
  }
  const { healthCheck: check, outlierDetection: outlier } = listener;
  return cluster({
    ...found.cluster,
    // Endpoints that discovery no longer names may belong to somebody else by now.
    ignoreHealthOnHostRemoval: true,
    ...protocolOptions(target.protocol),
    ...(check
      ? {
          healthChecks: [
            healthCheck(check, target.protocol, `${found.hostname}:${target.port}`, (path, message) =>
              problems.add(entity, `${listenerPath}.healthCheck.${path}`, message),
            ),
          ],
        }
      : {}),
    ...(outlier ? { outlierDetection: outlierDetection(outlier) } : {}),
  });
});
