import type { MeshEntities, Proxy } from "./entities.js";
import { list, memo } from "./memo.js";
import { readMesh } from "./mesh.js";
import type { Problem, ProxyResources, Resource } from "./resources.js";
import { virtualNode } from "./virtual-node.js";

/**
 * Everything that one proxy is to be told. Never throws for what entities say: what cannot be done is left out and
 * told in `problems`.
 *
 * It reads no more of the entities than the result is made of, so that the reads tell when to translate again. The
 * same inputs give the same objects, down to single clusters and virtual hosts, which all proxies share.
 */
export function translate(entities: MeshEntities, proxy: Proxy): ProxyResources {
  const mesh = readMesh(entities);
  if (mesh === undefined) return nothing(`mesh/${proxy.meshName}`, `mesh ${proxy.meshName} does not exist`);
  const entity = `${proxy.kind}/${proxy.name}`;
  if (proxy.kind === "virtualGateway") {
    return nothing(entity, "virtual gateways are not translated yet: their proxies get no listener");
  }
  const spec = entities.virtualNode(proxy.name);
  if (spec === undefined) return nothing(entity, `virtual node ${proxy.name} does not exist`);
  const { clusters, endpoints, listeners, routes, problems } = virtualNode(entities, mesh, proxy, spec);
  return whole(
    list(byName(clusters)),
    list(byName(endpoints)),
    list(byName(listeners)),
    list(byName(routes)),
    JSON.stringify(problems),
  );
}

const nothing = (entity: string, message: string): ProxyResources => ({
  clusters: [],
  endpoints: [],
  listeners: [],
  routes: [],
  problems: [{ entity, path: "", message }],
});

const byName = <R extends Resource<unknown>>(resources: readonly R[]): readonly R[] =>
  resources.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Problems count by what they say: they are told anew each time. */
const whole = memo(
  (
    clusters: ProxyResources["clusters"],
    endpoints: ProxyResources["endpoints"],
    listeners: ProxyResources["listeners"],
    routes: ProxyResources["routes"],
    problems: string,
  ): ProxyResources => ({
    clusters,
    endpoints,
    listeners,
    routes,
    problems: JSON.parse(problems) as readonly Problem[],
  }),
);
