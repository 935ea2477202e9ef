import { findEnvoy } from "@pulumi-appmesh/control-plane/envoy/find.js";
import { ensureEnvoy } from "@pulumi-appmesh/control-plane/envoy/install.js";
import type { Address } from "@pulumi-appmesh/provider/client/appmesh.js";
import { addMesh } from "@pulumi-appmesh/provider/components/ecs/add-mesh.js";
import type { ContainerDefinition } from "@pulumi-appmesh/provider/components/ecs/container-definition.js";
import { Cluster, containersMissing } from "@pulumi-appmesh/tests/support/tasks/cluster.js";
import { meshImages } from "@pulumi-appmesh/tests/support/tasks/images.js";
import type { RunningGroup } from "@pulumi-appmesh/tests/support/tasks/running-group.js";
import { type TaskDefinition, taskGroup } from "@pulumi-appmesh/tests/support/tasks/task-definition.js";
import { ControlPlane } from "./control-plane.js";
import { type Contender, type DataPath, type DataPathPlan, measure } from "./data-path.js";
import { Client } from "./namespaces.js";
import { exactCpuMs, now, residentKiB } from "./processes.js";
import { application as applicationByHand } from "./static-envoys.js";

/** What the mesh costs an ECS task, or why that was not measured. */
export type Ecs = EcsFigures | { readonly leftOut: string };

export interface EcsFigures {
  /** Requests from one task to another: as they are, and in the mesh. */
  readonly paths: readonly DataPath[];
  /** Of the Envoy in a task, by how many services it calls. */
  readonly memory: readonly { readonly backends: number; readonly residentKiB: number }[];
  /** By start of a task. */
  readonly starts: readonly TaskStart[];
}

export interface TaskStart {
  readonly inMesh: boolean;
  /** ms from the start of the task until its application is started. */
  readonly application: number;
  /** ms from the start of the task until it has answered a request. */
  readonly served: number;
}

export interface EcsPlan {
  readonly path: DataPathPlan;
  readonly backends: readonly number[];
  readonly starts: number;
}

const [meshName, service, port] = ["bench", "catalog.bench.local", 8080] as const;
/** An address to which nothing leads: of the networks for documentation. */
const nowhere = "198.51.100.1";

/** An Envoy that answers by itself: an application that costs next to nothing. */
const application: ContainerDefinition = {
  name: "app",
  image: "bench/app:1",
  portMappings: [{ containerPort: port }],
};

/**
 * Runs tasks by the task definitions that users get, and by those that they had before: their containers as processes
 * in network namespaces, redirected as ECS does.
 */
