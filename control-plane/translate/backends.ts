import type { VirtualNodeSpec } from "@pulumi-appmesh/model";
import type { ClusterJson } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import { EgressClusters, type Policy } from "./egress-clusters.js";
import type { MeshEntities } from "./entities.js";
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
  const clusters = new EgressClusters(mesh, problems);
  for (const [i, { virtualService }] of (spec.backends ?? []).entries()) {
    if (virtualService === undefined) continue;
    const { virtualServiceName } = virtualService;
    let service = services.get(virtualServiceName);
    if (service === undefined) {
      service = readService(entities, mesh, virtualServiceName);
      services.set(virtualServiceName, service);
      problems.merge(service.problems);
    }
    clusters.add(service, policyOf(entity, spec, i));
  }
  return { services: [...services.values()], clusters: clusters.all() };
}

/** A backend's own policy takes the place of the default, even where it says nothing. */
function policyOf(
  entity: string,
  spec: Pick<VirtualNodeSpec, "backends" | "backendDefaults">,
  backend: number,
): Policy | undefined {
  const own = spec.backends?.[backend]?.virtualService?.clientPolicy;
  const tls = (own ?? spec.backendDefaults?.clientPolicy)?.tls;
  if (tls === undefined) return undefined;
  const path = own
    ? `spec.backends[${backend}].virtualService.clientPolicy.tls`
    : "spec.backendDefaults.clientPolicy.tls";
  return { tls, place: { entity, path } };
}
