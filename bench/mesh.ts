import type { RouteSpec, VirtualNodeSpec, VirtualServiceSpec } from "@pulumi-appmesh/model";
import type { Address, AppMesh } from "@pulumi-appmesh/provider/client/appmesh.js";

/** The mesh that is measured: one virtual node, of which every fake proxy is a task, with this many backends. */
export const meshName = "bench";
export const subscriber = "storefront";
export const nodeId = `mesh/${meshName}/virtualNode/${subscriber}`;

/** The backend that changes: its router shares its traffic between two virtual nodes. */
const changing = "backend-0";
const versions = ["backend-0", "backend-0-canary"] as const;

const listener = { portMapping: { port: 8080, protocol: "http" as const } };
export const hostnameOf = (node: string): string => `${node}.bench.internal`;
export const serviceOf = (backend: string): string => `${backend}.bench.local`;
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

/** Makes the mesh over the API: four entities for each backend. Returns their number. */
export async function createMesh(api: AppMesh, backends: number): Promise<number> {
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
    await create(at("route", name, name), routeSpec(targets.map((node, i) => [node, i === 0 ? 99 : 1])));
    const provider: VirtualServiceSpec = { provider: { virtualRouter: { virtualRouterName: name } } };
    await create(at("virtualService", serviceOf(name)), provider);
  };
  const names = Array.from({ length: backends }, (_, i) => `backend-${i}`);
  const queue = names.values();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const name of queue) await service(name);
    }),
  );
  await create(at("virtualNode", subscriber), {
    ...nodeSpec(hostnameOf(subscriber)),
    backends: names.map((name) => ({ virtualService: { virtualServiceName: serviceOf(name) } })),
  });
  return made;
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
