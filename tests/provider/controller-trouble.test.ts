// AppMeshController where its pods do not come up, on Pulumi's real engine and a real API server.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { AppMeshController } from "@pulumi-appmesh/appmesh";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { kubernetesTools } from "../support/tools.js";
import { controllerInputs } from "./controller-program.js";
import { TestStack } from "./stack.js";

const NEVER =
  'the pods never became available: [ImagePullBackOff] Back-off pulling image "registry.example/amazon/appmesh-controller:v1.13.3"';

describe("AppMeshController whose pods do not come up", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let stack: TestStack;
  before(async function () {
    skipWithout(this, await kubernetesMissing());
    cluster = await startCluster();
    putKubernetesPlugin({
      STAND_IN_KUBECONFIG: cluster.kubeconfig,
      STAND_IN_HELM: (await kubernetesTools())?.helm ?? "",
    });
    cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    // The engine else writes the whole state after each step, definitions and all.
    stack = await TestStack.create({ PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" });
  });
  after(async () => {
    await stack?.destroy();
    await cluster?.stop();
  });

  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "appmesh-controller" },
    spec: {
      selector: { matchLabels: { app: "a" } },
      template: { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "a", image: "a:1" }] } },
    },
  };
  const isRefused = async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments?dryRun=All";
    return (await cluster.call("POST", path, deployment)).status === 422;
  };
  /** What Pulumi's plugin of Kubernetes says of such a Deployment, said here by the API server itself. */
  async function pods(come: boolean): Promise<void> {
    const metadata = { name: "never-available" };
    if (come) {
      cluster.kubectl([
        "delete",
        "validatingadmissionpolicybindings,validatingadmissionpolicies",
        metadata.name,
      ]);
    } else {
      const apiVersion = "admissionregistration.k8s.io/v1";
      cluster.apply(
        {
          apiVersion,
          kind: "ValidatingAdmissionPolicy",
          metadata,
          spec: {
            matchConstraints: {
              resourceRules: [
                {
                  apiGroups: ["apps"],
                  apiVersions: ["v1"],
                  operations: ["CREATE"],
                  resources: ["deployments"],
                },
              ],
            },
            validations: [{ expression: "false", message: NEVER }],
          },
        },
        {
          apiVersion,
          kind: "ValidatingAdmissionPolicyBinding",
          metadata,
          spec: { policyName: metadata.name, validationActions: ["Deny"] },
        },
      );
    }
    // It is in force a moment later.
    const deadline = Date.now() + 60_000;
    while ((await isRefused()) === come) {
      assert.ok(Date.now() < deadline, "the policy is not in force");
      await sleep(100);
    }
  }
  const pod = () =>
    cluster.call("POST", "/api/v1/namespaces/shop/pods?dryRun=All", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "catalog" },
      spec: { containers: [{ name: "app", image: "app:1" }] },
    });
  const labels = () =>
    JSON.parse(cluster.kubectl(["get", "namespace", "shop", "-o", "json"])).metadata.labels;

  it("fails with the reason, leaves no pod waiting for a proxy, and is whole after the next run", async () => {
    const inputs = await controllerInputs();
    const program = async () => {
      new AppMeshController("mesh", inputs);
    };
    await pods(false);
    const failed = await stack.up(program);
    assert.notEqual(failed.failure, undefined);
    const words = failed.messages.join("\n");
    assert.match(words, /appmesh-controller/);
    assert.ok(words.includes(NEVER), words);
    // Nobody has been told to wait for the controller: pods start as before.
    assert.deepEqual(labels(), { "kubernetes.io/metadata.name": "shop" });
    const before = await pod();
    assert.deepEqual([before.status, before.body.metadata.annotations], [201, undefined]);

    await pods(true);
    const healed = await stack.up(program);
    assert.deepEqual([healed.failure, healed.messages], [undefined, []]);
    assert.deepEqual(labels(), {
      "kubernetes.io/metadata.name": "shop",
      "appmesh.k8s.aws/sidecarInjectorWebhook": "enabled",
      mesh: "shop",
    });
    const again = await stack.preview(program);
    assert.deepEqual([again.failure, again.steps, again.messages], [undefined, [], []]);
  });
});
