// A shop of ECS tasks: a front that calls a catalog of two versions, with the task definitions that users get, a real
// control plane and real Envoys.

import type { Kind } from "@pulumi-appmesh/model";
import { AppMesh } from "@pulumi-appmesh/provider/client/appmesh.js";
import { addMesh } from "@pulumi-appmesh/provider/components/ecs/add-mesh.js";
import type { ContainerDefinition } from "@pulumi-appmesh/provider/components/ecs/container-definition.js";
import type { MeshOptions } from "@pulumi-appmesh/provider/components/ecs/mesh-options.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { type Answer, callAt } from "../support/http.js";
import { until } from "../support/sidecar.js";
import { Cluster } from "../support/tasks/cluster.js";
import { type Image, meshImages, nodeImage } from "../support/tasks/images.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { type TaskDefinition, taskGroup } from "../support/tasks/task-definition.js";

/** What a task has that a test does not leave to this file. */
export interface TaskOf extends Partial<Omit<MeshOptions, "virtualNode">> {
  /** Its own containers. Default: one application, named for its virtual node. */
  readonly containers?: readonly ContainerDefinition[];
  /** Of this task among those of its virtual node. Default: the node's own. */
  readonly task?: string;
}

type ProxyOf = { readonly virtualNode: string } | { readonly virtualGateway: string };

export const catalogService = "catalog.shop.local";
/** Where the names of virtual services lead: nowhere, so that who reaches them has reached the mesh. */
const nowhere = "198.51.100.1";
export const key = {
  accessKeyId: "AKIASHOPOFTASKS00000",
  secretAccessKey: "of-tests-and-nobody-else-0123456789abcde",
};
/** Health checks come ten times as often as they are asked for, and may take as long as they need on a busy machine. */
export const rhythm = { pace: 0.1, slack: 10 };

