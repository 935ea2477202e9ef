import { isIP } from "node:net";
import type { Listener, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { CircuitBreakers_ThresholdsJson } from "../gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { AddressJson } from "../gen/envoy/config/core/v3/address_pb.js";
import type { FilterJson } from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfigurationJson } from "../gen/envoy/config/route/v3/route_pb.js";
import { accessLog } from "./access-log.js";
import { common, protocolOptions, unlimited } from "./clusters.js";
import { endpoint } from "./discovery.js";
import type { Interception } from "./entities.js";
import { http, originalDestination, tcp } from "./filters.js";
import { appPort, egressAddress, egressPort, ingressPort, overlap } from "./interception.js";
import { accepting, filterChains, inspected, secretsOf } from "./listener-chains.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { Problems } from "./problems.js";
import type { Problem, Resource } from "./resources.js";
import { idleTimeout, listenerTimeout, requestTimeouts } from "./timeouts.js";
import { acceptances } from "./tls.js";

/** How traffic gets from the callers to the application of a virtual node. */
export interface Ingress {
  readonly clusters: readonly Resource<ClusterJson>[];
  readonly listeners: readonly Resource<ListenerJson>[];
  readonly routes: readonly Resource<RouteConfigurationJson>[];
  readonly problems: readonly Problem[];
}

export const ingress = memo(
  (interception: Interception, mesh: Mesh, node: string, spec: VirtualNodeSpec): Ingress => {
    const entity = `virtualNode/${node}`;
    const problems = new Problems();
    const served = serve(interception, entity, spec, problems).map((listener) => {
      const { protocol, port } = listener.portMapping;
      const cluster = names.ingressCluster(mesh.name, node, protocol, port);
      const path = `spec.listeners[${(spec.listeners ?? []).indexOf(listener)}].tls`;
      const accepted = acceptances(listener.tls, protocol, { entity, path }, mesh.managedTls);
      return { listener, port, cluster, accepted, routes: names.ingressRoutes(port) };
    });
    const resource = <Json>(name: string, json: Json): Resource<Json> => ({ name, json, entities: [entity] });
    const chains = served.map(({ listener, port, cluster, accepted, routes }) => ({
      port,
      accepted,
      protocol: listener.portMapping.protocol,
      filter: filter(spec, listener, cluster, routes),
    }));
    return {
      clusters: served.map(({ listener, port, cluster }) =>
        resource(cluster, {
          name: cluster,
          type: "STATIC",
          loadAssignment: endpoint(
            cluster,
            localAddress(interception, mesh, spec),
            appPort(interception, port),
          ),
          ...protocolOptions(listener.portMapping.protocol),
          ...common,
          circuitBreakers: { thresholds: [{ ...unlimited, ...limits(listener) }] },
        }),
      ),
      routes: served
        .filter(({ listener }) => listener.portMapping.protocol !== "tcp")
        .map(({ listener, cluster, routes }) =>
          resource(routes, {
            name: routes,
            virtualHosts: [
              {
                name: node,
                domains: ["*"],
                routes: [
                  {
                    match: { prefix: "/" },
                    route: { cluster, ...requestTimeouts(listenerTimeout(listener)) },
                  },
                ],
              },
            ],
          }),
        ),
      listeners:
        interception.mode === "explicit"
          ? chains.map((chain) => {
              const name = names.ingressListener(interception.address, chain.port);
              return {
                ...resource(
                  name,
                  accepting(explicitListener(name, interception.address, chain.port, "INBOUND"), chain),
                ),
                ...secretsOf([chain]),
              };
            })
          : chains.length === 0
            ? []
            : [
                {
                  ...resource(names.ingressListener("0.0.0.0", ingressPort), {
                    name: names.ingressListener("0.0.0.0", ingressPort),
                    ...bindAddress(ipPreference(mesh, spec), ingressPort),
                    trafficDirection: "INBOUND",
                    ...inspected(chains, [originalDestination]),
                    filterChains: [...filterChains(chains)],
                  }),
                  ...secretsOf(chains),
                },
              ],
      problems: problems.all(),
    };
  },
);

