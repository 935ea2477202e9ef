// One mesh whose services live half on ECS and half on Kubernetes. The objects that the engine puts into a real API server
// run as pods, prove who they are by tokens that this API server issues, and take the place of tasks.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { answers, callCatalog, catalogService, rhythm, Shop, stat, Traffic } from "../ecs/shop.js";
import { TestStack } from "../provider/stack.js";
import { temporaryFolder } from "../support/control-plane.js";
import { callAt } from "../support/http.js";
import { type Cluster, kubernetesMissing, startCluster } from "../support/kubernetes.js";
import { putKubernetesPlugin } from "../support/kubernetes-plugin/install.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import { podGroup } from "../support/tasks/pod.js";
import type { RunningGroup } from "../support/tasks/running-group.js";

const issuer = "https://kubernetes.default.svc";
const prices = "prices.shop.local";
/** What an application calls that is asked for this. */
const toPrices = encodeURI(`/call?url=http://${prices}:8080/`);

describe("a mesh of ECS tasks and of pods that the components make", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let shop: Shop;
  let stack: TestStack;
  let trust: string;
  let hostname: string;
  const groups: RunningGroup[] = [];

  before(async function () {
    skipWithout(this, containersMissing() ?? (await kubernetesMissing()));
    cluster = await startCluster();
    const { status, body } = await cluster.call("GET", "/openid/v1/jwks");
    assert.equal(status, 200);
    const keys = join(temporaryFolder(), "jwks.json");
    writeFileSync(keys, typeof body === "string" ? body : JSON.stringify(body));
    shop = await Shop.open({
      images: { "shop/iptables": {} },
      args: () => ["--proxy-jwks", keys, "--proxy-jwks-issuer", issuer],
    });
    ({ trust } = (await shop.controlPlane.call("GET", "/v1/identities/authorities")).body);
    cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "authorities", namespace: "shop" },
        stringData: { "ca.pem": trust },
      },
    );
    for (const name of [catalogService, prices]) shop.cluster.names.set(name, ["198.51.100.1"]);
    putKubernetesPlugin({ STAND_IN_KUBECONFIG: cluster.kubeconfig });
    const { accessKey, api } = shop.controlPlane;
    stack = await TestStack.create({
      APPMESH_ENDPOINT: api,
      APPMESH_ACCESS_KEY_ID: accessKey?.accessKeyId ?? "",
      APPMESH_SECRET_ACCESS_KEY: accessKey?.secretAccessKey ?? "",
    });
  });
  after(async () => {
    await shop?.close();
    await cluster?.stop();
  });
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const group of groups) console.error(`---- ${group.group.name}\n${group.logs}`);
  });

  /** Front, prices and the first catalog are tasks; the second catalog, and the way in, are pods. */
  const program = (inPods: number) => async () => {
    const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
    // Whoever is in the mesh talks TLS; a test, which is not, may call the front.
    new appmesh.MeshSettings("shop", { meshName, managedTls: { mode: "PERMISSIVE", settleSeconds: 1 } });
    const listener = { portMapping: { port: 8080, protocol: "http" as const } };
    const task = (name: string, backends: string[] = []) =>
      new appmesh.VirtualNode(name, {
        meshName,
        virtualNodeName: name,
        spec: {
          listeners: [listener],
          serviceDiscovery: { dns: { hostname: `${name}.tasks` } },
          backends: backends.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
        },
      }).virtualNodeName;
    const common = {
      meshName,
      namespace: "shop",
      controlPlane: { ...shop.endpoint, trustFrom: { name: "authorities", key: "ca.pem" } },
    };
    const probe = { periodSeconds: 2, timeoutSeconds: 5 };
    const { virtualNodeName } = new appmesh.MeshDeployment("catalog-v2", {
      ...common,
      // Longer than a name is believed to lead somewhere.
      drainSeconds: 8,
      listeners: [listener],
      backends: [prices],
      interception: { image: "shop/iptables:1" },
      podTemplate: {
        spec: {
          containers: [
            {
              name: "app",
              image: "shop/app:1",
              env: [{ name: "NAME", value: "catalog in a pod" }],
              ports: [{ name: "http", containerPort: 8080 }],
              readinessProbe: { ...probe, httpGet: { path: "/well?asked=by-the-kubelet", port: "http" } },
              livenessProbe: { ...probe, tcpSocket: { port: 8080 } },
            },
          ],
        },
      },
    });
    const service = (
      name: string,
      virtualServiceName: string,
      versions: appmesh.MeshServiceArgs["versions"],
    ) => new appmesh.MeshService(name, { meshName, virtualServiceName, listener, versions });
    const catalog = service("catalog", catalogService, {
      v1: { weight: 1 - inPods, virtualNodeName: task("catalog-v1") },
      v2: { weight: inPods, virtualNodeName },
    });
    service("prices", prices, { v1: { weight: 1, virtualNodeName: task("prices") } });
    task("front", [catalogService]);
    new appmesh.MeshGatewayDeployment("edge", {
      ...common,
      drainSeconds: 2,
      listeners: [{ portMapping: { port: 8088, protocol: "http" } }],
      servicePorts: [80],
      routes: {
        shop: {
          virtualServiceName: catalog.virtualServiceName,
          httpRoute: { match: { prefix: "/shop/" } },
        },
      },
    });
  };

  /** A pod of a Deployment that the API server has, with a token of its service account. */
  async function pod(name: string, { run = name, account = name } = {}): Promise<RunningGroup> {
    const { template } = object("deployment", name).spec;
    assert.equal(template.spec.serviceAccountName, name);
    const audience = "appmesh";
    const request = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { audiences: [audience], expirationSeconds: 3600 },
    };
    const path = `/api/v1/namespaces/shop/serviceaccounts/${account}/token`;
    const { status, body } = await cluster.call("POST", path, request);
    assert.equal(status, 201, JSON.stringify(body));
    const group = podGroup(
      { metadata: { ...template.metadata, name: run, namespace: "shop" }, spec: template.spec },
      {
        name: run,
        secrets: { authorities: { "ca.pem": trust } },
        token: (wanted) => (wanted === audience ? body.status.token : "none"),
      },
    );
    const running = shop.cluster.run(group, rhythm);
    groups.push(running);
    return running;
  }
  const object = (kind: string, name: string) =>
    JSON.parse(cluster.kubectl(["get", kind, name, "-n", "shop", "-o", "json"]));
  const group = (name: string) => groups.find((each) => each.group.name === name) as RunningGroup;

  const calls = "http.ingress.downstream_rq_completed";

  it("moves a service from tasks to pods by a weight, and loses no request", async () => {
    const up = await stack.up(program(0));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const { serviceAccounts } = (await shop.controlPlane.call("GET", "/v1/meshes/shop/service-accounts"))
      .body;
    assert.deepEqual(
      serviceAccounts.map((each: Record<string, unknown>) => [
        each.serviceAccount,
        each.virtualNodes,
        each.virtualGateways,
      ]),
      [
        ["shop:catalog-v2", ["catalog-v2"], []],
        ["shop:edge", [], ["edge-gateway"]],
      ],
    );
    const node = "/v20190125/meshes/shop/virtualNodes/catalog-v2";
    ({ hostname } = (await shop.controlPlane.call("GET", node)).body.spec.serviceDiscovery.dns);
    const [catalog] = await Promise.all([
      pod("catalog-v2"),
      pod("edge"),
      shop.service(["prices"], ["catalog-v1"], ["front"]).then((tasks) => groups.push(...tasks)),
    ]);
    shop.cluster.register(hostname, catalog);
    await catalog.steady();
    assert.deepEqual(catalog.status, {
      "envoy-redirect": { state: "STOPPED", health: "UNKNOWN", exitCode: 0, restarts: 0 },
      envoy: { state: "RUNNING", health: "HEALTHY", restarts: 0 },
      app: { state: "RUNNING", health: "HEALTHY", restarts: 0 },
    });
    const front = group("front");
    await answers(front, "catalog-v1");
    // What the kubelet asks is no traffic of the mesh.
    assert.equal(await stat(catalog, calls), 0);
    const traffic = new Traffic(() => callCatalog(front));
    await traffic.more("catalog-v1");
    const shifted = await stack.up(program(1));
    assert.deepEqual([shifted.failure, shifted.messages], [undefined, []]);
    await traffic.more("catalog in a pod", 50);
    assert.deepEqual(Object.keys(await traffic.end()), ["catalog-v1", "catalog in a pod"]);
    assert.equal(await callCatalog(front), "catalog in a pod");
    assert.ok((await stat(catalog, calls)) > 50);
  });

  it("has pods call tasks, by certificates of the mesh's own", async () => {
    const front = group("front");
    await until(async () => (await callCatalog(front, toPrices)) === "prices");
    const [caller, called] = [group("catalog-v2"), group("prices")];
    const handshakes = async (of: RunningGroup, kind: string) => {
      const { output } = await of.space.ask("curl", "-s", "http://127.0.0.1:9901/stats?usedonly");
      return output
        .split("\n")
        .filter((line) => new RegExp(`^${kind}\\..*ssl\\.handshake: [1-9]`).test(line));
    };
    assert.notDeepEqual(await handshakes(caller, "cluster"), []);
    assert.notDeepEqual(await handshakes(called, "listener"), []);
  });

  it("replaces the pods of a service, and of the way in, without a lost request", async () => {
    const [edge, catalog] = [group("edge"), group("catalog-v2")];
    await edge.steady();
    assert.deepEqual(Object.keys(edge.status), ["envoy"]);
    let target = edge;
    const call = async () => {
      const { status, body } = await callAt(`${target.address}:8088`, "/shop/things");
      return status === 200 ? `${JSON.parse(body).server} ${JSON.parse(body).url}` : `${status}`;
    };
    const answer = "catalog in a pod /things";
    await until(async () => (await call()) === answer);
    assert.equal((await callAt(`${edge.address}:8088`, "/elsewhere")).status, 404);
    const traffic = new Traffic(call);
    await traffic.more(answer);
    const [nextEdge, next] = await Promise.all([
      pod("edge", { run: "edge-next" }),
      pod("catalog-v2", { run: "catalog-next" }),
    ]);
    await Promise.all([nextEdge.steady(), next.steady()]);
    target = nextEdge;
    shop.cluster.register(hostname, next);
    await Promise.all([edge.stop(), catalog.stop()]);
    const before = await stat(next, calls);
    await traffic.more(answer);
    assert.ok((await stat(next, calls)) > before);
    assert.deepEqual(Object.keys(await traffic.end()), [answer]);
    const codes = [edge.container("envoy"), catalog.container("envoy"), catalog.container("app")];
    assert.deepEqual(
      codes.map(({ outcome }) => outcome?.code),
      [0, 0, 0],
    );
  });

  it("gives a pod nothing that shows the token of another service account", async () => {
    const stranger = await pod("catalog-v2", { run: "stranger", account: "edge" });
    await until(() => /PERMISSION_DENIED|closed: 7/.test(stranger.logs));
    assert.equal(stranger.status.app?.state, "PENDING");
    await stranger.stop();
  });
});
