import { isIP } from "node:net";
import type {
  VirtualGatewayListener,
  VirtualGatewayPortProtocol,
  VirtualGatewaySpec,
} from "@pulumi-appmesh/model";
import type { CircuitBreakers_ThresholdsJson } from "../gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { ListenerJson } from "../gen/envoy/config/listener/v3/listener_pb.js";
import { accessLog } from "./access-log.js";
import { protocolOptions, unlimited } from "./clusters.js";
import { endpoint } from "./discovery.js";
import type { Interception } from "./entities.js";
import { http } from "./filters.js";
import { bindAddress, explicitListener } from "./ingress.js";
import { egressAddress, egressPort, overlap } from "./interception.js";
import { accepting, secretsOf } from "./listener-chains.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { Problems } from "./problems.js";
import type { Problem, Resource } from "./resources.js";
import { acceptances } from "./tls.js";

/** A listener of a virtual gateway that is served. */
export interface GatewayListener {
  readonly port: number;
  readonly protocol: VirtualGatewayPortProtocol;
  /** Where its requests go once a gateway route took them: the gateway's own egress. */
  readonly cluster: string;
  /** The route configuration that says which route takes what. */
  readonly routes: string;
}

export interface GatewayListeners {
  readonly served: readonly GatewayListener[];
  readonly clusters: readonly Resource<ClusterJson>[];
  readonly listeners: readonly Resource<ListenerJson>[];
  readonly problems: readonly Problem[];
}

/**
 * A virtual gateway routes in two steps, as it did in App Mesh: each listener's gateway routes rewrite a request, and
 * hand it by a cluster of the listener's own to the gateway's egress, which does for the virtual service that was chosen
 * what the proxy of any caller does. So a router's routes see what was rewritten, and the listener's connection pool
 * has a cluster to limit.
 */
export const gatewayListeners = memo(
  (interception: Interception, mesh: Mesh, gateway: string, spec: VirtualGatewaySpec): GatewayListeners => {
    const entity = `virtualGateway/${gateway}`;
    const problems = new Problems();
    const log = accessLog(spec.logging, (path, message) => problems.add(entity, path, message));
    const egress = egressAddressOf(interception);
    const served = serve(interception, entity, spec, problems).map((listener) => {
      const { port, protocol } = listener.portMapping;
      const cluster = names.gatewayRedirectCluster(
        mesh.name,
        gateway,
        spec.listeners.length,
        port,
        egressPort,
      );
      const path = `spec.listeners[${spec.listeners.indexOf(listener)}].tls`;
      const accepted = acceptances(listener.tls, protocol, { entity, path });
      return { listener, port, protocol, cluster, accepted, routes: names.ingressRoutes(port) };
    });
    const resource = <Json>(name: string, json: Json): Resource<Json> => ({ name, json, entities: [entity] });
    const egressName = names.egressListener(egress, egressPort);
    return {
      served: served.map(({ port, protocol, cluster, routes }) => ({ port, protocol, cluster, routes })),
      clusters: served.map(({ listener, protocol, cluster }) =>
        resource(cluster, {
          name: cluster,
          type: "STATIC",
          connectTimeout: "0.250s",
          loadAssignment: endpoint(cluster, egress, egressPort),
          ...protocolOptions(protocol),
          circuitBreakers: { thresholds: [{ ...unlimited, ...limits(listener) }] },
        }),
      ),
      listeners: [
        ...served.map(({ port, protocol, accepted, routes }) => {
          const filter = http({
            statPrefix: names.ingressStatistics(spec.listeners.length, protocol, port),
            routes,
            accessLog: log,
            ...(protocol === "http" ? { upgrades: ["websocket"] } : {}),
          });
          const chain = { port, protocol, accepted, filter };
          const explicit = interception.mode === "explicit" ? interception.address : undefined;
          const name = names.ingressListener(explicit ?? "0.0.0.0", port);
          const listener: ListenerJson =
            explicit === undefined
              ? { name, ...bindAddress(mesh.ipPreference, port), trafficDirection: "INBOUND" }
              : explicitListener(name, explicit, port, "INBOUND");
          return { ...resource(name, accepting(listener, chain)), ...secretsOf([chain]) };
        }),
        resource(egressName, {
          // Out of reach of other machines, which could pass by the gateway routes; and of a second gateway here.
          ...explicitListener(egressName, egress, egressPort, "OUTBOUND", {
            filterChains: [
              {
                filters: [
                  http({
                    statPrefix: names.egressStatistics,
                    routes: names.egressRoutes(egressPort),
                    accessLog: log,
                    upgrades: ["websocket"],
                  }),
                ],
              },
            ],
          }),
          // Its connections are few and stay: without this, one thread may get most of them.
          connectionBalanceConfig: { exactBalance: {} },
        }),
      ],
      problems: problems.all(),
    };
  },
);

const egressAddressOf = (interception: Interception): string =>
  interception.mode === "explicit" ? egressAddress(interception) : "127.0.0.1";

/** The listeners that can be served. */
function serve(
  interception: Interception,
  entity: string,
  spec: VirtualGatewaySpec,
  problems: Problems,
): readonly VirtualGatewayListener[] {
  const ports = new Set<number>();
  const address = interception.mode === "explicit" ? interception.address : "0.0.0.0";
  return spec.listeners.filter((listener, i) => {
    const path = `spec.listeners[${i}]`;
    const { port } = listener.portMapping;
    const leaveOut = (at: string, why: string) => {
      problems.add(entity, at, `${why}: the listener is left out`);
      return false;
    };
    if (ports.has(port)) return leaveOut(`${path}.portMapping.port`, `an earlier listener has port ${port}`);
    ports.add(port);
    if (listener.healthCheck !== undefined) {
      problems.add(
        entity,
        `${path}.healthCheck`,
        "no proxy of the mesh calls a virtual gateway: it has no effect; let what stands before the gateway check it",
      );
    }
    if (!isIP(address)) {
      return leaveOut(path, `the proxy's address ${JSON.stringify(address)} is no IP address`);
    }
    if (port === egressPort && overlap(address, egressAddressOf(interception))) {
      return leaveOut(
        `${path}.portMapping.port`,
        `the gateway's own egress is at ${egressAddressOf(interception)}:${port}`,
      );
    }
    return true;
  });
}

/** Connection pools limit what a listener lets into the mesh. */
function limits({ connectionPool: pool }: VirtualGatewayListener): CircuitBreakers_ThresholdsJson {
  if (pool?.http) {
    const { maxConnections, maxPendingRequests } = pool.http;
    return { maxConnections, ...(maxPendingRequests === undefined ? {} : { maxPendingRequests }) };
  }
  const maxRequests = (pool?.http2 ?? pool?.grpc)?.maxRequests;
  return maxRequests === undefined ? {} : { maxRequests };
}
