import type { BootstrapJson } from "../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { Interception } from "../translate/entities.js";
import { packed } from "../translate/extensions.js";
import { controlPlaneCluster, type Xds, xdsCluster } from "./control-plane-cluster.js";
import { type Probes, probesBootstrap } from "./probes.js";
import { secretDiscovery } from "./secret-discovery.js";
import { type Tracing, tracingBootstrap } from "./tracing.js";
import { staticSecrets } from "./xds-tls.js";

export interface BootstrapOptions {
  readonly mesh: string;
  /** The account that owns the mesh, where it is shared. Unset: the control plane's own. */
  readonly meshOwner?: string;
  readonly kind: "virtualNode" | "virtualGateway";
  /** Name of the virtual node or virtual gateway. */
  readonly name: string;
  /** Where the control plane serves proxies. */
  readonly xds: Xds;
  readonly interception: Interception;
  /** Port of Envoy's admin interface on 127.0.0.1; 0 for any free one. */
  readonly adminPort: number;
  /** The Unix socket of a secret discovery service beside the proxy. Default: that of SPIRE's agent. */
  readonly sdsSocket?: string | undefined;
  /** Default: requests are not traced. */
  readonly tracing?: Tracing | undefined;
  /** Default: whoever asks the application whether it is well comes to it by the mesh. */
  readonly probes?: Probes | undefined;
}

/** More connections than this are refused rather than served badly. */
const maxConnections = "50000";

/** The bootstrap of one proxy: all that plain Envoy has to know to become part of a mesh. */
export function bootstrap(options: BootstrapOptions): BootstrapJson {
  const { mesh, meshOwner, kind, name, xds, interception, adminPort } = options;
  const traced = options.tracing && tracingBootstrap(options.tracing, options);
  const probed = options.probes && probesBootstrap(options.probes);
  const secrets = staticSecrets(xds.tls ?? {});
  const id = `mesh/${mesh}${meshOwner === undefined ? "" : `@${meshOwner}`}/${kind}/${name}`;
  // Nothing is served before the control plane has been heard: half a configuration would lose requests.
  const fromXds = { ads: {}, resourceApiVersion: "V3", initialFetchTimeout: "0s" } as const;
  return {
    node: {
      id,
      cluster: id,
      ...(interception.mode === "explicit"
        ? { metadata: { "appmesh.interception": { ...interception } } }
        : {}),
    },
    admin: { address: { socketAddress: { address: "127.0.0.1", portValue: adminPort } } },
    dynamicResources: {
      adsConfig: {
        apiType: "DELTA_GRPC",
        transportApiVersion: "V3",
        setNodeOnFirstMessageOnly: true,
        grpcServices: [
          {
            envoyGrpc: {
              clusterName: xdsCluster,
              // When the control plane comes back, its proxies do within seconds.
              retryPolicy: { retryBackOff: { baseInterval: "0.5s", maxInterval: "5s" } },
            },
          },
        ],
      },
      cdsConfig: fromXds,
      ldsConfig: fromXds,
    },
    staticResources: {
      ...(secrets.length > 0 && { secrets }),
      ...(probed && { listeners: [probed.listener] }),
      clusters: [
        controlPlaneCluster(xds),
        ...(traced?.clusters ?? []),
        ...(probed?.clusters ?? []),
        secretDiscovery(options.sdsSocket),
      ],
    },
    ...(traced && { tracing: traced.tracing }),
    statsConfig: {
      statsTags: [
        { tagName: "appmesh.mesh", fixedValue: mesh },
        {
          tagName: kind === "virtualNode" ? "appmesh.virtual_node" : "appmesh.virtual_gateway",
          fixedValue: name,
        },
        // Nodes with several listeners have statistics of each, named by its protocol and port.
        {
          tagName: "appmesh.listener_protocol",
          regex: "^(?:http|tcp)\\.ingress\\.((http|http2|grpc|tcp)\\.)\\d+\\.",
        },
        {
          tagName: "appmesh.listener_port",
          regex: "^(?:http|tcp)\\.ingress\\.(?:http|http2|grpc|tcp)\\.((\\d+)\\.)",
        },
      ],
    },
    deferredStatOptions: { enableDeferredCreationStats: true },
    overloadManager: {
      resourceMonitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typedConfig: packed(
            "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            {
              maxActiveDownstreamConnections: maxConnections,
            },
          ),
        },
      ],
    },
    layeredRuntime: {
      layers: [
        {
          name: "static",
          // Envoy takes regular expressions of up to 100 instructions, which a few alternatives exceed.
          staticLayer: { "re2.max_program_size.error_level": 100000 },
        },
        { name: "admin", adminLayer: {} },
      ],
    },
  };
}
