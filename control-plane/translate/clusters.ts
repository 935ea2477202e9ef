import type { ClientPolicyTls, Listener, PortProtocol, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { CircuitBreakers_ThresholdsJson } from "../gen/envoy/config/cluster/v3/circuit_breaker_pb.js";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { discovery } from "./discovery.js";
import type { ManagedTls } from "./entities.js";
import { httpProtocolOptions, packed } from "./extensions.js";
import { healthCheck, outlierDetection } from "./health.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import * as names from "./names.js";
import { Problems } from "./problems.js";
import type { Problem, Resource } from "./resources.js";
import type { Place } from "./secrets.js";
import { type Absent, unlessAbsent } from "./targets.js";
import { discoveredName, managedTls, offeredTls, policyTls, type TlsSocket } from "./tls.js";

/** A listener of a virtual node, as traffic is sent to it. */
export interface Target {
  readonly node: string;
  readonly protocol: PortProtocol;
  readonly port: number;
  /** undefined where the virtual node, or a listener of it that fits, does not exist. */
  readonly found?: { readonly spec: VirtualNodeSpec; readonly listener: Listener; readonly index: number };
}

/** A cluster, and what it leaves undone. */
export interface Cluster {
  readonly resource: Resource<ClusterJson>;
  readonly problems: readonly Problem[];
}

/** App Mesh limited nothing on the side of the caller, whereas Envoy does, by default. */
export const unlimited: CircuitBreakers_ThresholdsJson = {
  maxConnections: 2147483647,
  maxPendingRequests: 2147483647,
  maxRequests: 2147483647,
  maxRetries: 2147483647,
};

/** What all clusters of a mesh have in common. */
export const common: ClusterJson = { connectTimeout: "1s", circuitBreakers: { thresholds: [unlimited] } };

/** What is spoken to the endpoints of a listener. Nothing has to be said of HTTP/1.1 and TCP. */
export function protocolOptions(protocol: PortProtocol): ClusterJson {
  if (protocol !== "http2" && protocol !== "grpc") return {};
  return {
    typedExtensionProtocolOptions: {
      [httpProtocolOptions]: packed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
        explicitHttpConfig: { http2ProtocolOptions: {} },
      }),
    },
  };
}

/**
 * The cluster in which the callers of a listener find its endpoints, under a client policy whose TLS stands at `path` of
 * `caller`, or under none. A policy that is enforced holds whether or not the listener offers TLS.
 */
export const egressCluster = memo(
  (target: Target, mesh: Mesh, policy: ClientPolicyTls | Absent, caller: string, path: string): Cluster => {
    const found = callable(target, mesh);
    if ("closed" in found) return found.closed;
    const { name, spec, listener, index, discovered } = found;
    const entity = `virtualNode/${target.node}`;
    const listenerPath = `spec.listeners[${index}]`;
    const tls = egressTls(listener, target, discoveredName(spec) ?? discovered.hostname, {
      policy: unlessAbsent(policy),
      caller: { entity: caller, path },
      offer: { entity, path: `${listenerPath}.tls` },
      managed: mesh.managedTls,
    });
    const problems = new Problems();
    const { healthCheck: check, outlierDetection: outlier } = listener;
    return {
      resource: {
        name,
        json: {
          name,
          ...discovered.cluster,
          // Endpoints that discovery no longer names may belong to somebody else by now.
          ignoreHealthOnHostRemoval: true,
          ...protocolOptions(target.protocol),
          ...(tls ? { transportSocket: tls.json } : {}),
          ...(check
            ? {
                healthChecks: [
                  healthCheck(
                    check,
                    target.protocol,
                    `${discovered.hostname}:${target.port}`,
                    (member, message) =>
                      problems.add(entity, `${listenerPath}.healthCheck.${member}`, message),
                  ),
                ],
              }
            : {}),
          ...(outlier ? { outlierDetection: outlierDetection(outlier) } : {}),
          ...common,
        },
        entities: [entity],
        ...(tls && tls.secrets.length > 0 ? { secrets: tls.secrets } : {}),
      },
      problems: problems.all(),
    };
  },
);

/** The same cluster without endpoints: callers get 503. */
export const closedCluster = memo((target: Target, mesh: Mesh): Cluster => closed(target, mesh, []));

function closed(target: Target, mesh: Mesh, problems: readonly Problem[]): Cluster {
  const name = names.egressCluster(mesh.name, target.node, target.protocol, target.port);
  return {
    resource: {
      name,
      json: { name, type: "STATIC", loadAssignment: { clusterName: name }, ...common },
      entities: [`virtualNode/${target.node}`],
    },
    problems,
  };
}

/** What has to be known to call a listener; or the cluster without endpoints, where it cannot be called. */
function callable(target: Target, mesh: Mesh) {
  if (target.found === undefined) return { closed: closedCluster(target, mesh) };
  const name = names.egressCluster(mesh.name, target.node, target.protocol, target.port);
  const discovered = discovery(target.found.spec, mesh, name, target.port);
  if (!("missing" in discovered)) return { ...target.found, name, discovered };
  const { path, missing } = discovered;
  const problem = { entity: `virtualNode/${target.node}`, path, message: `${missing}; its callers get 503` };
  return { closed: closed(target, mesh, [problem]) };
}

/** What is spoken below the protocol: as the caller's policy says, else as the listener offers. */
function egressTls(
  { tls: offer }: Listener,
  { protocol, node }: Target,
  name: string,
  from: {
    readonly policy: ClientPolicyTls | undefined;
    readonly caller: Place;
    readonly offer: Place;
    readonly managed: ManagedTls | undefined;
  },
): TlsSocket | undefined {
  const offered = offer !== undefined && offer.mode !== "DISABLED";
  const peer = { protocol, name };
  const { policy } = from;
  if (policy !== undefined && (offered || (policy.enforce ?? true)))
    return policyTls(policy, peer, from.caller);
  if (offer === undefined && from.managed?.callers === "tls") {
    return managedTls(from.managed, node, peer, from.offer);
  }
  return offered ? offeredTls(offer, peer, from.offer) : undefined;
}
