import type { AnyJson } from "@bufbuild/protobuf/wkt";
import type { OpenTelemetryConfigJson } from "../gen/envoy/config/trace/v3/opentelemetry_pb.js";
import type { XRayConfigJson } from "../gen/envoy/config/trace/v3/xray_pb.js";
import type { FileAccessLogJson } from "../gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import type { ClusterConfigJson as DynamicForwardProxyClusterJson } from "../gen/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.js";
import type { FilterConfigJson as DynamicForwardProxyJson } from "../gen/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy_pb.js";
import type { HealthCheckJson } from "../gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.js";
import type { RouterJson } from "../gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import type { OriginalDstJson } from "../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js";
import type { TlsInspectorJson } from "../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import type { HttpConnectionManagerJson } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { TcpProxyJson } from "../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import type {
  DestinationPortInputJson,
  ServerNameInputJson,
  SourcePortInputJson,
} from "../gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import type { ConsistentHashingJson } from "../gen/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.js";
import type { DownstreamConnectionsConfigJson } from "../gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.js";
import type { PreviousHostsPredicateJson } from "../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js";
import type {
  DownstreamTlsContextJson,
  UpstreamTlsContextJson,
} from "../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { HttpProtocolOptionsJson } from "../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";

/** The messages that are packed into other messages, by their full names. */
interface Extensions {
  "envoy.config.trace.v3.OpenTelemetryConfig": OpenTelemetryConfigJson;
  "envoy.config.trace.v3.XRayConfig": XRayConfigJson;
  "envoy.extensions.access_loggers.file.v3.FileAccessLog": FileAccessLogJson;
  "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig": DynamicForwardProxyClusterJson;
  "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig": DynamicForwardProxyJson;
  "envoy.extensions.filters.http.health_check.v3.HealthCheck": HealthCheckJson;
  "envoy.extensions.filters.http.router.v3.Router": RouterJson;
  "envoy.extensions.filters.listener.original_dst.v3.OriginalDst": OriginalDstJson;
  "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector": TlsInspectorJson;
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager": HttpConnectionManagerJson;
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy": TcpProxyJson;
  "envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput": DestinationPortInputJson;
  "envoy.extensions.matching.common_inputs.network.v3.ServerNameInput": ServerNameInputJson;
  "envoy.extensions.matching.common_inputs.network.v3.SourcePortInput": SourcePortInputJson;
  "envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing": ConsistentHashingJson;
  "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig": DownstreamConnectionsConfigJson;
  "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate": PreviousHostsPredicateJson;
  "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext": DownstreamTlsContextJson;
  "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext": UpstreamTlsContextJson;
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": HttpProtocolOptionsJson;
  /** In an Any, what it wraps is a member. */
  "google.protobuf.StringValue": { readonly value: string };
}

/** Packs an extension's configuration into google.protobuf.Any. */
export const packed = <T extends keyof Extensions>(type: T, config: Extensions[T]): AnyJson => ({
  "@type": `type.googleapis.com/${type}`,
  ...config,
});

/** The key under which a cluster carries its HTTP protocol options. */
export const httpProtocolOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
