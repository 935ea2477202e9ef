import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import { translate } from "@pulumi-appmesh/control-plane/translate/translate.js";
import type { RouteSpec } from "@pulumi-appmesh/model";
import { now } from "./processes.js";

/** How long it takes to make what one proxy is told, ms, by run. */
export interface Translation {
  readonly backends: number;
  /** Nothing is remembered: the first proxy of a mesh. */
  readonly first: number[];
  /** The route of one backend has changed. */
  readonly change: number[];
  /** Nothing has changed. */
  readonly same: number[];
  readonly clusters: number;
}

/** Translates for a virtual node that calls so many services, each with its router, its route and its virtual node. */
export function measureTranslation(backends: number, runs: number): Translation {
  const result: Translation = { backends, first: [], change: [], same: [], clusters: 0 };
  let clusters = 0;
  for (let run = 0; run < runs + 3; run++) {
    const before = mesh(backends);
    const after = { ...before, routes: { ...before.routes, "backend-0": { all: route("backend-0", 10) } } };
    const times = [before, after, after].map((document) => {
      const entities = entitiesOf(document);
      const start = now();
      const resources = translate(entities, proxy);
      const took = now() - start;
      clusters = resources.clusters.length;
      return took;
    });
    if (run < 3) continue; // the code is compiled on its first runs
    for (const [i, kind] of (["first", "change", "same"] as const).entries()) {
      result[kind].push(times[i] as number);
    }
  }
  return { ...result, clusters };
}

const proxy = {
  meshName: "bench",
  kind: "virtualNode",
  name: "caller",
  interception: { mode: "transparent" },
} as const;

const route = (virtualNode: string, weight: number): RouteSpec => ({
  httpRoute: { match: { prefix: "/" }, action: { weightedTargets: [{ virtualNode, weight }] } },
});

/** New objects each time, so that nothing that is remembered fits. */
function mesh(backends: number): MeshDocument {
  const names = Array.from({ length: backends }, (_, i) => `backend-${i}`);
  const listener = () => ({ portMapping: { port: 8080, protocol: "http" as const } });
  const each = <T>(value: (name: string) => T) =>
    Object.fromEntries(names.map((name) => [name, value(name)]));
  return {
    meshName: "bench",
    mesh: {},
    virtualNodes: {
      ...each((name) => ({
        listeners: [listener()],
        serviceDiscovery: { dns: { hostname: `${name}.bench.internal` } },
      })),
      caller: {
        backends: names.map((name) => ({ virtualService: { virtualServiceName: `${name}.bench.local` } })),
      },
    },
    virtualRouters: each(() => ({ listeners: [listener()] })),
    routes: each((name) => ({ all: route(name, 100) })),
    virtualServices: Object.fromEntries(
      names.map((name) => [
        `${name}.bench.local`,
        { provider: { virtualRouter: { virtualRouterName: name } } },
      ]),
    ),
  };
}