export async function measureEcs(say: (line: string) => void, plan: EcsPlan): Promise<Ecs> {
  const missing = containersMissing({ install: false });
  if (missing !== undefined) return { leftOut: missing };
  const envoy = findEnvoy() ?? (await ensureEnvoy({ progress: say }));
  const config = JSON.stringify(applicationByHand({ address: "0.0.0.0", port }));
  const app = {
    entryPoint: ["envoy", "--config-yaml", config, "--concurrency", "1", "--disable-hot-restart"],
    programs: { "/usr/local/bin/envoy": envoy },
  };
  const cluster = await Cluster.start(await meshImages({ "bench/app": app }, envoy));
  const controlPlane = new ControlPlane();
  const clients: Client[] = [];
  try {
    await controlPlane.start();
    // The control plane serves proxies of this machine alone.
    const xdsPort = await cluster.network.relay(Number(controlPlane.xds.split(":")[1]));
    await createMesh(controlPlane, plan.backends);
    cluster.names.set(service, [nowhere]);

    let tasks = 0;
    /** Health checks come soon, unless the time of a start is measured. */
    const start = (node: string | undefined, pace = 0.05): RunningGroup => {
      const task =
        node === undefined
          ? { containerDefinitions: [application], networkMode: "awsvpc" }
          : addMesh([application], {
              meshName,
              virtualNode: node,
              controlPlane: { host: cluster.network.host, port: xdsPort, plaintext: true },
            });
      // As ECS has it: through JSON.
      const definition: TaskDefinition = JSON.parse(JSON.stringify({ family: "bench", ...task }));
      return cluster.run(taskGroup(definition, { name: `task${tasks++}` }), { pace, slack: 10 });
    };

    say("requests from one ECS task to another, as they are and in the mesh …");
    const pair = async (inMesh: boolean): Promise<Contender> => {
      const called = start(inMesh ? "catalog" : undefined);
      if (inMesh) cluster.register("catalog.tasks", called);
      const caller = start(inMesh ? "caller" : undefined);
      const envoys = await Promise.all(
        [called, caller].map(async (task) => {
          await task.steady();
          const containers = task === called ? ["app", "envoy"] : ["envoy"];
          return Promise.all(
            containers.filter((name) => name in task.status).map((name) => cpuOf(task, name)),
          );
        }),
      );
      const client = new Client(caller.space);
      clients.push(client);
      return {
        path: inMesh
          ? { way: "sidecars", configured: "by the mesh" }
          : { way: "none", configured: "by nobody" },
        begins: { address: inMesh ? service : called.address, port },
        envoys: envoys.flat(),
        load: (options) => client.load(options),
      };
    };
    const contenders = [await pair(false), await pair(true)];
    const paths = await measure(contenders, plan.path);

    say("the memory of the Envoy in a task …");
    const memory = [];
    for (const backends of plan.backends) {
      const task = await start(callerOf(backends)).steady();
      // What it allocates on its first request is part of it.
      await task.space.ask("curl", "-s", "-m", "5", `http://${serviceOf(0)}:${port}/`);
      memory.push({ backends, residentKiB: residentKiB(await task.container("envoy").pid()) });
      task.kill();
    }

    say("the start of a task …");
    const starts: TaskStart[] = [];
    for (let round = 0; round < plan.starts; round++) {
      for (const inMesh of [false, true]) {
        const task = start(inMesh ? "catalog" : undefined, 1);
        const begun = now();
        const served = await firstAnswer(task, begun);
        starts.push({ inMesh, application: task.container("app").startedAt - task.startedAt, served });
        task.kill();
      }
    }
    return { paths, memory, starts };
  } finally {
    for (const client of clients) await client.stop();
    await cluster.close();
    await controlPlane.remove();
  }
}

const callerOf = (backends: number) => `caller-of-${backends}`;
const serviceOf = (index: number) => `backend-${index}.bench.local`;

async function createMesh({ api }: ControlPlane, sizes: readonly number[]): Promise<void> {
  const create = (kind: Address["kind"], names: readonly string[], spec: unknown) =>
    api.create({ kind, names: [meshName, ...names] }, spec, {});
  const listeners = [{ portMapping: { port, protocol: "http" } }];
  const node = (hostname: string, services: readonly string[] = []) => ({
    listeners,
    serviceDiscovery: { dns: { hostname } },
    backends: services.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
  });
  await create("mesh", [], {});
  await create("virtualNode", ["catalog"], node("catalog.tasks"));
  await create("virtualService", [service], { provider: { virtualNode: { virtualNodeName: "catalog" } } });
  await create("virtualNode", ["caller"], node("caller.tasks", [service]));
  const most = Array.from({ length: Math.max(0, ...sizes) }, (_, index) => index);
  for (const index of most) {
    const virtualNodeName = `backend-${index}`;
    await create("virtualNode", [virtualNodeName], node(`${virtualNodeName}.tasks`));
    await create("virtualService", [serviceOf(index)], { provider: { virtualNode: { virtualNodeName } } });
  }
  for (const size of sizes) {
    await create("virtualNode", [callerOf(size)], node("caller.tasks", most.slice(0, size).map(serviceOf)));
  }
}

async function cpuOf(task: RunningGroup, container: string) {
  const pid = await task.container(container).pid();
  return { program: { exactCpuMs: () => exactCpuMs(pid) } };
}

/** ms until the task has answered a request for the first time. */
async function firstAnswer(task: RunningGroup, begun: number): Promise<number> {
  for (;;) {
    try {
      const { ok } = await fetch(`http://${task.address}:${port}/`, { signal: AbortSignal.timeout(1_000) });
      if (ok) return now() - begun;
    } catch {
      // not there yet
    }
    if (task.stoppedReason !== undefined)
      throw new Error(`the task has ended: ${task.stoppedReason}\n${task.logs}`);
    if (now() - begun > 120_000) throw new Error(`the task answers no request\n${task.logs}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