export interface ShopOptions {
  /** Further images, which may be added until a task needs them. */
  readonly images?: Record<string, Image>;
  /** Further arguments of the control plane, which serves its proxies at this address, and its environment. */
  readonly args?: (host: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class Shop {
  readonly api: AppMesh;

  /** Of Secrets Manager and of Systems Manager, as deployments put them there. */
  readonly #secrets: Record<string, string> = {};

  private constructor(
    readonly cluster: Cluster,
    readonly controlPlane: ControlPlane,
  ) {
    this.api = new AppMesh({ endpoint: controlPlane.api, region: "us-east-1", key, maxRetries: 0 });
    cluster.names.set(catalogService, [nowhere]);
  }

  static async open({ images = {}, args = () => [], env = {} }: ShopOptions = {}): Promise<Shop> {
    images["shop/app"] ??= nodeImage("app");
    const cluster = await Cluster.start(await meshImages(images));
    try {
      const { host } = cluster.network;
      const options = {
        accessKey: key,
        xds: `${host}:0`,
        args: ["--xds-tls-self-signed", ...args(host)],
        env,
      };
      return new Shop(cluster, await startControlPlane(options));
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.api.close();
    await this.cluster.close();
    await this.controlPlane.stop();
  }

  async create(kind: Kind, names: readonly string[], spec: unknown): Promise<void> {
    await this.api.create({ kind, names: ["shop", ...names] }, spec, {});
  }

  /** front → catalog.shop.local → catalog-v1, and catalog-v2 once a route leads there. */
  async createMesh(): Promise<void> {
    const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
    const node = (name: string) => ({
      listeners,
      serviceDiscovery: { dns: { hostname: `${name}.tasks` } },
    });
    await this.create("mesh", [], {});
    for (const name of ["catalog-v1", "catalog-v2"]) await this.create("virtualNode", [name], node(name));
    await this.create("virtualRouter", ["catalog"], { listeners });
    await this.create("route", ["catalog", "all"], weighted({ "catalog-v1": 1 }));
    await this.create("virtualService", [catalogService], {
      provider: { virtualRouter: { virtualRouterName: "catalog" } },
    });
    const backends = [{ virtualService: { virtualServiceName: catalogService } }];
    await this.create("virtualNode", ["front"], { ...node("front"), backends });
  }

  /** Issues what a proxy proves by who it is. */
  async issue(
    proxy: ProxyOf,
    kind: "certificate" | "token" = "certificate",
  ): Promise<Record<string, string>> {
    const path = "/v1/meshes/shop/identities";
    const { status, body } = await this.controlPlane.call("POST", path, { ...proxy, kind });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    const { identity: _, ...issued } = body;
    return issued;
  }

  /** The same, and answers where ECS finds it. */
  async identity(
    proxy: ProxyOf,
    kind: "certificate" | "token" = "certificate",
  ): Promise<Partial<MeshOptions["controlPlane"]>> {
    const { trust = "", ...issued } = await this.issue(proxy, kind);
    const trustFrom = "arn:aws:ssm:us-east-1:000000000000:parameter/shop/trust";
    const secret = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${Object.values(proxy)[0]}-${kind}`;
    this.#secrets[trustFrom] = trust;
    this.#secrets[secret] = JSON.stringify(issued);
    return kind === "token"
      ? { trustFrom, tokenFrom: `${secret}:token::` }
      : { trustFrom, certificateFrom: `${secret}:certificate::`, privateKeyFrom: `${secret}:privateKey::` };
  }

  /** Puts a secret where ECS finds it. */
  keep(name: string, value: string): void {
    this.#secrets[name] = value;
  }

  /** The control plane as tasks know it. */
  get endpoint(): { readonly host: string; readonly port: number } {
    const { host } = this.cluster.network;
    return { host, port: Number(this.controlPlane.xds.split(":").at(-1)) };
  }

  /** The task definition that a user's containers become. */
  async definition(node: string, { containers, task: _, ...options }: TaskOf = {}): Promise<TaskDefinition> {
    const { virtualGateway } = options;
    const proxy = virtualGateway === undefined ? { virtualNode: node } : { virtualGateway };
    const { networkMode, ...task } = addMesh(containers ?? [application(node)], {
      meshName: "shop",
      ...proxy,
      ...options,
      controlPlane: options.controlPlane ?? { ...this.endpoint, ...(await this.identity(proxy)) },
    });
    // As ECS has it: through JSON.
    return JSON.parse(JSON.stringify({ family: node, networkMode, ...task }));
  }

  /** Starts a task. It is not steady yet. */
  async start(node: string, options: TaskOf = {}): Promise<RunningGroup> {
    const definition = await this.definition(node, options);
    const group = taskGroup(definition, { name: options.task ?? node, secrets: this.#secrets });
    return this.cluster.run(group, rhythm);
  }

  /** Starts a task of each node, to which its name leads, and waits until all are steady. */
  async service(...nodes: readonly (readonly [node: string, options?: TaskOf])[]): Promise<RunningGroup[]> {
    const tasks: RunningGroup[] = [];
    for (const [node, options] of nodes) {
      const task = await this.start(node, options);
      this.cluster.register(`${node}.tasks`, task);
      tasks.push(task);
    }
    for (const task of tasks) await task.steady();
    return tasks;
  }
}

/** A container that listens on 8080. */
export const application = (name: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
  name: "app",
  image: "shop/app:1",
  portMappings: [{ containerPort: 8080 }],
  environment: [{ name: "NAME", value: name }],
  ...more,
});

/** A route to virtual nodes by weights. */
export const weighted = (weights: Readonly<Record<string, number>>, more: object = {}) => ({
  httpRoute: {
    match: { prefix: "/" },
    action: {
      weightedTargets: Object.entries(weights).map(([virtualNode, weight]) => ({ virtualNode, weight })),
    },
    ...more,
  },
});

/** What the front's application answers when it is asked to call the catalog: who answered there, or what went wrong. */
export async function callCatalog(
  front: RunningGroup,
  path = "/",
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const answer = await callThroughFront(front, path, headers);
  if (answer.status !== 200) return `${answer.status} ${answer.body.trim()}`;
  return JSON.parse(answer.body).server;
}

export const callThroughFront = (
  front: RunningGroup,
  path = "/",
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  callAt(`${front.address}:8080`, `/call?url=http://${catalogService}:8080${path}`, { headers });

/** A counter of a task's Envoy; 0 where there is none. */
export async function stat(task: RunningGroup, name: string): Promise<number> {
  const { output } = await task.space.ask("curl", "-s", "http://127.0.0.1:9901/stats?usedonly");
  const line = output.split("\n").find((candidate) => candidate.startsWith(`${name}: `));
  return Number(line?.split(": ")[1] ?? 0);
}

/** Waits until a call of the catalog is answered by this one. */
export const answers = (front: RunningGroup, server: string): Promise<void> =>
  until(async () => (await callCatalog(front)) === server);

/** Calls the catalog again and again, some at a time, until it is ended; tells who answered how often. */
export class Traffic {
  readonly answers = new Map<string, number>();
  #ended = false;
  readonly #callers: Promise<void>[];

  constructor(call: () => Promise<string>, atATime = 3) {
    const caller = async () => {
      while (!this.#ended) {
        const answer = await call().catch((error: Error) => error.message);
        this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
      }
    };
    this.#callers = Array.from({ length: atATime }, caller);
  }

  /** Waits until somebody has answered so often from now on. */
  async more(server: string, times = 20): Promise<void> {
    const before = this.answers.get(server) ?? 0;
    await until(() => (this.answers.get(server) ?? 0) >= before + times);
  }

  /** Who has answered, and how often. */
  async end(): Promise<Readonly<Record<string, number>>> {
    this.#ended = true;
    await Promise.all(this.#callers);
    return Object.fromEntries(this.answers);
  }
}
