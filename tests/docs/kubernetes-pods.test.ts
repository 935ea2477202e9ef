// docs/kubernetes-pods.md: its program runs with Pulumi's real engine, against a real API server of Kubernetes.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { addMeshToPod } from "@pulumi-appmesh/provider/kubernetes.js";
import { kubernetesStack } from "../provider/kubernetes-stack.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(join(root, "docs/kubernetes-pods.md"), "utf8");

describe("docs/kubernetes-pods.md", function () {
  this.timeout(600_000);
  const at = kubernetesStack(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "appmesh-authorities", namespace: "shop" },
      stringData: { "ca.crt": "authorities" },
    },
  );
  let folder: string;
  before(() => {
    mkdirSync(join(root, "tests/dist"), { recursive: true });
    folder = mkdtempSync(join(root, "tests/dist/pods-"));
    const [, program] = /<!-- pods -->\n```ts\n([\s\S]*?)```/.exec(text) ?? assert.fail("no program");
    writeFileSync(join(folder, "pods.mts"), program ?? "");
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it("has no other blocks", () => {
    assert.deepEqual(
      [...text.matchAll(/```(\w+)\n/g)].map(([, language]) => language),
      ["ts"],
    );
  });

  it("makes two versions of a service and a way in", async () => {
    const url = pathToFileURL(join(folder, "pods.mts")).href;
    const up = await at().stack.up(async () => ({ ...(await import(url)) }));
    assert.deepEqual([up.failure, up.messages, up.outputs], [undefined, [], { gateway: "web" }]);
    const names = (kind: string) =>
      at()
        .cluster.kubectl(["get", kind, "-n", "shop", "-o", "jsonpath={.items[*].metadata.name}"])
        .split(" ");
    for (const kind of ["deployments", "services", "serviceaccounts"])
      assert.deepEqual(names(kind), ["catalog-v1", "catalog-v2", "web"], kind);
    const spec = (kind: string) => at().get(kind, "web").spec;
    assert.equal(spec("horizontalpodautoscaler").scaleTargetRef.name, "web");
    const { selector, template } = spec("deployment");
    for (const each of [
      spec("poddisruptionbudget").selector,
      template.spec.topologySpreadConstraints[0].labelSelector,
    ])
      assert.deepEqual(each, selector);
    const route = "/v20190125/meshes/shop/virtualRouter/catalog-router/routes/catalog-route";
    const { body } = await at().controlPlane.call("GET", route);
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
