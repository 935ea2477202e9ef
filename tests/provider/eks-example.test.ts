// examples/eks-mesh-typescript on Pulumi's real engine and a real API server of Kubernetes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { declaredEntities } from "@pulumi-appmesh/model/kubernetes";
import ts from "typescript";
import { TestAuthority } from "../support/certificates.js";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { type KubernetesPlugin, putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { kubernetesTools } from "../support/tools.js";
import { TestStack } from "./stack.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = join(root, "examples/eks-mesh-typescript/index.ts");

describe("the example of a mesh on Kubernetes", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let plugin: KubernetesPlugin;
  let stack: TestStack;
  before(async function () {
    const missing = await kubernetesMissing();
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`);
      this.skip();
    }
    cluster = await startCluster();
    plugin = putKubernetesPlugin({
      STAND_IN_KUBECONFIG: cluster.kubeconfig,
      STAND_IN_HELM: (await kubernetesTools())?.helm ?? "",
      STAND_IN_CHARTS: join(root, "tests/support/charts"),
    });
    // The engine else writes the whole state after each step, definitions and all.
    stack = await TestStack.create(
      { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" },
      "eks-mesh",
    );
    const settings = {
      apiAddress: "10.0.0.10",
      xdsEndpoint: "xds.shop.internal:18001",
      caCertificate: (await TestAuthority.make("control plane")).certificate,
      accessKeyId: "AKIDCONTROLLER",
      secretAccessKey: "secret",
      canaryWeight: "5",
    };
    for (const [key, value] of Object.entries(settings))
      await stack.stack.setConfig(`eks-mesh:${key}`, { value });
  });
  after(() => cluster?.stop());
  afterEach(() => stack?.destroy());

  it("has no mistake, declares its mesh to the API server, and takes it away before the controller", async () => {
    const program = ts.createProgram([main], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    });
    assert.deepEqual(
      program
        .getSemanticDiagnostics(program.getSourceFile(main))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")),
      [],
    );

    const up = await stack.up(async () => ({ ...(await import(pathToFileURL(main).href)) }));
    assert.deepEqual([up.failure, up.messages, up.outputs], [undefined, [], { namespace: "appmesh-system" }]);
    const kinds = "meshes,virtualnodes,virtualrouters,virtualservices";
    const { items } = JSON.parse(cluster.kubectl(["get", kinds, "-n", "shop", "-o", "json"]));
    const declared = items.flatMap((item: object) => declaredEntities(item));
    assert.deepEqual(
      declared.map(({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`).sort(),
      [
        "mesh shop",
        "route canary",
        "virtualNode catalog-v1_shop",
        "virtualNode catalog-v2_shop",
        "virtualRouter catalog_shop",
        "virtualService catalog.shop.svc.cluster.local",
      ],
    );
    const route = declared.find(({ kind }: { kind: string }) => kind === "route");
    assert.deepEqual(route.spec.httpRoute.action.weightedTargets, [
      { virtualNode: "catalog-v1_shop", weight: 95 },
      { virtualNode: "catalog-v2_shop", weight: 5 },
    ]);

    plugin.take();
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    const deleted = plugin
      .take()
      .filter(({ call }) => call === "delete")
      .map(({ name }) => name);
    const controllerAt = deleted.indexOf("mesh-chart:appmesh-system/appmesh-controller");
    assert.ok(controllerAt > 0);
    const objects = deleted.filter((name) => /^(Mesh|VirtualNode|VirtualRouter|VirtualService)-/.test(name));
    assert.equal(objects.length, 5);
    for (const name of objects)
      assert.ok(deleted.indexOf(name) < controllerAt, `${name} after its controller`);
    assert.equal(cluster.kubectl(["get", kinds, "-n", "shop", "-o", "name", "--ignore-not-found"]), "");
  });
});
