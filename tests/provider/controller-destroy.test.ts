// AppMeshController is destroyed, on Pulumi's real engine and a real API server: objects of meshes keep it while they need it.
import assert from "node:assert/strict";
import { CustomResource } from "@pulumi/pulumi";
import { AppMeshController } from "@pulumi-appmesh/appmesh";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { type KubernetesPlugin, putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { kubernetesTools } from "../support/tools.js";
import { controllerInputs } from "./controller-program.js";
import { TestStack } from "./stack.js";

const OBJECTS = "/apis/appmesh.k8s.aws/v1beta2";
const NODES = `${OBJECTS}/namespaces/shop/virtualnodes`;
/** As AWS's controller puts them on. */
const ofMesh = ["finalizers.appmesh.k8s.aws/mesh-members", "finalizers.appmesh.k8s.aws/aws-resources"];
const ofNode = ["finalizers.appmesh.k8s.aws/aws-resources"];

const REFUSAL =
  "the Mesh shop is there: it and its members could not be deleted any more without the controller, which takes its finalizers off them. " +
  "Delete them while it runs (kubectl delete), and then destroy it; or, to keep the mesh, or where the controller is gone already, take " +
  "the finalizers off yourself, as docs/eks.md says under Finalizers";

describe("AppMeshController, destroyed", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let plugin: KubernetesPlugin;
  let stack: TestStack;
  let program: () => Promise<void>;
  before(async function () {
    skipWithout(this, await kubernetesMissing());
    cluster = await startCluster();
    plugin = putKubernetesPlugin({
      STAND_IN_KUBECONFIG: cluster.kubeconfig,
      STAND_IN_HELM: (await kubernetesTools())?.helm ?? "",
    });
    cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    // The engine else writes the whole state after each step, definitions and all.
    stack = await TestStack.create({ PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" });
    const inputs = await controllerInputs();
    program = async () => {
      new AppMeshController("mesh", inputs);
    };
  });
  after(async () => {
    if (cluster !== undefined) for (const each of await objects()) await release(each.path);
    await stack?.destroy();
    await cluster?.stop();
  });

  const object = (kind: string, name: string, finalizers: readonly string[], spec: object = {}) => ({
    apiVersion: "appmesh.k8s.aws/v1beta2",
    kind,
    metadata: { name, finalizers, ...(kind !== "Mesh" && { namespace: "shop" }) },
    spec,
  });
  interface Found {
    readonly path: string;
    readonly deleted: boolean;
  }
  async function objects(): Promise<Found[]> {
    const all = await Promise.all(
      [NODES, `${OBJECTS}/meshes`].map(async (list) => {
        const { body } = await cluster.call("GET", list);
        return (body.items ?? []).map(
          ({ metadata }: { metadata: { name: string; deletionTimestamp?: string } }) => ({
            path: `${list}/${metadata.name}`,
            deleted: metadata.deletionTimestamp !== undefined,
          }),
        );
      }),
    );
    return all.flat();
  }
  const release = (path: string) =>
    cluster.call("PATCH", path, { metadata: { finalizers: null } }, "application/merge-patch+json");
  /** What AWS's controller does with objects that are to go: members first, and then the mesh. */
  async function controller(work: () => Promise<void>): Promise<void> {
    let running = true;
    const loop = (async () => {
      while (running) {
        const found = await objects();
        for (const { path, deleted } of found)
          if (deleted && (!path.includes("/meshes/") || found.length === 1)) await release(path);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    await work().finally(() => {
      running = false;
    });
    await loop;
  }
  const deletions = () =>
    plugin
      .take()
      .filter(({ call }) => call === "delete")
      .map(({ name }) => name);
  const up = async (given = program) => {
    const run = await stack.up(given);
    assert.deepEqual([run.failure, run.messages], [undefined, []]);
    deletions();
  };
  /** What the API server would say to the first deletion of all. */
  const firstDeletion = () => {
    const path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/appmesh-mesh-controller-is-needed";
    return cluster.call("DELETE", `${path}?dryRun=All`);
  };
  /** It knows of new objects a moment later. */
  const guarded = () =>
    until(async () => {
      const { status, body } = await firstDeletion();
      return status === 403 && body.message.endsWith(REFUSAL);
    });

  it("stays whole while a mesh has its finalizers, says so, and goes once they are taken off", async () => {
    await up();
    cluster.apply(object("Mesh", "shop", ofMesh), object("VirtualNode", "catalog", ofNode));
    await guarded();
    const refused = await stack.destroy();
    assert.notEqual(refused.failure, undefined);
    const words = refused.messages.join("\n");
    assert.ok(words.includes(REFUSAL), words);
    assert.match(words, /appmesh-mesh-controller-is-needed/);
    // The engine asked for nothing else to be deleted.
    assert.deepEqual(deletions(), ["mesh-controller-is-needed"]);

    // The mesh is to go, and waits for its members: that is not enough.
    await cluster.call("DELETE", `${OBJECTS}/meshes/shop`);
    assert.equal((await firstDeletion()).status, 403);

    // Without the controller, or to keep the objects, somebody else takes the finalizers off.
    for (const each of await objects()) await release(each.path);
    await until(async () => (await firstDeletion()).status === 200);
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    const [first, ...others] = deletions();
    assert.equal(first, "mesh-controller-is-needed");
    assert.ok(others.includes("mesh-chart:appmesh-system/appmesh-controller"));
    const left = cluster.kubectl(["get", "validatingadmissionpolicies,clusterroles", "-o", "name"]);
    assert.ok(!left.includes("appmesh"), left);
    assert.deepEqual(await objects(), [{ path: `${NODES}/catalog`, deleted: false }]);
    await cluster.call("DELETE", `${NODES}/catalog`);
  });

  it("goes after the objects that the same program declares, while it takes their finalizers off", async () => {
    const inputs = await controllerInputs();
    class Declared extends CustomResource {}
    await up(async () => {
      const installed = new AppMeshController("mesh", inputs);
      const opts = { dependsOn: installed };
      const type = (kind: string) => `kubernetes:appmesh.k8s.aws/v1beta2:${kind}`;
      new Declared(type("Mesh"), "shop", object("Mesh", "shop", ofMesh), opts);
      new Declared(type("VirtualNode"), "catalog", object("VirtualNode", "catalog", ofNode), opts);
    });
    await guarded();
    await controller(async () => {
      const gone = await stack.destroy();
      assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    });
    assert.deepEqual(deletions().slice(0, 3).sort(), ["catalog", "mesh-controller-is-needed", "shop"]);
    assert.deepEqual(await objects(), []);
  });
});
