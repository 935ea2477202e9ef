import type { MeshEntities, Proxy } from "./entities.js";
import { virtualGateway } from "./gateway.js";
import { list, memo } from "./memo.js";
import { type Mesh, readMesh } from "./mesh.js";
import type { Problem, ProxyResources, ProxyResourcesWithoutSecrets, Resource } from "./resources.js";
import { secretsOf } from "./secrets.js";
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
  const told =
    proxy.kind === "virtualGateway" ? ofGateway(entities, mesh, proxy) : ofNode(entities, mesh, proxy);
  if (told === undefined) {
    const what = proxy.kind === "virtualGateway" ? "virtual gateway" : "virtual node";
    return nothing(entity, `${what} ${proxy.name} does not exist`);
  }
  const { clusters, endpoints, listeners, routes } = told;
  const { secrets, problems, waiting } = secretsOf(entities, [...clusters, ...listeners], proxy);
  const resources = whole(
    list(byName(secrets)),
    list(byName(clusters)),
    list(byName(endpoints)),
    list(byName(listeners)),
    list(byName(routes)),
    JSON.stringify([...told.problems, ...problems]),
  );
  const waits = told.waiting ?? waiting;
  return waits === undefined ? resources : { ...resources, waiting: waits };
}

function ofNode(entities: MeshEntities, mesh: Mesh, proxy: Proxy): ProxyResourcesWithoutSecrets | undefined {
  const spec = entities.virtualNode(proxy.name);
  return spec && virtualNode(entities, mesh, proxy, spec);
}

function ofGateway(
  entities: MeshEntities,
  mesh: Mesh,
  proxy: Proxy,
): ProxyResourcesWithoutSecrets | undefined {
  const spec = entities.virtualGateway(proxy.name);
  return spec && virtualGateway(entities, mesh, proxy, spec);
}

const nothing = (entity: string, message: string): ProxyResources => ({
  secrets: [],
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
    secrets: ProxyResources["secrets"],
    clusters: ProxyResources["clusters"],
    endpoints: ProxyResources["endpoints"],
    listeners: ProxyResources["listeners"],
    routes: ProxyResources["routes"],
    problems: string,
  ): ProxyResources => ({
    secrets,
    clusters,
    endpoints,
    listeners,
    routes,
    problems: JSON.parse(problems) as readonly Problem[],
  }),
);
