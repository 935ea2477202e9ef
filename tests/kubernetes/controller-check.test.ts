// The Job by which AppMeshController asks the control plane before it installs anything: Pulumi's real engine makes it on a
// real API server, and its pods run as they are there.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { AppMeshController, type AppMeshControllerArgs } from "@pulumi-appmesh/appmesh";
import { makeAuthority } from "@pulumi-appmesh/control-plane/identity/certificates.js";
import { validity } from "@pulumi-appmesh/control-plane/identity/own-certificate.js";
import { TestStack } from "../provider/stack.js";
import { type Cluster as ApiServer, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { Cluster, containersMissing } from "../support/tasks/cluster.js";
import { meshImages } from "../support/tasks/images.js";
import { podGroup } from "../support/tasks/pod.js";
import type { Pod, PodSurroundings } from "../support/tasks/pod-spec.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { kubernetesTools } from "../support/tools.js";

const chart = fileURLToPath(new URL("../../support/charts/appmesh-controller", import.meta.url));
const NAMESPACE = "appmesh-system";
const JOBS = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const region = "us-east-1";
const endpoint = `https://appmesh.${region}.amazonaws.com`;
const image = "registry.example/appmesh:0.1.0";
const accessKey = { accessKeyId: "AKIDCONTROLLER", secretAccessKey: "a-secret-of-at-least-twenty" };

describe("AppMeshController asks the control plane first", function () {
  this.timeout(300_000);
  let server: ApiServer;
  let cluster: Cluster;
  let stack: TestStack;
  let authority: { readonly certificate: string; readonly key: string };
  const groups: RunningGroup[] = [];
  before(async function () {
    skipWithout(this, (await kubernetesMissing()) ?? containersMissing());
    server = await startCluster();
    putKubernetesPlugin({
      STAND_IN_KUBECONFIG: server.kubeconfig,
      STAND_IN_JOBS: "yes",
      STAND_IN_HELM: (await kubernetesTools())?.helm ?? "",
    });
    stack = await TestStack.create({ PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" });
    cluster = await Cluster.start(await meshImages({ shell: {} }));
    authority = await makeAuthority("control plane", validity(Date.now(), 10));
  });
  after(async () => {
    await stack?.destroy();
    await cluster?.close();
    await server?.stop();
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed")
      for (const group of groups) console.error(`---- ${group.group.name}\n${group.logs}`);
  });

  function run(name: string, pod: Pod, more: PodSurroundings = {}): RunningGroup {
    const running = cluster.run(podGroup(pod, { name, ...more }));
    groups.push(running);
    return running;
  }
  /** A control plane with an authority and an access key, on the port that AWS's clients call. */
  async function controlPlane(): Promise<RunningGroup> {
    const fromSecret = (name: string, key: string) => ({
      name,
      valueFrom: { secretKeyRef: { name: "key", key } },
    });
    const spec = {
      volumes: [
        { name: "ca", secret: { secretName: "ca" } },
        { name: "data", emptyDir: {} },
      ],
      securityContext: { runAsUser: 0, runAsGroup: 0 },
      containers: [
        {
          name: "control-plane",
          image,
          args: [
            ...["serve", "--region", region, "--account", "111122223333", "--data", "/data"],
            ...["--api", "0.0.0.0:443", "--tls-self-signed", "--tls-name", endpoint.replace("https://", "")],
            ...["--authority", "proxies=files:/ca/tls.crt,/ca/tls.key", "--metrics", "0.0.0.0:9090"],
          ],
          env: [
            fromSecret("APPMESH_ACCESS_KEY_ID", "accessKeyId"),
            fromSecret("APPMESH_SECRET_ACCESS_KEY", "secretAccessKey"),
            { name: "APPMESH_METRICS_TOKEN", value: "token" },
          ],
          volumeMounts: [
            { name: "ca", mountPath: "/ca" },
            { name: "data", mountPath: "/data" },
          ],
          readinessProbe: { httpGet: { path: "/readyz", port: 9090 }, periodSeconds: 1, timeoutSeconds: 5 },
        },
      ],
    };
    const secrets = {
      ca: { "tls.crt": authority.certificate, "tls.key": authority.key },
      key: accessKey,
    };
    return run("control-plane", { spec }, { secrets }).steady();
  }

  const decoded = (data: Record<string, string> = {}) =>
    Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]),
    );
  /** All Secrets and ConfigMaps of the namespace, as pods find them. */
  function surroundings(): Pick<PodSurroundings, "secrets" | "configMaps"> {
    const all = (kind: string, data: (given?: Record<string, string>) => Record<string, string>) => {
      const { items } = JSON.parse(server.kubectl(["get", kind, "-n", NAMESPACE, "-o", "json"]));
      return Object.fromEntries(
        items.map((each: { metadata: { name: string }; data?: Record<string, string> }) => [
          each.metadata.name,
          data(each.data),
        ]),
      );
    };
    return { secrets: all("secrets", decoded), configMaps: all("configmaps", (data = {}) => data) };
  }
  const at = () => new Date().toISOString();

  /** Runs a pod of a Job, and tells the API server of it what the kubelet and the Job's controller tell. */
  async function finish(pod: string): Promise<string> {
    let template: Pod | undefined;
    await until(async () => {
      const { status, body } = await server.call("GET", `${JOBS}/appmesh-controller-check`);
      template = status === 200 && body.status.conditions === undefined ? body.spec.template : undefined;
      return template !== undefined;
    });
    const group = run(pod, template as Pod, surroundings());
    await group.until((status) => status.ping?.exitCode !== undefined, 120_000);
    const [said, succeeded] = [group.log("ping").trim(), group.container("ping").outcome?.code === 0];
    const { metadata, spec } = template as Pod;
    await server.call("POST", PODS, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: pod,
        labels: { ...metadata?.labels, "batch.kubernetes.io/job-name": "appmesh-controller-check" },
      },
      spec,
    });
    const terminated = {
      exitCode: succeeded ? 0 : 1,
      reason: succeeded ? "Completed" : "Error",
      message: said,
    };
    const container = {
      name: "ping",
      image,
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { terminated },
    };
    const patch = (path: string, status: object) =>
      server.call("PATCH", `${path}/status`, { status }, "application/merge-patch+json");
    await patch(`${PODS}/${pod}`, {
      phase: succeeded ? "Succeeded" : "Failed",
      containerStatuses: [container],
    });
    const condition = (type: string) => ({
      type,
      status: "True",
      lastProbeTime: at(),
      lastTransitionTime: at(),
      ...(!succeeded && {
        reason: "BackoffLimitExceeded",
        message: "Job has reached the specified backoff limit",
      }),
    });
    const patched = await patch(`${JOBS}/appmesh-controller-check`, {
      startTime: at(),
      ...(succeeded
        ? {
            completionTime: at(),
            succeeded: 1,
            conditions: [condition("SuccessCriteriaMet"), condition("Complete")],
          }
        : { failed: 1, conditions: [condition("FailureTarget"), condition("Failed")] }),
    });
    assert.equal(patched.status, 200, JSON.stringify(patched.body));
    return said;
  }

  it("says what is wrong before anything of the chart is there, and goes on once it is right", async () => {
    const nobody = await run("nobody", {
      spec: { containers: [{ name: "shell", image: "shell:1", command: ["sleep", "1000"] }] },
    }).steady();
    const inputs = (address: string): AppMeshControllerArgs => ({
      region,
      accountId: "111122223333",
      controlPlane: { address, caCertificate: authority.certificate, image },
      accessKey,
      chart: { chart },
    });
    const up = (address: string) =>
      stack.up(async () => {
        new AppMeshController("mesh", inputs(address));
      });
    const [failed, said] = await Promise.all([up(nobody.address), finish("check-1")]);
    assert.equal(
      said,
      `appmesh ping: ${endpoint} cannot be called: nothing listens there. Start appmesh serve, or name where it is, by --endpoint URL`,
    );
    assert.notEqual(failed.failure, undefined);
    const words = failed.messages.join("\n");
    assert.ok(words.includes(`[Pod check-1]: [Error] ${said}`), words);
    assert.match(words, /the Job appmesh-controller-check failed/);
    const ofChart = ["deployments,services,mutatingwebhookconfigurations,validatingwebhookconfigurations"];
    assert.equal(server.kubectl(["get", ...ofChart, "-n", NAMESPACE, "-o", "name"]), "");

    const there = await controlPlane();
    const [healed, answered] = await Promise.all([up(there.address), finish("check-2")]);
    assert.equal(answered, `${endpoint} answers, and knows the access key AKIDCONTROLLER`);
    assert.deepEqual([healed.failure, healed.messages], [undefined, []]);
    const again = await stack.preview();
    assert.deepEqual([again.failure, again.steps, again.messages], [undefined, [], []]);

    // The same pod among other authorities, and with another key.
    const { body } = await server.call("GET", `${JOBS}/appmesh-controller-check`);
    const template = body.spec.template as Pod;
    const found = surroundings();
    const saidWith = async (name: string, more: PodSurroundings) => {
      const group = run(name, template, { ...found, ...more });
      await group.until((status) => status.ping?.exitCode !== undefined, 120_000);
      return group.log("ping").trim();
    };
    const { certificate } = await makeAuthority("another", validity(Date.now(), 10));
    const others = [
      saidWith("check-3", {
        configMaps: { "appmesh-controller-authorities": { "authorities.pem": certificate } },
      }),
      saidWith("check-4", {
        secrets: { "appmesh-controller-access-key": { ...accessKey, secretAccessKey: "another" } },
      }),
    ];
    const [untrusted, unknown] = await Promise.all(others);
    assert.equal(
      untrusted,
      `appmesh ping: ${endpoint} cannot be called: its certificate is of no authority that this machine trusts. Give the authority's, by --ca FILE`,
    );
    assert.equal(
      unknown,
      "appmesh ping: The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key " +
        "and signing method. Consult the service documentation for details.",
    );
  });
});
