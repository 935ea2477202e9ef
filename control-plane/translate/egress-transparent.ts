import type { EgressFilterType, IpPreference, Logging, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { FilterChainJson } from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import { accessLog } from "./access-log.js";
import type { Egress } from "./egress.js";
import { http, originalDestination, tcp, tlsInspector } from "./filters.js";
import { bindAddress } from "./ingress.js";
import { egressPort } from "./interception.js";
import { list, memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { allowAllHost, dropAllHost, nowhereCluster, originalDestinationCluster } from "./passthrough.js";
import type { Problems } from "./problems.js";
import type { Resource } from "./resources.js";
import { clusterWeights } from "./routes.js";
import type { Service, ServicePort } from "./services.js";
import { type Absent, unlessAbsent } from "./targets.js";
import { idleTimeout } from "./timeouts.js";
import { type Host, hostRoutes, serviceHost } from "./virtual-hosts.js";

/** Redirected connections are told apart by the port they were going to, and HTTP requests by their host. */
export function transparentEgress(
  mesh: Mesh,
  filter: EgressFilterType,
  preference: IpPreference | undefined,
  node: { readonly name: string; readonly spec: VirtualNodeSpec; readonly logging: Logging | Absent },
  services: readonly Service[],
  problems: Problems,
): Egress {
  const amazonaws = names.amazonawsCluster(mesh.name);
  const allowAll = names.allowAllCluster(mesh.name);
  const nowhere = names.dropAllCluster(mesh.name);
  const allowed = filter === "ALLOW_ALL";
  const fallback = allowed ? allowAllHost(mesh, allowAll, false) : dropAllHost(mesh, false);

  const httpPorts = new Map<number, Host[]>();
  for (const service of services) {
    for (const { port, protocol } of service.ports) {
      if (protocol === "tcp") continue;
      if (port === egressPort) {
        tellTaken(node.name, port, service, ownEgress, problems);
        continue;
      }
      const hosts = httpPorts.get(port) ?? [];
      httpPorts.set(port, hosts);
      hosts.push(serviceHost(service, port, true));
    }
  }
  const ports = [...httpPorts].sort(([a], [b]) => a - b);
  const chains = [
    ...ports.map(([port]) => httpChain(node.logging, port)),
    ...tcpChains(mesh, node, services, new Set(httpPorts.keys()), problems),
    amazonawsChain(node.logging, amazonaws),
    ...(allowed ? [ownPortChain(node.logging, nowhere)] : []),
  ];
  return {
    clusters: [
      originalDestinationCluster(mesh, amazonaws),
      ...(allowed ? [originalDestinationCluster(mesh, allowAll), nowhereCluster(mesh, nowhere)] : []),
    ],
    routes: ports.map(([port, hosts]) => hostRoutes(names.egressRoutes(port), hosts, [fallback], problems)),
    listeners: [
      listener(
        node.spec,
        list(chains),
        node.logging,
        `virtualNode/${node.name}`,
        preference,
        allowed ? allowAll : undefined,
      ),
    ],
  };
}

const httpChain = memo(
  (logging: Logging | Absent, port: number): FilterChainJson => ({
    filterChainMatch: { destinationPort: port },
    filters: [
      http({
        statPrefix: names.egressStatistics,
        routes: names.egressRoutes(port),
        accessLog: accessLog(unlessAbsent(logging)),
        upgrades: ["websocket"],
      }),
    ],
  }),
);

const ownEgress = "the proxy's own egress";

const tellTaken = (node: string, port: number, service: Service, holder: string, problems: Problems) =>
  problems.add(
    `virtualNode/${node}`,
    "spec.backends",
    `port ${port} of virtual service ${service.name} is taken by ${holder}: the service cannot be called`,
  );

/** A connection says nothing of the service it is for but the port: one TCP service a port. */
function tcpChains(
  mesh: Mesh,
  node: { readonly name: string; readonly logging: Logging | Absent },
  services: readonly Service[],
  httpPorts: ReadonlySet<number>,
  problems: Problems,
): readonly FilterChainJson[] {
  const taken = new Map<number, string>([
    ...[...httpPorts].map((port) => [port, "HTTP services"] as const),
    [egressPort, ownEgress],
  ]);
  const chains = new Map<number, FilterChainJson>();
  for (const service of services) {
    for (const port of service.ports) {
      if (port.protocol !== "tcp") continue;
      const holder = taken.get(port.port);
      if (holder !== undefined) {
        tellTaken(node.name, port.port, service, holder, problems);
        continue;
      }
      taken.set(port.port, `virtual service ${service.name}`);
      const chain = tcpChain(port, mesh, node.logging);
      if (chain === undefined) {
        problems.add(`virtualService/${service.name}`, "", `nothing takes connections to port ${port.port}`);
      } else {
        chains.set(port.port, chain);
      }
    }
  }
  return [...chains].sort(([a], [b]) => a - b).map(([, chain]) => chain);
}

const tcpChain = memo(
  (port: ServicePort, mesh: Mesh, logging: Logging | Absent): FilterChainJson | undefined => {
    const clusters = clusterWeights(mesh, port.shares);
    if (clusters.length === 0) return undefined;
    return {
      filterChainMatch: { destinationPort: port.port },
      filters: [
        tcp(names.egressStatistics, clusters, idleTimeout(port.timeout), accessLog(unlessAbsent(logging))),
      ],
    };
  },
);

/** The APIs of AWS are always within reach, by TLS. */
const amazonawsChain = memo(
  (logging: Logging | Absent, cluster: string): FilterChainJson => ({
    filterChainMatch: { destinationPort: 443, transportProtocol: "tls", serverNames: ["*.amazonaws.com"] },
    filters: [passthrough(logging, cluster)],
  }),
);

/**
 * Whoever connects to the egress itself, as any machine near by may, was going to nowhere else: passed on to where it was
 * going, the connection would come back here, and again, until Envoy had no more and died. It is closed; without ALLOW_ALL
 * no chain takes it to begin with.
 */
const ownPortChain = memo(
  (logging: Logging | Absent, nowhere: string): FilterChainJson => ({
    filterChainMatch: { destinationPort: egressPort },
    filters: [passthrough(logging, nowhere)],
  }),
);

/** What goes out of the mesh is passed on byte by byte, for as long as both sides like. */
const passthrough = (logging: Logging | Absent, cluster: string) =>
  tcp(names.egressStatistics, [{ name: cluster, weight: 1 }], "0s", accessLog(unlessAbsent(logging)));

const listener = memo(
  (
    _: VirtualNodeSpec,
    chains: readonly FilterChainJson[],
    logging: Logging | Absent,
    entity: string,
    preference: IpPreference | undefined,
    allowAll: string | undefined,
  ): Resource<ListenerJson> => {
    const name = names.egressListener("0.0.0.0", egressPort);
    return {
      name,
      json: {
        name,
        ...bindAddress(preference, egressPort),
        trafficDirection: "OUTBOUND",
        listenerFilters: [originalDestination, tlsInspector],
        filterChains: [...chains],
        ...(allowAll === undefined
          ? {}
          : { defaultFilterChain: { name: "mesh-allow-all", filters: [passthrough(logging, allowAll)] } }),
      },
      entities: [entity],
    };
  },
);
