// Where the components of pods are made in tests: Pulumi's real engine, a control plane, and a stand-in for the plugin of
// Kubernetes that applies to a real API server what it is given.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { type KubernetesPlugin, putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { TestStack } from "./stack.js";

export class KubernetesStack {
  private constructor(
    readonly cluster: Cluster,
    readonly plugin: KubernetesPlugin,
    readonly controlPlane: ControlPlane,
    readonly stack: TestStack,
  ) {}

  /** With objects that are there before. */
  static async start(...objects: readonly unknown[]): Promise<KubernetesStack> {
    const cluster = await startCluster();
    try {
      cluster.apply(...objects);
      const plugin = putKubernetesPlugin({ STAND_IN_KUBECONFIG: cluster.kubeconfig });
      const controlPlane = await startControlPlane();
      const stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
      return new KubernetesStack(cluster, plugin, controlPlane, stack);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** The stack's state, as the backend keeps it. */
  get stateFile(): string {
    return join(this.stack.stack.workspace.workDir, ".pulumi", "stacks", "shop", "test.json");
  }

  #state() {
    return JSON.parse(readFileSync(this.stateFile, "utf8"));
  }

  /** An object of the namespace shop. */
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind.
  get(kind: string, name: string): any {
    return JSON.parse(this.cluster.kubectl(["get", kind, name, "-n", "shop", "-o", "json"]));
  }

  /** What the control plane has in the mesh shop. */
  // biome-ignore lint/suspicious/noExplicitAny: entities of every kind.
  async entity(path: string): Promise<any> {
    return (await this.controlPlane.call("GET", `/v20190125/meshes/shop/${path}`)).body;
  }

  /** Has all gone that a program made, and the mesh. */
  async empty(): Promise<void> {
    // Where a test only previews, or destroys itself, there is nothing to start an engine for.
    if (this.#state().checkpoint.latest?.resources !== undefined) await this.stack.destroy();
    await this.controlPlane.call("DELETE", "/v20190125/meshes/shop");
    this.plugin.take();
  }

  async stop(): Promise<void> {
    await this.controlPlane.stop();
    await this.cluster.stop();
  }
}

/** Starts one for the suite that calls this, which it empties after each of its tests; the suite is skipped where none can be. */
export function kubernetesStack(...objects: readonly unknown[]): () => KubernetesStack {
  let started: KubernetesStack | undefined;
  before(async function () {
    skipWithout(this, await kubernetesMissing());
    started = await KubernetesStack.start(...objects);
  });
  afterEach(() => started?.empty());
  after(() => started?.stop());
  return () => {
    if (started === undefined) throw new Error("the stack is there once the tests of the suite run");
    return started;
  };
}
