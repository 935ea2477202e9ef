import type { EgressFilterType, IpPreference, Logging } from "@pulumi-appmesh/model";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import { accessLog } from "./access-log.js";
import { always } from "./chain-choice.js";
import { common } from "./clusters.js";
import { endpoint } from "./discovery.js";
import type { Egress } from "./egress.js";
import { tcpEgress } from "./egress-tcp.js";
import type { ExplicitInterception } from "./entities.js";
import { http } from "./filters.js";
import { explicitListener } from "./ingress.js";
import { appPort, egressAddress, egressPort, overlap } from "./interception.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import {
  allowAllHost,
  amazonawsHost,
  dropAllHost,
  forwardProxyCluster,
  forwardProxyFilter,
  ownEgressHost,
} from "./passthrough.js";
import type { Problems } from "./problems.js";
import type { Resource } from "./resources.js";
import type { Service, ServicePort } from "./services.js";
import { type Absent, unlessAbsent } from "./targets.js";
import { type Host, hostRoutes, serviceHost, unavailableHost } from "./virtual-hosts.js";

/** Applications reach HTTP services through an HTTP proxy, and each TCP service at a port of its own. */
export function explicitEgress(
  interception: ExplicitInterception,
  mesh: Mesh,
  filter: EgressFilterType,
  preference: IpPreference | undefined,
  node: { readonly name: string; readonly logging: Logging | Absent; readonly listeners: readonly number[] },
  services: readonly Service[],
  problems: Problems,
): Egress {
  const routes = names.egressRoutes(egressPort);
  const amazonaws = names.amazonawsCluster(mesh.name);
  const allowAll = names.allowAllCluster(mesh.name);
  const allowed = filter === "ALLOW_ALL";
  return {
    clusters: [
      forwardProxyCluster(mesh, preference, amazonaws),
      selfRedirect(interception, mesh, node.name),
      ...(allowed ? [forwardProxyCluster(mesh, preference, allowAll)] : []),
    ],
    routes: [
      hostRoutes(
        routes,
        services.flatMap((service) => hosts(service, names.selfRedirectCluster(mesh.name, egressPort))),
        [
          amazonawsHost(mesh, amazonaws),
          ...(allowed
            ? [ownEgressHost(mesh, egressPort), allowAllHost(mesh, allowAll, true)]
            : [dropAllHost(mesh, true)]),
        ],
        problems,
      ),
    ],
    listeners: [
      httpProxy(interception, node.logging, node.name, preference),
      ...tcpListeners(interception, mesh, node, services, problems),
    ],
  };
}

/** One virtual host for each HTTP port. A request that names no port goes to port 80, else to the first. */
function hosts(service: Service, through: string): readonly Host[] {
  if (service.unavailable !== undefined) return [unavailableHost(service)];
  const ports = service.ports.filter(({ protocol }) => protocol !== "tcp").map(({ port }) => port);
  const bare = ports.includes(80) ? 80 : ports[0];
  return ports.map((port) => serviceHost(service, port, port === bare, through));
}

/**
 * Where tunnels to HTTP services lead: back to the proxy, which sees the requests that come through. gRPC's clients
 * ask any HTTP proxy for a tunnel.
 */
const selfRedirect = memo(
  (interception: ExplicitInterception, mesh: Mesh, node: string): Resource<ClusterJson> => {
    const name = names.selfRedirectCluster(mesh.name, egressPort);
    const loadAssignment = endpoint(name, egressAddress(interception), egressPort);
    return {
      name,
      json: { name, type: "STATIC", loadAssignment, ...common },
      entities: [`virtualNode/${node}`],
    };
  },
);

const httpProxy = memo(
  (
    interception: ExplicitInterception,
    logging: Logging | Absent,
    node: string,
    preference: IpPreference | undefined,
  ): Resource<ListenerJson> => {
    const address = egressAddress(interception);
    const name = names.egressListener(address, egressPort);
    const filter = http({
      statPrefix: names.egressStatistics,
      routes: names.egressRoutes(egressPort),
      accessLog: accessLog(unlessAbsent(logging)),
      upgrades: ["websocket", "CONNECT"],
      filters: [forwardProxyFilter(preference)],
    });
    return {
      name,
      json: explicitListener(name, address, egressPort, "OUTBOUND", {
        filterChains: [{ filters: [filter] }],
      }),
      entities: [`virtualNode/${node}`],
    };
  },
);

function tcpListeners(
  interception: ExplicitInterception,
  mesh: Mesh,
  node: { readonly name: string; readonly logging: Logging | Absent; readonly listeners: readonly number[] },
  services: readonly Service[],
  problems: Problems,
): readonly Resource<ListenerJson>[] {
  const address = egressAddress(interception);
  const taken = new Map<number, string>([[egressPort, "the proxy's own egress"]]);
  for (const port of node.listeners) {
    if (overlap(interception.address, address)) taken.set(port, "a listener of the virtual node itself");
    if (overlap("127.0.0.1", address)) taken.set(appPort(interception, port), "the application");
  }
  return services.flatMap((service) =>
    service.ports.flatMap((port) => {
      if (port.protocol !== "tcp") return [];
      const holder = taken.get(port.port);
      if (holder !== undefined) {
        problems.add(
          `virtualNode/${node.name}`,
          "spec.backends",
          `${address}:${port.port} of virtual service ${service.name} is taken by ${holder}: the service cannot be called`,
        );
        return [];
      }
      taken.set(port.port, `virtual service ${service.name}`);
      const listener = tcpListener(port, service, mesh, interception, node.logging);
      if (listener !== undefined) return [listener];
      problems.add(`virtualService/${service.name}`, "", `nothing takes connections to port ${port.port}`);
      return [];
    }),
  );
}

const tcpListener = memo(
  (
    port: ServicePort,
    service: Service,
    mesh: Mesh,
    interception: ExplicitInterception,
    logging: Logging | Absent,
  ): Resource<ListenerJson> | undefined => {
    const egress = tcpEgress(port, mesh, logging);
    if (egress === undefined) return undefined;
    const address = egressAddress(interception);
    const name = names.egressListener(address, port.port);
    return {
      name,
      json: explicitListener(name, address, port.port, "OUTBOUND", {
        filterChainMatcher: always(egress.choice),
        filterChains: [...egress.chains],
      }),
      entities: service.entities,
    };
  },
);
