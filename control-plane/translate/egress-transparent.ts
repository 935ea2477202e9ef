import type { EgressFilterType, IpPreference, Logging, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { FilterChainJson } from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import { accessLog } from "./access-log.js";
import { byPort, byServerName, chain } from "./chain-choice.js";
import type { Egress } from "./egress.js";
import { type PortEgress, tcpEgress } from "./egress-tcp.js";
import { http, originalDestination, tcp, tlsInspector } from "./filters.js";
import { bindAddress } from "./ingress.js";
import { egressPort } from "./interception.js";
import { list, memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { allowAllHost, dropAllHost, nowhereCluster, originalDestinationCluster } from "./passthrough.js";
import type { Problems } from "./problems.js";
import type { Resource } from "./resources.js";
import type { Service, ServicePort } from "./services.js";
import { type Absent, unlessAbsent } from "./targets.js";
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
  const taken = [
    ...ports.map(([port]) => httpPort(node.logging, port)),
    ...tcpPorts(mesh, node, services, new Set(httpPorts.keys()), allowed ? nowhere : undefined, problems),
    ...(allowed ? [ownPort(node.logging, nowhere)] : []),
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
        list(taken),
        node.logging,
        `virtualNode/${node.name}`,
        preference,
        amazonaws,
        allowed ? allowAll : undefined,
      ),
    ],
  };
}

const httpPort = memo((logging: Logging | Absent, port: number): PortEgress => {
  const name = names.httpChain(port);
  const filter = http({
    statPrefix: names.egressStatistics,
    routes: names.egressRoutes(port),
    accessLog: accessLog(unlessAbsent(logging)),
    upgrades: ["websocket"],
  });
  return { port, chains: [{ name, filters: [filter] }], choice: chain(name) };
});

const ownEgress = "the proxy's own egress";

const tellTaken = (node: string, port: number, service: Service, holder: string, problems: Problems) =>
  problems.add(
    `virtualNode/${node}`,
    "spec.backends",
    `port ${port} of virtual service ${service.name} is taken by ${holder}: the service cannot be called`,
  );

/** A connection says nothing of the service it is for but the port: one TCP service a port. */
function tcpPorts(
  mesh: Mesh,
  node: { readonly name: string; readonly logging: Logging | Absent },
  services: readonly Service[],
  httpPorts: ReadonlySet<number>,
  nowhere: string | undefined,
  problems: Problems,
): readonly PortEgress[] {
  const taken = new Map<number, string>([
    ...[...httpPorts].map((port) => [port, "HTTP services"] as const),
    [egressPort, ownEgress],
  ]);
  const ports: PortEgress[] = [];
  for (const service of services) {
    for (const port of service.ports) {
      if (port.protocol !== "tcp") continue;
      const holder = taken.get(port.port);
      if (holder !== undefined) {
        tellTaken(node.name, port.port, service, holder, problems);
        continue;
      }
      taken.set(port.port, `virtual service ${service.name}`);
      const egress = tcpEgress(port, mesh, node.logging);
      if (egress === undefined)
        problems.add(`virtualService/${service.name}`, "", `nothing takes connections to port ${port.port}`);
      ports.push(egress ?? closedPort(port, nowhere));
    }
  }
  return ports.sort((a, b) => a.port - b.port);
}

/** What nothing takes is closed: it must not be passed by the mesh, whatever is let out of it. */
const closedPort = memo(
  ({ port }: ServicePort, nowhere: string | undefined): PortEgress => ({
    port,
    chains: [],
    ...(nowhere !== undefined && { choice: chain(nowhere) }),
  }),
);

/**
 * Whoever connects to the egress itself, as any machine near by may, was going to nowhere else: passed on to where it was
 * going, the connection would come back here, and again, until Envoy had no more and died. It is closed; without ALLOW_ALL
 * no chain takes it to begin with.
 */
const ownPort = memo(
  (logging: Logging | Absent, nowhere: string): PortEgress => ({
    port: egressPort,
    chains: [passthrough(logging, nowhere)],
    choice: chain(nowhere),
  }),
);

/** What goes out of the mesh is passed on byte by byte, for as long as both sides like. */
const passthrough = (logging: Logging | Absent, cluster: string, name = cluster): FilterChainJson => ({
  name,
  filters: [tcp(names.egressStatistics, cluster, "0s", accessLog(unlessAbsent(logging)))],
});

const listener = memo(
  (
    _: VirtualNodeSpec,
    taken: readonly PortEgress[],
    logging: Logging | Absent,
    entity: string,
    preference: IpPreference | undefined,
    amazonaws: string,
    allowAll: string | undefined,
  ): Resource<ListenerJson> => {
    const name = names.egressListener("0.0.0.0", egressPort);
    const choices = new Map(taken.flatMap(({ port, choice }) => (choice ? [[port, choice] as const] : [])));
    // The APIs of AWS are always within reach, by TLS.
    choices.set(443, byServerName(".amazonaws.com", chain(amazonaws), choices.get(443)));
    return {
      name,
      json: {
        name,
        ...bindAddress(preference, egressPort),
        trafficDirection: "OUTBOUND",
        listenerFilters: [originalDestination, tlsInspector],
        filterChainMatcher: byPort(choices),
        filterChains: [...taken.flatMap(({ chains }) => chains), passthrough(logging, amazonaws)],
        ...(allowAll === undefined
          ? {}
          : { defaultFilterChain: passthrough(logging, allowAll, "mesh-allow-all") }),
      },
      entities: [entity],
    };
  },
);
