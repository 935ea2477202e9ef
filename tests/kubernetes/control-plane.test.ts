// The control plane in a cluster: KubernetesControlPlane's objects are taken by a real API server, and its pods run as it
// has them, on a table and on a volume.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { KubernetesControlPlane, type KubernetesControlPlaneArgs } from "@pulumi-appmesh/appmesh";
import { makeAuthority } from "@pulumi-appmesh/control-plane/identity/certificates.js";
import { validity } from "@pulumi-appmesh/control-plane/identity/own-certificate.js";
import { addMeshToPod } from "@pulumi-appmesh/provider/components/kubernetes/add-mesh-to-pod.js";
import { TestStack } from "../provider/stack.js";
import { AuthorityAws } from "../support/authority-aws.js";
import { putStandIn } from "../support/aws-stand-in/stand-in.js";
import { temporaryFolder } from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { callAt } from "../support/http.js";
import { type Cluster as ApiServer, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { Cluster, containersMissing } from "../support/tasks/cluster.js";
import { meshImages, nodeImage } from "../support/tasks/images.js";
import { podGroup } from "../support/tasks/pod.js";
import type { Pod, PodSurroundings } from "../support/tasks/pod-spec.js";
import type { RunningGroup } from "../support/tasks/running-group.js";

const NAMESPACE = "mesh";
const region = "us-east-1";
const image = "registry.example/appmesh:0.1.0";
/** Probes come more often than they are asked for, and may take as long as they need on a busy machine. */
const rhythm = { pace: 0.25, slack: 20 };

describe("a control plane in a cluster", function () {
  this.timeout(300_000);
  let server: ApiServer;
  let cluster: Cluster;
  let stack: TestStack;
  let dynamoDb: DynamoDbServer | undefined;
  let authorityAws: AuthorityAws | undefined;
  const groups: RunningGroup[] = [];
  before(async function () {
    skipWithout(this, (await kubernetesMissing()) ?? containersMissing());
    server = await startCluster();
    server.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    putKubernetesPlugin({ STAND_IN_KUBECONFIG: server.kubeconfig });
    putStandIn("aws");
    stack = await TestStack.create({ AWS_REGION: region });
    cluster = await Cluster.start(
      await meshImages({ shell: {}, "shop/iptables": {}, "shop/app": nodeImage("app") }),
    );
  });
  after(async () => {
    await cluster?.close();
    await dynamoDb?.close();
    await authorityAws?.stop();
    await server?.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state === "failed")
      for (const group of groups) console.error(`---- ${group.group.name}\n${group.logs}`);
    for (const group of groups.splice(0)) group.kill();
    await stack?.destroy();
  });

  const get = (kind: string, name: string) =>
    JSON.parse(server.kubectl(["get", kind, name, "-n", NAMESPACE, "-o", "json"]));
  /** All Secrets and ConfigMaps of the namespace, as pods find them. */
  function surroundings(): Pick<PodSurroundings, "secrets" | "configMaps"> {
    const all = (kind: string, decode: (text: string) => string) => {
      const { items } = JSON.parse(server.kubectl(["get", kind, "-n", NAMESPACE, "-o", "json"]));
      return Object.fromEntries(
        items.map(
          ({ metadata, data = {} }: { metadata: { name: string }; data?: Record<string, string> }) => [
            metadata.name,
            Object.fromEntries(Object.entries(data).map(([key, text]) => [key, decode(text)])),
          ],
        ),
      );
    };
    return {
      secrets: all("secrets", (text) => Buffer.from(text, "base64").toString()),
      configMaps: all("configmaps", (text) => text),
    };
  }
  function run(name: string, pod: Pod, more: PodSurroundings = {}): RunningGroup {
    const running = cluster.run(podGroup(pod, { name, ...surroundings(), ...more }), rhythm);
    groups.push(running);
    return running;
  }

  interface Outputs {
    readonly host: string;
    readonly caCertificate: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  }
  async function up(more: Partial<KubernetesControlPlaneArgs>): Promise<Outputs> {
    const run = await stack.up(async () => {
      const made = new KubernetesControlPlane("mesh", {
        ...{ image, region, accountId: "111122223333", namespace: NAMESPACE, createNamespace: false },
        ...more,
      });
      const { host, caCertificate, accessKeyId, secretAccessKey, address } = made;
      return { host, caCertificate, accessKeyId, secretAccessKey, address };
    });
    assert.deepEqual([run.failure, run.messages], [undefined, []]);
    // The API server has given it one.
    assert.match(String(run.outputs.address), /^10\.96\.\d+\.\d+$/);
    return run.outputs as unknown as Outputs;
  }

  /** A pod that has no proxy, and what it is answered by the API, which it calls as AWS's controller does. */
  async function client(outputs: Outputs) {
    const spec = {
      volumes: [{ name: "trust", configMap: { name: "appmesh-control-plane-authorities" } }],
      containers: [
        {
          name: "shell",
          image: "shell:1",
          command: ["sleep", "1000"],
          volumeMounts: [{ name: "trust", mountPath: "/trust" }],
        },
      ],
    };
    const pod = await run(`client-${groups.length}`, { spec }).steady();
    return async (replica: RunningGroup, method: string, path: string, body?: unknown) => {
      const { accessKeyId, secretAccessKey } = outputs;
      const { code, output } = await pod.container("shell").run([
        ...["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "60"],
        // The Service's port is another than its pods'.
        ...["--cacert", "/trust/ca.crt", "--connect-to", `::${replica.address}:7070`],
        ...["--aws-sigv4", `aws:amz:${region}:appmesh`, "--user", `${accessKeyId}:${secretAccessKey}`],
        ...["--request", method, ...(body === undefined ? [] : ["--json", JSON.stringify(body)])],
        `https://appmesh.${region}.amazonaws.com${path}`,
      ]);
      assert.equal(code, 0, output);
      return JSON.parse(output);
    };
  }
  type Call = Awaited<ReturnType<typeof client>>;

  /** Where the keys are that sign, by what they sign. */
  async function signers(call: Call, replica: RunningGroup) {
    const { authorities } = await call(replica, "GET", "/v1/identities/authorities");
    return Object.fromEntries(
      authorities.flatMap((each: { signs: boolean; purpose: string; place?: string }) =>
        each.signs ? [[each.purpose, each.place]] : [],
      ),
    );
  }
  const inSecret = (folder: string) => `files:/etc/appmesh/${folder}/tls.crt,/etc/appmesh/${folder}/tls.key`;

  async function createMesh(call: Call, replica: RunningGroup) {
    const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
    await call(replica, "PUT", "/v20190125/meshes", { meshName: "shop" });
    await call(replica, "PUT", "/v20190125/meshes/shop/virtualNodes", {
      virtualNodeName: "catalog",
      spec: { listeners, serviceDiscovery: { dns: { hostname: "catalog.shop" } } },
    });
  }

  /** A pod of the virtual node, which comes to the control plane over TLS by the name of its Service. */
  function catalog(name: string, { host, caCertificate }: Outputs, token: string): RunningGroup {
    const spec = addMeshToPod(
      {
        containers: [
          {
            name: "app",
            image: "shop/app:1",
            env: [{ name: "NAME", value: "catalog" }],
            ports: [{ name: "http", containerPort: 8080 }],
            // Of the kubelet, which is outside: it goes through Envoy, once that has its configuration.
            readinessProbe: { httpGet: { port: "http" }, periodSeconds: 2, timeoutSeconds: 5 },
          },
        ],
      },
      {
        meshName: "shop",
        virtualNode: "catalog",
        controlPlane: { host, trust: caCertificate, tokenFrom: { name: "catalog", key: "token" } },
        interception: { image: "shop/iptables:1" },
        drainSeconds: 0,
      },
    );
    return run(name, { spec: JSON.parse(JSON.stringify(spec)) }, { secrets: { catalog: { token } } });
  }
  const answer = async (pod: RunningGroup) =>
    JSON.parse((await callAt(`${pod.address}:8080`, "/", {})).body).server;

  /** Nobody's root, without capabilities, and with nothing to write to but its volume. */
  async function isConfined(replica: RunningGroup, data: "/data" | undefined) {
    const script = [
      "id -u; id -g; grep -E 'CapEff|NoNewPrivs' /proc/self/status | tr -d '\\t'",
      `for folder in / /etc /usr /app ${data ?? ""}; do touch $folder/mine 2>/dev/null && echo wrote $folder; done; true`,
    ].join("; ");
    const { output } = await replica.container("control-plane").run(["/bin/sh", "-c", script]);
    assert.deepEqual(output.trim().split("\n"), [
      ...["1000", "1000", "NoNewPrivs:1"].slice(0, 2),
      ...["CapEff:0000000000000000", "NoNewPrivs:1"],
      ...(data === undefined ? [] : [`wrote ${data}`]),
    ]);
  }

  it("runs on a table, whose replicas are one authority to clients, and loses none of it with all of them", async function () {
    dynamoDb = await DynamoDbServer.start(this);
    const { table } = await dynamoDb.table();
    authorityAws = await AuthorityAws.start();
    const relayed = async (url: string) =>
      `http://${cluster.network.host}:${await cluster.network.relay(Number(new URL(url).port))}`;
    server.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "aws", namespace: NAMESPACE },
      stringData: { AWS_ACCESS_KEY_ID: "tests", AWS_SECRET_ACCESS_KEY: "tests" },
    });
    const outputs = await up({
      table: { tableArn: `arn:aws:dynamodb:${region}:111122223333:table/${table}` },
      identity: { credentialsSecretName: "aws" },
      authorities: { workloads: authorityAws.kms.good },
      environment: {
        AWS_ENDPOINT_URL_DYNAMODB: await relayed(dynamoDb.endpoint),
        AWS_ENDPOINT_URL_KMS: await relayed(authorityAws.url),
        AWS_EC2_METADATA_DISABLED: "true",
      },
    });
    const { replicas, template } = get("deployment", "appmesh-control-plane").spec;
    assert.equal(replicas, 2);
    const started = ["one", "two"].map((name) => run(`cp-${name}`, template));
    for (const replica of started) await replica.steady();
    const [one, two] = started as [RunningGroup, RunningGroup];
    cluster.register(outputs.host, one, two);
    await isConfined(one, undefined);

    const call = await client(outputs);
    assert.deepEqual(await signers(call, one), {
      proxies: inSecret("authority"),
      workloads: authorityAws.kms.good,
    });
    await createMesh(call, one);
    // The other hears of it a moment later.
    await until(() =>
      call(two, "GET", "/v20190125/meshes/shop/virtualNodes/catalog").then(
        () => true,
        () => false,
      ),
    );
    const { token, trust } = await call(two, "POST", "/v1/meshes/shop/identities", {
      virtualNode: "catalog",
      kind: "token",
    });
    // What a proxy is given by hand is what the component gives back.
    assert.equal(trust, outputs.caCertificate);
    const pod = await catalog("catalog-1", outputs, token).steady();
    assert.equal(await answer(pod), "catalog");

    await Promise.all([one.stop(), two.stop()]);
    assert.deepEqual(
      [one, two].map((replica) => replica.container("control-plane").outcome?.code),
      [0, 0],
    );
    const next = await run("cp-three", template).steady();
    cluster.register(outputs.host, next);
    const mesh = await call(next, "GET", "/v20190125/meshes/shop");
    assert.equal(mesh.meshName, "shop");
    // It has never seen another control plane.
    const later = await catalog("catalog-2", outputs, token).steady();
    assert.equal(await answer(later), "catalog");
  });

  it("runs on a volume, and has what it had after a restart", async () => {
    const workloads = await makeAuthority("workloads", validity(Date.now(), 10));
    server.apply({
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/tls",
      metadata: { name: "workloads", namespace: NAMESPACE },
      stringData: { "tls.crt": workloads.certificate, "tls.key": workloads.key },
    });
    const outputs = await up({ volume: {}, authorities: { workloadsSecretName: "workloads" } });
    assert.equal(
      get("persistentvolumeclaim", "appmesh-control-plane-data").spec.resources.requests.storage,
      "1Gi",
    );
    const { template } = get("statefulset", "appmesh-control-plane").spec;
    const folder = join(temporaryFolder(), "volume");
    mkdirSync(folder);
    const claims = { "appmesh-control-plane-data": folder };
    const first = await run("cp-0", template, { claims }).steady();
    cluster.register(outputs.host, first);
    await isConfined(first, "/data");
    const call = await client(outputs);
    assert.deepEqual(await signers(call, first), {
      proxies: inSecret("authority"),
      workloads: inSecret("workloads"),
    });
    await createMesh(call, first);
    const { token } = await call(first, "POST", "/v1/meshes/shop/identities", {
      virtualNode: "catalog",
      kind: "token",
    });
    const pod = await catalog("catalog-3", outputs, token).steady();
    assert.equal(await answer(pod), "catalog");

    await first.stop();
    const again = await run("cp-1", template, { claims }).steady();
    cluster.register(outputs.host, again);
    const mesh = await call(again, "GET", "/v20190125/meshes/shop");
    assert.equal(mesh.metadata.arn, `arn:aws:appmesh:${region}:111122223333:mesh/shop`);
    const later = await catalog("catalog-4", outputs, token).steady();
    assert.equal(await answer(later), "catalog");
    // Metrics are told to those who have the token, and health to everybody.
    const status = async (path: string, headers = {}) =>
      (await callAt(`${again.address}:9090`, path, { headers })).status;
    const { data } = get("secret", "appmesh-control-plane-metrics");
    const bearer = `Bearer ${Buffer.from(data.token, "base64").toString()}`;
    assert.deepEqual(
      [
        await status("/healthz"),
        await status("/readyz"),
        await status("/metrics"),
        await status("/metrics", { authorization: bearer }),
      ],
      [200, 200, 401, 200],
    );

    await again.stop();
    const { certificate, key } = await makeAuthority("another", validity(Date.now(), 10));
    const found = surroundings();
    const other = run("cp-2", template, {
      claims,
      secrets: {
        ...found.secrets,
        "appmesh-control-plane-authority": { "tls.crt": certificate, "tls.key": key },
      },
    });
    await other.until((status) => (status["control-plane"]?.restarts ?? 0) > 0);
    assert.match(
      other.log("control-plane"),
      /there is another authority by now than '[0-9a-f]{16}', which signs: put that back, or use the other one, by appmesh identities use-authority/,
    );
  });
});
