import type { ClientPolicyTls, VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { type Cluster, egressCluster } from "./clusters.js";
import type { MeshEntities } from "./entities.js";
import { memo } from "./memo.js";
import type { Mesh } from "./mesh.js";
import type { Problems } from "./problems.js";
import type { Resource } from "./resources.js";
import { readService, type Service } from "./services.js";

/** What a proxy calls. */
export interface Backends {
  /** In the order of its backends, each once. */
  readonly services: readonly Service[];
  /** Of every virtual node that they may send to. */
  readonly clusters: readonly Resource<ClusterJson>[];
}

/** `entity` is what calls: a virtual node, or a virtual gateway with what its routes lead to. */
export function readBackends(
  entities: MeshEntities,
  mesh: Mesh,
  entity: string,
  spec: Pick<VirtualNodeSpec, "backends" | "backendDefaults">,
  problems: Problems,
): Backends {
  const services = new Map<string, Service>();
  const clusters = new Map<string, Resource<ClusterJson>>();
  const closed = new Set<string>();
  const add = ({ resource, problems: own }: Cluster, close: boolean) => {
    problems.merge(own);
    // What one backend forbids holds for all that share the cluster.
    if (closed.has(resource.name)) return;
    clusters.set(resource.name, resource);
    if (close) closed.add(resource.name);
  };
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
    if (policy?.tls === undefined) {
      for (const cluster of serviceClusters(service, mesh)) add(cluster, false);
      continue;
    }
    const path = clientPolicy
      ? `spec.backends[${i}].virtualService.clientPolicy.tls`
      : "spec.backendDefaults.clientPolicy.tls";
    for (const { port, targets } of service.ports) {
      for (const target of targets) {
        const enforced = tlsEnforced(policy.tls, [port, target.port]);
        if (enforced !== undefined) {
          const effect = enforced ? "calls get 503" : "calls go without, which it allows";
          problems.add(entity, path, `TLS is not spoken yet: ${effect}`);
        }
        add(egressCluster(target, mesh, enforced ?? false), enforced ?? false);
      }
    }
  }
  return { services: [...services.values()], clusters: [...clusters.values()] };
}

/** Where callers without a policy of their own send. */
const serviceClusters = memo((service: Service, mesh: Mesh): readonly Cluster[] =>
  service.ports.flatMap(({ targets }) => targets.map((target) => egressCluster(target, mesh, false))),
);

/** Whether connections without TLS are forbidden; undefined where the policy says nothing of the ports. */
function tlsEnforced(tls: ClientPolicyTls, ports: readonly number[]): boolean | undefined {
  if ((tls.ports ?? []).length > 0 && !ports.some((port) => tls.ports?.includes(port))) return undefined;
  return tls.enforce ?? true;
}