/** The listeners that can be served. */
function serve(
  interception: Interception,
  entity: string,
  spec: VirtualNodeSpec,
  problems: Problems,
): readonly Listener[] {
  const ports = new Set<number>();
  return (spec.listeners ?? []).filter((listener, i) => {
    const path = `spec.listeners[${i}]`;
    const { port } = listener.portMapping;
    if (ports.has(port)) {
      problems.add(
        entity,
        `${path}.portMapping.port`,
        `an earlier listener has port ${port}: this one is left out`,
      );
      return false;
    }
    ports.add(port);
    if (interception.mode === "transparent") {
      if (port !== ingressPort && port !== egressPort) return true;
      // Nothing else can listen there: what came in would be handed back to the proxy, for ever.
      problems.add(
        entity,
        `${path}.portMapping.port`,
        `the proxy itself listens on port ${port}: the listener is left out`,
      );
      return false;
    }
    const { address } = interception;
    if (!isIP(address)) {
      problems.add(
        entity,
        path,
        `the proxy's address ${JSON.stringify(address)} is no IP address: the listener is left out`,
      );
      return false;
    }
    const app = appPort(interception, port);
    if (!(Number.isInteger(app) && app >= 1 && app <= 65535)) {
      problems.add(
        entity,
        path,
        `the proxy's application port ${JSON.stringify(app)} is no port: the listener is left out`,
      );
      return false;
    }
    if (port === egressPort && overlap(address, egressAddress(interception))) {
      problems.add(
        entity,
        `${path}.portMapping.port`,
        `the application's way into the mesh is at ${egressAddress(interception)}:${port}: the listener is left out`,
      );
      return false;
    }
    if (app === port && overlap(address, "127.0.0.1")) {
      problems.add(
        entity,
        path,
        `the application and its proxy would both listen on ${address}:${port}: the listener is left out; ` +
          "give the application another port (--app-port) or the proxy another address (--address)",
      );
      return false;
    }
    return true;
  });
}

function filter(spec: VirtualNodeSpec, listener: Listener, cluster: string, routes: string): FilterJson {
  const { protocol, port } = listener.portMapping;
  const statPrefix = names.ingressStatistics((spec.listeners ?? []).length, protocol, port);
  const log = accessLog(spec.logging);
  if (protocol === "tcp") {
    return tcp(statPrefix, cluster, idleTimeout(listenerTimeout(listener)), log);
  }
  return http({
    statPrefix,
    routes,
    accessLog: log,
    ...(protocol === "http" ? { upgrades: ["websocket"] } : {}),
  });
}

/** Connection pools limit what reaches the application; the callers' side has no limits. */
function limits({ connectionPool: pool }: Listener): CircuitBreakers_ThresholdsJson {
  if (pool?.http) {
    const { maxConnections, maxPendingRequests } = pool.http;
    return { maxConnections, ...(maxPendingRequests === undefined ? {} : { maxPendingRequests }) };
  }
  if (pool?.http2) return { maxRequests: pool.http2.maxRequests };
  if (pool?.grpc) return { maxRequests: pool.grpc.maxRequests };
  if (pool?.tcp) return { maxConnections: pool.tcp.maxConnections };
  return {};
}

/** What a virtual node prefers for itself goes before what its mesh does. */
export function ipPreference(mesh: Mesh, spec: VirtualNodeSpec): Mesh["ipPreference"] {
  const { dns, awsCloudMap } = spec.serviceDiscovery ?? {};
  return dns?.ipPreference ?? awsCloudMap?.ipPreference ?? mesh.ipPreference;
}

function localAddress(interception: Interception, mesh: Mesh, spec: VirtualNodeSpec): string {
  if (interception.mode === "explicit") return "127.0.0.1";
  const preference = ipPreference(mesh, spec);
  return preference === "IPv6_ONLY" || preference === "IPv6_PREFERRED" ? "::1" : "127.0.0.1";
}

/** App Mesh bound IPv4 alone, and with any preference both. */
export function bindAddress(
  preference: Mesh["ipPreference"],
  port: number,
): { readonly address: AddressJson } {
  return {
    address: {
      socketAddress:
        preference === undefined
          ? { address: "0.0.0.0", portValue: port }
          : { address: "::", portValue: port, ipv4Compat: true },
    },
  };
}

/** A listener of an explicit proxy, which has the port for itself: a second proxy on it is refused. */
export const explicitListener = (
  name: string,
  address: string,
  port: number,
  trafficDirection: "INBOUND" | "OUTBOUND",
  chains: Pick<ListenerJson, "filterChains" | "filterChainMatcher"> = {},
): ListenerJson => ({
  name,
  address: { socketAddress: { address, portValue: port } },
  enableReusePort: false,
  trafficDirection,
  ...chains,
});
