// docs/kubernetes-pods.md: its program runs with Pulumi's real engine, against a real API server of Kubernetes.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { addMeshToPod } from "@pulumi-appmesh/provider/kubernetes.js";
import { TestStack } from "../provider/stack.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(join(root, "docs/kubernetes-pods.md"), "utf8");

describe("docs/kubernetes-pods.md", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let controlPlane: ControlPlane;
  let folder: string;
  let stack: TestStack;
  before(async function () {
    const missing = await kubernetesMissing();
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`);
      this.skip();
    }
    cluster = await startCluster();
    cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "appmesh-authorities", namespace: "shop" },
        stringData: { "ca.crt": "authorities" },
      },
    );
    putKubernetesPlugin({ STAND_IN_KUBECONFIG: cluster.kubeconfig });
    controlPlane = await startControlPlane();
    mkdirSync(join(root, "tests/dist"), { recursive: true });
    folder = mkdtempSync(join(root, "tests/dist/pods-"));
    const [, program] = /<!-- pods -->\n```ts\n([\s\S]*?)```/.exec(text) ?? assert.fail("no program");
    writeFileSync(join(folder, "pods.mts"), program ?? "");
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(async () => {
    await stack?.destroy();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    await controlPlane?.stop();
    await cluster?.stop();
  });

  it("has no other blocks", () => {
    assert.deepEqual(
      [...text.matchAll(/```(\w+)\n/g)].map(([, language]) => language),
      ["ts"],
    );
  });

  it("makes two versions of a service and a way in", async () => {
    const url = pathToFileURL(join(folder, "pods.mts")).href;
    const up = await stack.up(async () => ({ ...(await import(url)) }));
    assert.deepEqual([up.failure, up.messages, up.outputs], [undefined, [], { gateway: "web" }]);
    const names = (kind: string) =>
      cluster.kubectl(["get", kind, "-n", "shop", "-o", "jsonpath={.items[*].metadata.name}"]).split(" ");
    for (const kind of ["deployments", "services", "serviceaccounts"])
      assert.deepEqual(names(kind), ["catalog-v1", "catalog-v2", "web"], kind);
    const spec = (kind: string) =>
      JSON.parse(cluster.kubectl(["get", kind, "web", "-n", "shop", "-o", "json"])).spec;
    assert.equal(spec("horizontalpodautoscaler").scaleTargetRef.name, "web");
    const { selector, template } = spec("deployment");
    for (const each of [
      spec("poddisruptionbudget").selector,
      template.spec.topologySpreadConstraints[0].labelSelector,
    ])
      assert.deepEqual(each, selector);
    const route = "/v20190125/meshes/shop/virtualRouter/catalog-router/routes/catalog-route";
    const { body } = await controlPlane.call("GET", route);
    assert.deepEqual(body.spec.httpRoute.action.weightedTargets, [
      { virtualNode: "catalog-v1", weight: 90 },
      { virtualNode: "catalog-v2", weight: 10 },
    ]);
  });

  it("tells of a library that makes pods, too", () => {
    assert.match(text, /`addMeshToPod` of `@pulumi-appmesh\/provider\/kubernetes\.js`/);
    const { initContainers = [] } = addMeshToPod(
      { containers: [{ name: "app", image: "shop/app:1" }] },
      {
        meshName: "shop",
        virtualNode: "catalog",
        controlPlane: { host: "xds.shop.internal" },
        interception: { image: "iptables:1" },
      },
    );
    assert.deepEqual(
      initContainers.map(({ name }) => name),
      ["envoy-redirect", "envoy"],
    );
  });
});
