import type { AccessLogJson } from "../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type {
  FilterJson,
  ListenerFilterJson,
} from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { HttpFilterJson } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { packed } from "./extensions.js";

export interface HttpOptions {
  readonly statPrefix: string;
  /** Routes come by RDS, so that a change of them never touches a listener and its connections. */
  readonly routes: string;
  readonly accessLog: readonly AccessLogJson[];
  readonly upgrades?: readonly string[];
  /** Filters ahead of the router. */
  readonly filters?: readonly HttpFilterJson[];
}

/** The filter that speaks HTTP/1.1 and HTTP/2, whichever the client does. */
export function http(options: HttpOptions): FilterJson {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typedConfig: packed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
      statPrefix: options.statPrefix,
      rds: {
        routeConfigName: options.routes,
        // No time limit: a listener without its routes would answer 404 to everything.
        configSource: { ads: {}, resourceApiVersion: "V3", initialFetchTimeout: "0s" },
      },
      // As nginx speaks to what it is a proxy for, and Python asks for tunnels.
      httpProtocolOptions: { acceptHttp10: true },
      // A name is the same with the dot that keeps resolvers from searching: else it would be no service's, and pass by.
      stripTrailingHostDot: true,
      normalizePath: true,
      mergeSlashes: true,
      pathWithEscapedSlashesAction: "KEEP_UNCHANGED",
      // Where the bootstrap names a tracer, as that of AWS's sidecar may, it is used.
      tracing: {},
      ...(options.upgrades
        ? { upgradeConfigs: options.upgrades.map((upgradeType) => ({ upgradeType })) }
        : {}),
      ...(options.accessLog.length > 0 ? { accessLog: [...options.accessLog] } : {}),
      httpFilters: [
        ...(options.filters ?? []),
        {
          name: "envoy.filters.http.router",
          typedConfig: packed("envoy.extensions.filters.http.router.v3.Router", {}),
        },
      ],
    }),
  };
}

/** The filter that passes the bytes of a connection on. */
export const tcp = (
  statPrefix: string,
  cluster: string,
  idleTimeout: string,
  accessLog: readonly AccessLogJson[],
): FilterJson => ({
  name: "envoy.filters.network.tcp_proxy",
  typedConfig: packed("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
    statPrefix,
    cluster,
    idleTimeout,
    ...(accessLog.length > 0 ? { accessLog: [...accessLog] } : {}),
  }),
});

/** Finds out where a redirected connection was going. */
export const originalDestination: ListenerFilterJson = {
  name: "envoy.filters.listener.original_dst",
  typedConfig: packed("envoy.extensions.filters.listener.original_dst.v3.OriginalDst", {}),
};

/**
 * Finds out whether a connection begins with TLS, and for which server name. Without `ports` it waits for the first
 * bytes of every connection: with protocols whose server speaks first, it waits in vain.
 */
export function tlsInspectorAt(ports: readonly number[] | undefined): ListenerFilterJson {
  const rules = ports?.map((start) => ({ destinationPortRange: { start, end: start + 1 } })) ?? [];
  const [only] = rules;
  return {
    name: "envoy.filters.listener.tls_inspector",
    typedConfig: packed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {}),
    ...(only === undefined
      ? {}
      : { filterDisabled: { notMatch: rules.length === 1 ? only : { orMatch: { rules } } } }),
  };
}

/** Reads the server name of TLS connections to port 443. */
export const tlsInspector: ListenerFilterJson = tlsInspectorAt([443]);
