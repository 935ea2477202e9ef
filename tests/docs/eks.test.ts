// docs/eks.md: its program runs with Pulumi's real engine, against a real API server of Kubernetes, to which its manifests
// and its commands go as well.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TestStack } from "../provider/stack.js";
import { putStandIn } from "../support/aws-stand-in/stand-in.js";
import { TestAuthority } from "../support/certificates.js";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { kubernetesTools } from "../support/tools.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(join(root, "docs/eks.md"), "utf8");
const block = (name: string, language: string): string =>
  new RegExp(`<!-- ${name} -->\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ??
  assert.fail(name);

describe("docs/eks.md", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let folder: string;
  let stack: TestStack;
  let kubectl: string;
  const start = process.cwd();
  before(async function () {
    skipWithout(this, await kubernetesMissing());
    const tools = await kubernetesTools();
    kubectl = tools?.kubectl ?? "";
    cluster = await startCluster();
    cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    putStandIn("aws");
    putKubernetesPlugin({
      STAND_IN_KUBECONFIG: cluster.kubeconfig,
      STAND_IN_HELM: tools?.helm ?? "",
      STAND_IN_CHARTS: join(root, "tests/support/charts"),
    });
    mkdirSync(join(root, "tests/dist"), { recursive: true });
    folder = mkdtempSync(join(root, "tests/dist/eks-"));
    for (const name of ["install", "control-plane"])
      writeFileSync(join(folder, `${name}.mts`), block(name, "ts"));
    writeFileSync(join(folder, "ca.pem"), (await TestAuthority.make("control plane")).certificate);
    // The engine else writes the whole state after each step, definitions and all.
    stack = await TestStack.create({
      AWS_REGION: "eu-west-1",
      PULUMI_EXPERIMENTAL: "true",
      PULUMI_SKIP_CHECKPOINTS: "true",
    });
    process.env.CONTROLLER_KEY = "secret";
    process.chdir(folder);
  });
  after(async () => {
    process.chdir(start);
    delete process.env.CONTROLLER_KEY;
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    await cluster?.stop();
  });
  afterEach(() => stack?.destroy());

  it("has no other blocks", () => {
    assert.deepEqual(
      [...text.matchAll(/```(\w+)\n/g)].map(([, language]) => language),
      ["ts", "ts", "yaml", "sh"],
    );
  });

  it("runs the control plane in the cluster, and leads the controller there", async () => {
    const url = pathToFileURL(join(folder, "control-plane.mts")).href;
    const run = await stack.up(async () => ({ ...(await import(url)) }));
    assert.deepEqual([run.failure, run.messages], [undefined, []]);
    assert.deepEqual(run.outputs, {
      endpoint: "https://appmesh-control-plane.appmesh-control-plane.svc.cluster.local",
    });
    const get = (kind: string, name: string, namespace: string) =>
      JSON.parse(cluster.kubectl(["get", kind, name, "-n", namespace, "-o", "json"]));
    const { clusterIP } = get("service", "appmesh-control-plane", "appmesh-control-plane").spec;
    const { hostAliases } = get("deployment", "appmesh-controller", "appmesh-system").spec.template.spec;
    assert.deepEqual(hostAliases, [{ ip: clusterIP, hostnames: ["appmesh.eu-west-1.amazonaws.com"] }]);
  });

  it("installs the controller, declares a mesh, and takes leftover finalizers off", async () => {
    const url = pathToFileURL(join(folder, "install.mts")).href;
    const run = await stack.up(async () => ({ ...(await import(url)) }));
    assert.deepEqual([run.failure, run.messages], [undefined, []]);
    assert.deepEqual(run.outputs, { namespace: "appmesh-system", serviceAccountName: "appmesh-controller" });

    cluster.kubectl(["apply", "-f", "-"], block("manifests", "yaml"));
    const all = "meshes,virtualnodes,virtualservices";
    const webhooks = "mutatingwebhookconfiguration/appmesh-controller-mutating-webhook-configuration";
    const finalized = '{"metadata":{"finalizers":["finalizers.appmesh.k8s.aws/aws-resources"]}}';
    const names = ["mesh/shop", "virtualnode/catalog", "virtualservice/catalog"];
    for (const name of names)
      cluster.kubectl(["patch", name, "-n", "shop", "--type=merge", `--patch=${finalized}`]);
    cluster.kubectl(["delete", all, "--all", "-n", "shop", "--wait=false"]);
    assert.equal(cluster.kubectl(["get", all, "-n", "shop", "-o", "name"]).trim().split("\n").length, 3);
    // As AWS's chart has it; and nobody answers.
    const failing = '[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Fail"}]';
    cluster.kubectl(["patch", webhooks, "--type=json", `--patch=${failing}`]);
    const released = '{"metadata":{"finalizers":null}}';
    await until(() => {
      try {
        cluster.kubectl(["patch", "mesh/shop", "--type=merge", `--patch=${released}`, "--dry-run=server"]);
        return false;
      } catch (error) {
        return /failed calling webhook "mmesh\.appmesh\.k8s\.aws"/.test((error as Error).message);
      }
    });
    const refused = await stack.destroy();
    assert.match(
      refused.messages.join("\n"),
      /the Mesh shop is there: .* as docs\/eks\.md says under Finalizers/,
    );

    execFileSync("sh", ["-euc", block("finalizers", "sh")], {
      env: {
        ...process.env,
        KUBECONFIG: cluster.kubeconfig,
        PATH: [dirname(kubectl), process.env.PATH].join(delimiter),
      },
      stdio: "pipe",
    });
    assert.equal(cluster.kubectl(["get", all, "-n", "shop", "-o", "name", "--ignore-not-found"]), "");
    // It knows that they are gone a moment later.
    const role = "clusterrole/appmesh-mesh-controller-is-needed";
    await until(() => {
      try {
        return cluster.kubectl(["delete", role, "--dry-run=server"]) !== "";
      } catch {
        return false;
      }
    });
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
  });
});
