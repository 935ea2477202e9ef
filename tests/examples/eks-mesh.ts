// What examples/eks-mesh-* make, in whatever language they are written: on Pulumi's real engine and a real API server of
// Kubernetes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Declared, declaredEntities } from "@pulumi-appmesh/model/kubernetes";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { type KubernetesPlugin, putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { kubernetesTools } from "../support/tools.js";
import type { ExampleStack } from "./fargate-canary.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const KINDS = "meshes,virtualnodes,virtualrouters,virtualservices";

/**
 * @param language as the title says it
 * @param start a stack of the program; a text says why there is none on this machine
 */
export function eksStory(language: string, start: () => Promise<ExampleStack | string>): void {
  describe(`the example of a mesh on Kubernetes in ${language}`, function () {
    this.timeout(600_000);
    let cluster: Cluster;
    let plugin: KubernetesPlugin;
    let stack: ExampleStack;
    before(async function () {
      const skip = (missing: string) => {
        console.log(`      skipped: ${missing}`);
        this.skip();
      };
      const missing = await kubernetesMissing();
      if (missing !== undefined) return skip(missing);
      cluster = await startCluster();
      plugin = putKubernetesPlugin({
        STAND_IN_KUBECONFIG: cluster.kubeconfig,
        STAND_IN_HELM: (await kubernetesTools())?.helm ?? "",
        STAND_IN_CHARTS: join(root, "tests/support/charts"),
      });
      const started = await start();
      if (typeof started === "string") return skip(started);
      stack = started;
      await stack.config("controlPlaneImage", "registry.example/appmesh:0.1.0");
      await stack.config("canaryWeight", "5");
    });
    after(async () => {
      await stack?.stop();
      await cluster?.stop();
    });

    const get = (kind: string, name: string, namespace: string) =>
      JSON.parse(cluster.kubectl(["get", kind, name, "-n", namespace, "-o", "json"]));

    it("leads the controller to the control plane, declares its mesh, and takes it away before the controller", async () => {
      const { outputs } = await stack.up();
      assert.deepEqual(outputs, {
        namespace: "appmesh-system",
        endpoint: "https://appmesh-control-plane.appmesh-control-plane.svc.cluster.local",
      });
      const { items } = JSON.parse(cluster.kubectl(["get", KINDS, "-n", "shop", "-o", "json"]));
      const declared: Declared[] = items.flatMap((item: object) => declaredEntities(item));
      assert.deepEqual(declared.map(({ kind, name }) => `${kind} ${name}`).sort(), [
        "mesh shop",
        "route canary",
        "virtualNode catalog-v1_shop",
        "virtualNode catalog-v2_shop",
        "virtualRouter catalog_shop",
        "virtualService catalog.shop.svc.cluster.local",
      ]);
      const route = declared.find(({ kind }) => kind === "route")?.spec as {
        httpRoute: { action: { weightedTargets: unknown } };
      };
      assert.deepEqual(route.httpRoute.action.weightedTargets, [
        { virtualNode: "catalog-v1_shop", weight: 95 },
        { virtualNode: "catalog-v2_shop", weight: 5 },
      ]);

      // What the controller calls is the control plane's Service, whose authority and key it has.
      const { clusterIP } = get("service", "appmesh-control-plane", "appmesh-control-plane").spec;
      const { hostAliases } = get("deployment", "appmesh-controller", "appmesh-system").spec.template.spec;
      assert.deepEqual(hostAliases, [{ ip: clusterIP, hostnames: ["appmesh.eu-west-1.amazonaws.com"] }]);
      const theirs = get("configmap", "appmesh-control-plane-authorities", "appmesh-control-plane").data;
      const told = get("configmap", "appmesh-controller-authorities", "appmesh-system").data;
      assert.equal(told["authorities.pem"].trim(), theirs["ca.crt"].trim());
      assert.deepEqual(
        get("secret", "appmesh-controller-access-key", "appmesh-system").data,
        get("secret", "appmesh-control-plane-access-key", "appmesh-control-plane").data,
      );

      const again = await stack.preview();
      assert.deepEqual(again.steps, []);

      plugin.take();
      await stack.destroy();
      const deleted = plugin
        .take()
        .filter(({ call }) => call === "delete")
        .map(({ name }) => name);
      const controllerAt = deleted.indexOf("mesh-chart:appmesh-system/appmesh-controller");
      assert.ok(controllerAt > 0);
      // The controller takes its finalizers off by means of the control plane.
      assert.ok(deleted.indexOf("control-plane-replica") > controllerAt);
      const objects = deleted.filter((name) =>
        /^(Mesh|VirtualNode|VirtualRouter|VirtualService)-/.test(name),
      );
      assert.equal(objects.length, 5);
      for (const name of objects)
        assert.ok(deleted.indexOf(name) < controllerAt, `${name} after its controller`);
      assert.equal(cluster.kubectl(["get", KINDS, "-n", "shop", "-o", "name", "--ignore-not-found"]), "");
    });
  });
}
