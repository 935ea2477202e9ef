import type { VirtualNodeSpec } from "@pulumi-appmesh/model";
import { accessLog } from "./access-log.js";
import { readBackends } from "./backends.js";
import { explicitEgress } from "./egress-explicit.js";
import { transparentEgress } from "./egress-transparent.js";
import { readEndpoints } from "./endpoints.js";
import type { MeshEntities, Proxy } from "./entities.js";
import { ingress, ipPreference } from "./ingress.js";
import { interceptionKey } from "./interception.js";
import type { Mesh } from "./mesh.js";
import { Problems } from "./problems.js";
import type { ProxyResourcesWithoutSecrets } from "./resources.js";
import { orAbsent } from "./targets.js";

/** Everything for a proxy beside the application of a virtual node. */
export function virtualNode(
  entities: MeshEntities,
  mesh: Mesh,
  proxy: Proxy,
  spec: VirtualNodeSpec,
): ProxyResourcesWithoutSecrets {
  const interception = interceptionKey(proxy.interception);
  const filter = entities.mesh()?.egressFilter?.type ?? "DROP_ALL";
  const problems = new Problems();
  const inbound = ingress(interception, mesh, proxy.name, spec);
  problems.merge(inbound.problems);
  accessLog(spec.logging, (path, message) => problems.add(`virtualNode/${proxy.name}`, path, message));
  const { services, clusters } = readBackends(entities, mesh, `virtualNode/${proxy.name}`, spec, problems);
  const endpoints = readEndpoints(entities, mesh, services, clusters, problems);
  const node = {
    name: proxy.name,
    spec,
    logging: orAbsent(spec.logging),
    listeners: (spec.listeners ?? []).map(({ portMapping }) => portMapping.port),
  };
  const preference = ipPreference(mesh, spec);
  const outbound =
    interception.mode === "explicit"
      ? explicitEgress(interception, mesh, filter, preference, node, services, problems)
      : transparentEgress(mesh, filter, preference, node, services, problems);
  return {
    clusters: [...inbound.clusters, ...clusters, ...outbound.clusters],
    endpoints: endpoints.resources,
    listeners: [...inbound.listeners, ...outbound.listeners],
    routes: [...inbound.routes, ...outbound.routes],
    problems: problems.all(),
    ...(endpoints.waiting === undefined ? {} : { waiting: endpoints.waiting }),
  };
}
