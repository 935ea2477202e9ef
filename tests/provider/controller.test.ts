// AppMeshController on Pulumi's real engine. The plugin of Kubernetes is a stand-in that applies to a real API server what
// it is given, and has the chart rendered by Helm itself.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import {
  AppMeshController,
  type AppMeshControllerArgs,
  KubernetesControlPlane,
} from "@pulumi-appmesh/appmesh";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { type KubernetesPlugin, putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { kubernetesTools } from "../support/tools.js";
import { controllerInputs, made, shown } from "./controller-program.js";
import { TestStack } from "./stack.js";

describe("AppMeshController on the real engine and a real API server", function () {
  this.timeout(600_000);
  let cluster: Cluster;
  let plugin: KubernetesPlugin;
  let stack: TestStack;
  let inputs: AppMeshControllerArgs;
  before(async function () {
    skipWithout(this, await kubernetesMissing());
    const tools = await kubernetesTools();
    cluster = await startCluster();
    plugin = putKubernetesPlugin({
      STAND_IN_KUBECONFIG: cluster.kubeconfig,
      STAND_IN_HELM: tools?.helm ?? "",
    });
    cluster.apply({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "shop", labels: { team: "shop" } },
    });
    // Helm put this one there years ago: fewer members, another owner.
    cluster.kubectl(["apply", "--server-side", "--field-manager=helm", "-f", "-"], JSON.stringify(older));
    // The engine else writes the whole state after each step, definitions and all.
    stack = await TestStack.create({ PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" });
    inputs = await controllerInputs();
  });
  after(() => cluster?.stop());
  afterEach(async () => {
    await stack?.destroy();
    plugin?.take();
  });

  const get = (kind: string, name: string, namespace = "appmesh-system") =>
    JSON.parse(cluster.kubectl(["get", kind, name, "-n", namespace, "-o", "json"]));
  const pod = (name: string, more: object = {}, annotations?: object) =>
    cluster.call("POST", "/api/v1/namespaces/shop/pods?dryRun=All", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, ...(annotations && { annotations }) },
      spec: { containers: [{ name: "app", image: "app" }], ...more },
    });

  it("is previewed, installed, the same the next time, and gone but for the meshes", async () => {
    const program = async () => {
      const { namespace, serviceAccountName, releaseName } = new AppMeshController("mesh", inputs);
      return { namespace, serviceAccountName, releaseName };
    };
    const planned = await stack.preview(program);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(shown(planned.steps), made);
    assert.equal(cluster.kubectl(["get", "namespace", "appmesh-system", "--ignore-not-found"]), "");

    const up = await stack.up();
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(shown(up.steps), made);
    assert.deepEqual(up.outputs, {
      namespace: "appmesh-system",
      serviceAccountName: "appmesh-controller",
      releaseName: "appmesh-controller",
    });

    const backend = String(stack.env.PULUMI_BACKEND_URL).replace("file://", "");
    const state = readFileSync(join(backend, ".pulumi/stacks/shop/test.json"), "utf8");
    assert.ok(state.includes('"AKIDEXAMPLE"') && !state.includes('"a-secret"'));

    await pointedAtTheControlPlane();
    await webhooksTrustTheSecret();
    await podsAreTold();
    const { labels } = get("namespace", "shop").metadata;
    assert.deepEqual(labels, {
      team: "shop",
      mesh: "shop",
      "appmesh.k8s.aws/sidecarInjectorWebhook": "enabled",
      "kubernetes.io/metadata.name": "shop",
    });
    // The older definition is replaced, and the object of it is there.
    cluster.apply({
      apiVersion: "appmesh.k8s.aws/v1beta2",
      kind: "Mesh",
      metadata: { name: "shop" },
      spec: { egressFilter: { type: "DROP_ALL" }, meshServiceDiscovery: { ipPreference: "IPv4_ONLY" } },
    });

    const again = await stack.preview();
    assert.deepEqual([again.failure, again.messages, again.steps], [undefined, [], []]);

    plugin.take();
    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual(
      shown(gone.steps),
      made.map((each) => each.replace("create", "delete")),
    );
    // The engine lets the definitions go without deleting them, and with them the meshes.
    const deleted = plugin
      .take()
      .filter(({ call }) => call === "delete")
      .map(({ type }) => type);
    assert.equal(deleted.length, made.length - 7 - 2);
    assert.ok(!deleted.includes("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"));
    const { metadata, spec } = get("mesh.appmesh.k8s.aws", "shop");
    assert.deepEqual(
      [metadata.deletionTimestamp, metadata.finalizers, spec.meshServiceDiscovery],
      [undefined, undefined, { ipPreference: "IPv4_ONLY" }],
    );
    const left = cluster.kubectl([
      "get",
      "deployments,services,secrets,configmaps,serviceaccounts",
      "-A",
      "-o",
      "name",
    ]);
    assert.equal(
      left
        .split("\n")
        .filter((name) => name.includes("appmesh"))
        .join(),
      "",
    );
    const policies = "validatingadmissionpolicies,mutatingadmissionpolicies,validatingwebhookconfigurations";
    assert.equal(cluster.kubectl(["get", policies, "-o", "name"]), "");
    assert.deepEqual(get("namespace", "shop").metadata.labels, {
      team: "shop",
      "kubernetes.io/metadata.name": "shop",
    });
    assert.equal((await pod("plain")).body.metadata.annotations, undefined);
  });

  async function pointedAtTheControlPlane() {
    const { template } = get("deployment", "appmesh-controller").spec;
    const [container] = template.spec.containers;
    assert.deepEqual(template.spec.hostAliases, [
      { ip: "10.0.0.10", hostnames: ["appmesh.eu-west-1.amazonaws.com"] },
    ]);
    assert.deepEqual(container.args, [
      "--aws-region=eu-west-1",
      "--aws-account-id=111122223333",
      "--sidecar-image=registry.example/aws-appmesh-envoy:v1.29.12.3-prod",
      "--sidecar-log-level=warn",
      "--init-image=registry.example/aws-appmesh-proxy-route-manager:v7-prod",
      "--enable-xray-tracing=true",
      "--xray-daemon-port=2000",
    ]);
    const fromSecret = (key: string) => ({ secretKeyRef: { name: "appmesh-controller-access-key", key } });
    assert.deepEqual(container.env, [
      { name: "https_proxy", value: "http://proxy.example:3128" },
      { name: "AWS_CA_BUNDLE", value: "/etc/appmesh-control-plane/authorities.pem" },
      { name: "AWS_ACCESS_KEY_ID", valueFrom: fromSecret("accessKeyId") },
      { name: "AWS_SECRET_ACCESS_KEY", valueFrom: fromSecret("secretAccessKey") },
    ]);
    assert.deepEqual(container.volumeMounts, [
      { name: "cert", mountPath: "/tmp/k8s-webhook-server/serving-certs", readOnly: true },
      { name: "appmesh-control-plane", mountPath: "/etc/appmesh-control-plane", readOnly: true },
    ]);
    assert.equal(template.spec.serviceAccountName, "appmesh-controller");
    const authorities = inputs.controlPlane?.caCertificate;
    assert.deepEqual(get("configmap", "appmesh-controller-authorities").data, {
      "authorities.pem": authorities,
    });
    const key = get("secret", "appmesh-controller-access-key").data;
    assert.equal(Buffer.from(key.secretAccessKey, "base64").toString(), "a-secret");
  }

  /** What the API server is told to trust is the authority of the certificate that the pods get. */
  async function webhooksTrustTheSecret() {
    const own = get("secret", "appmesh-controller-webhook-certificate").data;
    assert.deepEqual(get("secret", "appmesh-controller-webhook-server-cert").data, own);
    for (const [kind, name] of [
      ["mutatingwebhookconfiguration", "mutating"],
      ["validatingwebhookconfiguration", "validating"],
    ] as const) {
      const { webhooks } = get(kind, `appmesh-controller-${name}-webhook-configuration`);
      assert.equal(webhooks.length, 2);
      for (const { clientConfig } of webhooks) assert.equal(clientConfig.caBundle, own["ca.crt"]);
    }
    const verified = execFileSync(
      "openssl",
      ["x509", "-noout", "-checkhost", "appmesh-controller-webhook-service.appmesh-system.svc"],
      {
        encoding: "utf8",
        input: Buffer.from(own["tls.crt"], "base64"),
      },
    );
    assert.match(verified, /does match certificate/);
  }

  async function podsAreTold() {
    const told = {
      "appmesh.k8s.aws/sidecarEnv": "APPMESH_XDS_ENDPOINT=xds.shop.internal:443, ENVOY_LOG_LEVEL=warn",
      "appmesh.k8s.aws/secretMounts": "appmesh-xds-authorities:/etc/pki/tls",
    };
    // A policy is in force a moment after it is there.
    const deadline = Date.now() + 60_000;
    while ((await pod("a")).body.metadata?.annotations === undefined && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 200));
    assert.deepEqual((await pod("a")).body.metadata.annotations, told);
    const own = await pod("b", {}, { "appmesh.k8s.aws/sidecarEnv": "ENVOY_LOG_LEVEL=debug", other: "1" });
    assert.deepEqual(own.body.metadata.annotations, {
      ...told,
      other: "1",
      "appmesh.k8s.aws/sidecarEnv":
        "APPMESH_XDS_ENDPOINT=xds.shop.internal:443, ENVOY_LOG_LEVEL=warn, ENVOY_LOG_LEVEL=debug",
    });
    const without = { "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled" };
    assert.deepEqual((await pod("c", {}, without)).body.metadata.annotations, without);
    assert.equal((await pod("d", { hostNetwork: true }, without)).status, 201);
    const refused = await pod("e", { hostNetwork: true });
    assert.equal(refused.status, 422);
    assert.match(
      refused.body.message,
      /the pod e uses the network of its node \(hostNetwork\), where no proxy can take its traffic alone; give it a network of its own, or the annotation appmesh\.k8s\.aws\/sidecarInjectorWebhook: disabled$/,
    );
    const trust = get("secret", "appmesh-xds-authorities", "shop").data;
    assert.equal(Buffer.from(trust["cert.pem"], "base64").toString(), inputs.controlPlane?.caCertificate);
  }

  it("takes Secrets that the same program makes, named by their ids, which no preview knows before they are there", async () => {
    const inNamespace = { createNamespace: false, namespace: "default" };
    const madeHere = (name: string, stringData: Record<string, string>) => {
      const { id } = new Secret(name, { metadata: { name, namespace: "default" }, stringData });
      return id.apply((known) => String(known.split("/")[1]));
    };
    const program = async () => {
      const secretName = madeHere("key", { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a-secret" });
      new AppMeshController("mesh", { ...inputs, ...inNamespace, accessKey: { secretName } });
      const { accessKeyId, caCertificate } = new KubernetesControlPlane("control", {
        image: "registry.example/appmesh:0.1.0",
        region: "eu-west-1",
        accountId: "111122223333",
        ...inNamespace,
        volume: {},
        accessKeySecretName: secretName,
        authorities: {
          proxiesSecretName: madeHere("ca", { "tls.crt": "PEM", "tls.key": "a-secret" }),
        },
      });
      return { accessKeyId, caCertificate };
    };
    const planned = await stack.preview(program);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    const up = await stack.up();
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(up.outputs, { accessKeyId: "AKIDEXAMPLE", caCertificate: "PEM" });
    const again = await stack.preview();
    assert.deepEqual([again.failure, again.messages], [undefined, []]);
    const read = ["control-access-key", "control-authority", "mesh-access-key"];
    assert.deepEqual(
      shown(again.steps),
      read.map((name) => `read kubernetes:core/v1:Secret ${name}`),
    );
  });

  it("names a Secret that is missing, or lacks something, before anything is made", async () => {
    const inNamespace = { createNamespace: false, namespace: "default" };
    const refusal = async (make: () => void) => {
      const { failure, messages } = await stack.preview(async () => make());
      assert.notEqual(failure, undefined);
      return messages.join("\n");
    };
    const withKey = (secretName: string) => () => {
      new AppMeshController("mesh", { ...inputs, ...inNamespace, accessKey: { secretName } });
    };
    const secret = (name: string, stringData: object) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "default" },
      stringData,
    });
    cluster.apply(secret("ca", { "ca.crt": "PEM" }));
    assert.match(
      await refusal(withKey("no-key")),
      /Preview failed: resource 'default\/no-key' does not exist/,
    );
    const authority = await refusal(() => {
      new KubernetesControlPlane("mesh", {
        image: "registry.example/appmesh:0.1.0",
        region: "eu-west-1",
        accountId: "111122223333",
        ...inNamespace,
        volume: {},
        authorities: { workloadsSecretName: "ca" },
      });
    });
    const lacks =
      "the Secret default/ca has ca.crt; tls.crt is required in it. Add it, or name another Secret.";
    assert.ok(authority.includes(lacks), authority);
    assert.deepEqual(
      plugin.take().filter(({ call, preview }) => call === "create" && !preview),
      [],
    );
  });
});

const older = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "meshes.appmesh.k8s.aws" },
  spec: {
    group: "appmesh.k8s.aws",
    scope: "Cluster",
    names: { kind: "Mesh", listKind: "MeshList", plural: "meshes", singular: "mesh" },
    versions: [
      {
        name: "v1beta2",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object" } } } },
      },
    ],
  },
};
