import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignmentJson } from "../gen/envoy/config/endpoint/v3/endpoint_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfigurationJson } from "../gen/envoy/config/route/v3/route_pb.js";

/** Everything that one proxy is to be told, in Envoy's own JSON. Order within a list does not matter. */
export interface ProxyResources {
  readonly clusters: readonly Resource<ClusterJson>[];
  readonly endpoints: readonly Resource<ClusterLoadAssignmentJson>[];
  readonly listeners: readonly Resource<ListenerJson>[];
  readonly routes: readonly Resource<RouteConfigurationJson>[];
}

/** One Envoy resource. The same object as long as nothing that it is made of changes. */
export interface Resource<Json> {
  readonly name: string;
  readonly json: Json;
  /** The entities that it says something of, as `virtualNode/catalog-v1`: named where Envoy refuses it. */
  readonly entities: readonly string[];
}
