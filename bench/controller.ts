// A mesh as App Mesh's Kubernetes controller makes it: object by object, each described before it is created, and looked
// at afterwards; one at a time, and not throttled.
import type { ApiContender } from "./api-contender.js";
import { sendAll } from "./api-load.js";

export type ObjectKind = "virtual nodes" | "virtual services" | "routes";

/** What one server took for the objects of one kind. */
export interface ControllerResult {
  readonly server: string;
  readonly kind: ObjectKind;
  /** ms of each object: the three requests that it takes. None where the server knows no such entity. */
  readonly latencies: number[];
  /** ms of the server's CPU for each object. */
  cpuMs: number;
}

export type ControllerPlan = Readonly<Record<ObjectKind, number>>;

const mesh = "/v20190125/meshes/bench-controller";
/** As many routes as App Mesh lets a virtual router have. */
const ROUTES_OF_A_ROUTER = 50;
/** Contenders take turns by so many objects. */
const CHUNK = 50;
/** moto has virtual nodes, routers and routes, and no virtual services. */
const MISSING: Readonly<Record<string, readonly ObjectKind[]>> = { moto: ["virtual services"] };

const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];

interface Made {
  readonly collection: string;
  readonly name: string;
  readonly body: object;
}

const objects: Readonly<Record<ObjectKind, (index: number) => Made>> = {
  "virtual nodes": (index) => ({
    collection: `${mesh}/virtualNodes`,
    name: `node-${index}`,
    body: {
      virtualNodeName: `node-${index}`,
      spec: {
        listeners,
        serviceDiscovery: { dns: { hostname: `node-${index}.bench.svc.cluster.local` } },
        backends: [{ virtualService: { virtualServiceName: `service-${index}.bench` } }],
      },
    },
  }),
  "virtual services": (index) => ({
    collection: `${mesh}/virtualServices`,
    name: `service-${index}.bench`,
    body: {
      virtualServiceName: `service-${index}.bench`,
      spec: { provider: { virtualNode: { virtualNodeName: `node-${index}` } } },
    },
  }),
  routes: (index) => ({
    collection: `${mesh}/virtualRouter/router-${Math.floor(index / ROUTES_OF_A_ROUTER)}/routes`,
    name: `route-${index}`,
    body: {
      routeName: `route-${index}`,
      spec: {
        httpRoute: {
          match: { prefix: `/${index}` },
          action: { weightedTargets: [{ virtualNode: `node-${index}`, weight: 100 }] },
        },
      },
    },
  }),
};

/** Measures the contenders in turns, some objects each. */
export async function measureController(
  contenders: readonly ApiContender[],
  say: (line: string) => void,
  plan: ControllerPlan,
): Promise<ControllerResult[]> {
  const results: ControllerResult[] = [];
  for (const contender of contenders) await contender.start();
  try {
    for (const contender of contenders) await prepareMesh(contender, plan);
    for (const [kind, many] of Object.entries(plan) as [ObjectKind, number][]) {
      say(`${many} ${kind}, each described, created and described …`);
      const measured = contenders.map(({ name }) => ({
        server: name,
        kind,
        latencies: [] as number[],
        cpuMs: 0,
      }));
      for (let first = 0; first < many; first += CHUNK) {
        for (const [at, contender] of contenders.entries()) {
          if (MISSING[contender.name]?.includes(kind)) continue;
          await makeObjects(
            contender,
            kind,
            first,
            Math.min(first + CHUNK, many),
            measured[at] as ControllerResult,
          );
        }
      }
      results.push(
        ...measured.map((one) => ({
          ...one,
          cpuMs: one.latencies.length === 0 ? 0 : one.cpuMs / one.latencies.length,
        })),
      );
    }
    return results;
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

/** The mesh, and the virtual routers, which are not measured. */
async function prepareMesh(contender: ApiContender, plan: ControllerPlan): Promise<void> {
  const routers = Math.ceil(plan.routes / ROUTES_OF_A_ROUTER);
  const requests = [await contender.prepare("PUT", "/v20190125/meshes", { meshName: "bench-controller" })];
  for (let index = 0; index < routers; index++) {
    const body = { virtualRouterName: `router-${index}`, spec: { listeners } };
    requests.push(await contender.prepare("PUT", `${mesh}/virtualRouters`, body));
  }
  await sendAll(contender.port, requests, { connections: 1 });
}

async function makeObjects(
  contender: ApiContender,
  kind: ObjectKind,
  first: number,
  end: number,
  into: ControllerResult,
): Promise<void> {
  const requests: Buffer[] = [];
  for (let index = first; index < end; index++) {
    const { collection, name, body } = objects[kind](index);
    requests.push(
      await contender.prepare("GET", `${collection}/${name}`),
      await contender.prepare("PUT", collection, body),
      await contender.prepare("GET", `${collection}/${name}`),
    );
  }
  const before = contender.program.cpuMs();
  const { latencies } = await sendAll(contender.port, requests, {
    connections: 1,
    // The first of three asks for what is not there yet.
    isExpected: (status, index) => (index % 3 === 0 ? status === 404 || status === 400 : status === 200),
  });
  into.cpuMs += contender.program.cpuMs() - before;
  for (let at = 0; at < latencies.length; at += 3)
    into.latencies.push(latencies.slice(at, at + 3).reduce((sum, ms) => sum + ms, 0));
}
