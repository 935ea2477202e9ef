// What the components make, as a cluster has it: the objects that the engine puts into a real API server run as pods, prove
// who they are by tokens that this API server issues, and share a mesh with tasks of ECS.
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
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import { podGroup } from "../support/tasks/pod.js";
import type { RunningGroup } from "../support/tasks/running-group.js";

const issuer = "https://kubernetes.default.svc";
const prices = "prices.shop.local";

describe("pods of MeshDeployment and MeshGatewayDeployment in one mesh with ECS tasks", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let shop: Shop;
  let stack: TestStack;
  let trust: string;
  const groups: RunningGroup[] = [];

  before(async function () {
    const missing = containersMissing() ?? (await kubernetesMissing());
    if (missing !== undefined) {
      console.log(`      left out: ${missing}`);
      this.skip();
    }
    cluster = await startCluster();
    const { status, body } = await cluster.call("GET", "/openid/v1/jwks");
    assert.equal(status, 200);
    const keys = join(temporaryFolder(), "jwks.json");
    writeFileSync(keys, typeof body === "string" ? body : JSON.stringify(body));
    shop = await Shop.open({
      images: { "shop/iptables": {} },
      args: () => ["--proxy-jwks", keys, "--proxy-jwks-issuer", issuer],
    });
    // What proxies trust is told with every proof.
    await shop.create("mesh", [], {});
    await shop.create("virtualNode", ["anybody"], {});
    ({ trust = "" } = await shop.issue({ virtualNode: "anybody" }));
    await shop.api.delete({ kind: "virtualNode", names: ["shop", "anybody"] });
    await shop.api.delete({ kind: "mesh", names: ["shop"] });
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

  /** Front and prices are tasks, the catalog is pods, and Envoys on Kubernetes are the way in. */
  const program = (mode: "OFF" | "STRICT") => async () => {
    const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
    new appmesh.MeshSettings("shop", { meshName, managedTls: { mode, settleSeconds: 1 } });
    const listeners = [{ portMapping: { port: 8080, protocol: "http" as const } }];
    const task = (name: string, backends: string[]) =>
      new appmesh.VirtualNode(name, {
        meshName,
        virtualNodeName: name,
        spec: {
          listeners,
          serviceDiscovery: { dns: { hostname: `${name}.tasks` } },
          backends: backends.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
        },
      }).virtualNodeName;
    task("front", [catalogService]);
    const node = task("prices", []);
    const common = {
      meshName,
      namespace: "shop",
      listeners,
      controlPlane: { ...shop.endpoint, trustFrom: { name: "authorities", key: "ca.pem" } },
      drainSeconds: 3,
    };
    const probe = {
      httpGet: { path: "/well?asked=by-the-kubelet", port: "http" },
      periodSeconds: 2,
      timeoutSeconds: 5,
    };
    const catalog = new appmesh.MeshDeployment("catalog", {
      ...common,
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
              readinessProbe: probe,
              livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 10, timeoutSeconds: 5 },
            },
          ],
        },
      },
    });
    const service = (name: string, virtualServiceName: string, virtualNodeName: typeof node) =>
      new appmesh.MeshService(name, {
        meshName,
        virtualServiceName,
        listener: listeners[0] as (typeof listeners)[number],
        versions: { v1: { weight: 1, virtualNodeName } },
      }).virtualServiceName;
    const virtualServiceName = service("catalog", catalogService, catalog.virtualNodeName);
    service("prices", prices, node);
    new appmesh.MeshGatewayDeployment("edge", {
      ...common,
      listeners: [{ portMapping: { port: 8088, protocol: "http" } }],
      servicePorts: [80],
      routes: {
        shop: { virtualServiceName, httpRoute: { match: { prefix: "/shop/" } } },
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

  it("carries requests from tasks to pods and on to tasks", async () => {
    const up = await stack.up(program("OFF"));
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
        ["shop:catalog", ["catalog"], []],
        ["shop:edge", [], ["edge-gateway"]],
      ],
    );
    groups.push(...(await shop.service(["prices"], ["front"])));
    const catalog = await pod("catalog");
    const { hostname } = (await shop.controlPlane.call("GET", "/v20190125/meshes/shop/virtualNodes/catalog"))
      .body.spec.serviceDiscovery.dns;
    shop.cluster.register(hostname, catalog);
    await catalog.steady();
    assert.deepEqual(catalog.status, {
      "envoy-redirect": { state: "STOPPED", health: "UNKNOWN", exitCode: 0, restarts: 0 },
      envoy: { state: "RUNNING", health: "HEALTHY", restarts: 0 },
      app: { state: "RUNNING", health: "HEALTHY", restarts: 0 },
    });
    await answers(group("front"), "catalog in a pod");
    const path = `/call?url=http://${prices}:8080/`;
    await until(async () => (await callCatalog(group("front"), encodeURI(path))) === "prices");
    // What the kubelet asks is no traffic of the mesh.
    const before = await stat(catalog, "http.appmesh_probes.downstream_rq_completed");
    await until(async () => (await stat(catalog, "http.appmesh_probes.downstream_rq_completed")) > before);
  });

  it("lets in by a gateway, which is replaced without a lost request", async () => {
    const edge = await pod("edge");
    await edge.steady();
    assert.deepEqual(Object.keys(edge.status), ["envoy"]);
    let target = edge;
    const call = async () => {
      const { status, body } = await callAt(`${target.address}:8088`, "/shop/things");
      return status === 200 ? `${JSON.parse(body).server} ${JSON.parse(body).url}` : `${status}`;
    };
    await until(async () => (await call()) === "catalog in a pod /things");
    assert.equal((await callAt(`${edge.address}:8088`, "/elsewhere")).status, 404);
    const traffic = new Traffic(call);
    await traffic.more("catalog in a pod /things");
    const next = await pod("edge", { run: "edge-next" });
    await next.steady();
    target = next;
    await edge.stop();
    await traffic.more("catalog in a pod /things");
    assert.deepEqual(Object.keys(await traffic.end()), ["catalog in a pod /things"]);
    assert.equal(edge.container("envoy").outcome?.code, 0);
  });

  it("has pods that are well where nothing but the mesh may come in", async () => {
    const up = await stack.up(program("STRICT"));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const catalog = group("catalog");
    const plain = () =>
      callAt(`${catalog.address}:8080`, "/").then(
        ({ status }) => status,
        () => "refused",
      );
    await until(async () => (await plain()) === "refused");
    // Nobody may call front from outside either.
    const inside = `http://127.0.0.1:8080/call?url=http://${catalogService}:8080/`;
    await until(async () => {
      const { output } = await group("front").space.ask("curl", "-s", inside);
      return output.includes('"server":"catalog in a pod"');
    });
    const next = await pod("catalog", { run: "catalog-next" });
    await next.steady();
    assert.deepEqual(
      [catalog, next].map(({ status }) => [status.app?.health, status.app?.restarts]),
      [
        ["HEALTHY", 0],
        ["HEALTHY", 0],
      ],
    );
    // By the port of the probes comes what the kubelet asks, and nothing else.
    const asked = await callAt(`${next.address}:15020`, "/app/readinessProbe?asked=by-the-kubelet");
    assert.deepEqual([asked.status, JSON.parse(asked.body).url], [200, "/well?asked=by-the-kubelet"]);
    // Envoy looks by itself whether the port takes connections, a little later than the application opens it.
    await until(async () => (await callAt(`${next.address}:15020`, "/app/livenessProbe")).status === 200);
    for (const path of ["/", "/well", "/app/readinessProbe/more"])
      assert.equal((await callAt(`${next.address}:15020`, path)).status, 404, path);
  });

  it("gives a pod nothing that shows the token of another service account", async () => {
    const stranger = await pod("catalog", { run: "stranger", account: "edge" });
    await until(() => /PERMISSION_DENIED|closed: 7/.test(stranger.logs));
    assert.equal(stranger.status.app?.state, "PENDING");
    await stranger.stop();
  });
});
