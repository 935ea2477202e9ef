import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfigurationJson } from "../gen/envoy/config/route/v3/route_pb.js";
import type { Resource } from "./resources.js";

/** How traffic gets out of an application, without the clusters of its backends. */
export interface Egress {
  readonly clusters: readonly Resource<ClusterJson>[];
  readonly listeners: readonly Resource<ListenerJson>[];
  readonly routes: readonly Resource<RouteConfigurationJson>[];
}
