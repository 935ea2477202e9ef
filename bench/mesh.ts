import type { RouteSpec, VirtualNodeSpec, VirtualServiceSpec } from "@pulumi-appmesh/model";
import type { Address, AppMesh } from "@pulumi-appmesh/provider/client/appmesh.js";

/** The mesh that is measured. */
export interface MeshSize {
  /** Virtual services, each with its router, its route and its virtual node. */
  readonly services: number;
  /** Virtual nodes that call them: the fake proxies are their tasks. */
  readonly callers: number;
  /** Virtual services that each of them calls; the one that changes is always among them. */
  readonly backends: number;
}

const meshName = "bench";

/** The backend that changes: its router shares its traffic between two virtual nodes. */
const changing = "backend-0";
const versions = ["backend-0", "backend-0-canary"] as const;

const listener = { portMapping: { port: 8080, protocol: "http" as const } };
export const hostnameOf = (node: string): string => `${node}.bench.internal`;
export const serviceOf = (backend: string): string => `${backend}.bench.local`;
/** Both at the most that App Mesh allows: no change that is made later comes back to them by itself. */
export const initialWeights = [100, 100] as const;
export const changingNode = versions[0];
export const changingService = serviceOf(changing);

const at = (kind: Address["kind"], ...names: string[]): Address => ({ kind, names: [meshName, ...names] });

const nodeSpec = (hostname: string): VirtualNodeSpec => ({
  listeners: [listener],
  serviceDiscovery: { dns: { hostname } },
});

const routeSpec = (targets: readonly (readonly [node: string, weight: number])[]): RouteSpec => ({
  httpRoute: {
    match: { prefix: "/" },
    action: { weightedTargets: targets.map(([virtualNode, weight]) => ({ virtualNode, weight })) },
    retryPolicy: {
      maxRetries: 2,
      perRetryTimeout: { unit: "ms", value: 500 },
      httpRetryEvents: ["server-error", "gateway-error"],
    },
  },
});

/** Makes the mesh over the API. Returns the number of its entities, and the node ids of the callers. */
export async function createMesh(
  api: AppMesh,
  size: MeshSize,
): Promise<{ entities: number; nodeIds: string[] }> {
  let made = 0;
  const create = async (address: Address, spec: unknown) => {
    await api.create(address, spec, {});
    made++;
  };
  await create(at("mesh"), {});
  const service = async (name: string) => {
    const targets = name === changing ? versions : [name];
    for (const node of targets) await create(at("virtualNode", node), nodeSpec(hostnameOf(node)));
    await create(at("virtualRouter", name), { listeners: [listener] });
    await create(
      at("route", name, name),
      routeSpec(targets.map((node, i) => [node, initialWeights[i] ?? 0])),
    );
    const provider: VirtualServiceSpec = { provider: { virtualRouter: { virtualRouterName: name } } };
    await create(at("virtualService", serviceOf(name)), provider);
  };
  const services = Array.from({ length: size.services }, (_, i) => `backend-${i}`);
  await inTurn(services, service);
  // Neighbours have most of their backends in common, as the callers of a real mesh have.
  const backendsOf = (caller: number) => [
    services[0] as string,
    ...Array.from(
      { length: size.backends - 1 },
      (_, i) => services[1 + ((caller + i) % (size.services - 1))] as string,
    ),
  ];
  const callers = Array.from({ length: size.callers }, (_, i) => i);
  const callerName = (caller: number) => `caller-${caller}`;
  await inTurn(callers, (caller) =>
    create(at("virtualNode", callerName(caller)), {
      ...nodeSpec(hostnameOf(callerName(caller))),
      backends: backendsOf(caller).map((name) => ({
        virtualService: { virtualServiceName: serviceOf(name) },
      })),
    }),
  );
  return {
    entities: made,
    nodeIds: callers.map((caller) => `mesh/${meshName}/virtualNode/${callerName(caller)}`),
  };
}

/** Does the work for all items, eight at a time. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

export async function setWeights(api: AppMesh, weights: readonly [number, number]): Promise<void> {
  await api.update(
    at("route", changing, changing),
    routeSpec([
      [versions[0], weights[0]],
      [versions[1], weights[1]],
    ]),
  );
}

export async function setHostname(api: AppMesh, hostname: string): Promise<void> {
  await api.update(at("virtualNode", changingNode), nodeSpec(hostname));
}
