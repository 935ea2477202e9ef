import type { ClientPolicy, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { egressCluster } from "./clusters.js";
import type { MeshEntities } from "./entities.js";
import type { Mesh } from "./mesh.js";
import type { Problems } from "./problems.js";
import type { Resource } from "./resources.js";
import { readService, type Service } from "./services.js";

/** What a virtual node calls. */
export interface Backends {
  /** In the order of the node's backends, each once. */
  readonly services: readonly Service[];
  /** Of every virtual node that they may send to. */
  readonly clusters: readonly Resource<ClusterJson>[];
}

export function readBackends(
  entities: MeshEntities,
  mesh: Mesh,
  node: string,
  spec: VirtualNodeSpec,
  problems: Problems,
): Backends {
  const services = new Map<string, Service>();
  const clusters = new Map<string, Resource<ClusterJson>>();
  const closed = new Set<string>();
  for (const [i, { virtualService }] of (spec.backends ?? []).entries()) {
    if (virtualService === undefined) continue;
    const { virtualServiceName, clientPolicy } = virtualService;
    let service = services.get(virtualServiceName);
    if (service === undefined) {
      service = readService(entities, mesh, virtualServiceName);
      services.set(virtualServiceName, service);
      problems.merge(service.problems);
    }
    const policy = clientPolicy ?? spec.backendDefaults?.clientPolicy;
    const path = clientPolicy
      ? `spec.backends[${i}].virtualService.clientPolicy.tls`
      : "spec.backendDefaults.clientPolicy.tls";
    for (const { port, targets } of service.ports) {
      for (const target of targets) {
        const enforced = tlsEnforced(policy, [port, target.port]);
        if (enforced !== undefined) {
          const effect = enforced ? "calls get 503" : "calls go without, which it allows";
          problems.add(`virtualNode/${node}`, path, `TLS is not spoken yet: ${effect}`);
        }
        const cluster = egressCluster(target, mesh, enforced ?? false);
        problems.merge(cluster.problems);
        // What one backend forbids holds for all that share the cluster.
        const { name } = cluster.resource;
        if (closed.has(name)) continue;
        clusters.set(name, cluster.resource);
        if (enforced) closed.add(name);
      }
    }
  }
  return { services: [...services.values()], clusters: [...clusters.values()] };
}

/** Whether connections without TLS are forbidden; undefined where the policy says nothing of the ports. */
function tlsEnforced(policy: ClientPolicy | undefined, ports: readonly number[]): boolean | undefined {
  const tls = policy?.tls;
  if (tls === undefined) return undefined;
  if ((tls.ports ?? []).length > 0 && !ports.some((port) => tls.ports?.includes(port))) return undefined;
  return tls.enforce ?? true;
}
