// What the mesh puts into pods, at work: containers that wait for Envoy, sidecars of the user's own, questions of the
// kubelet where only the mesh may come in, and pods that have an end.
import assert from "node:assert/strict";
import { get } from "node:https";
import { addMeshToPod } from "@pulumi-appmesh/provider/components/kubernetes/add-mesh-to-pod.js";
import type { MeshPodOptions } from "@pulumi-appmesh/provider/components/kubernetes/mesh-pod-options.js";
import type { PodSpec } from "@pulumi-appmesh/provider/components/kubernetes/pod-spec.js";
import { rhythm, Shop } from "../ecs/shop.js";
import { TestAuthority } from "../support/certificates.js";
import { callAt } from "../support/http.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import { nodeImage } from "../support/tasks/images.js";
import { podGroup } from "../support/tasks/pod.js";
import type { RunningGroup } from "../support/tasks/running-group.js";

const prices = "prices.shop.local";
/** Fails where it is not the mesh that is reached: the name leads nowhere. */
const callPrices = `curl -sSf --max-time 10 http://${prices}:8080/`;

describe("pods in a mesh of mutual TLS alone", function () {
  this.timeout(180_000);
  let shop: Shop;
  let certificate: { readonly chain: string; readonly key: string };
  const groups: RunningGroup[] = [];

  before(async function () {
    skipWithout(this, containersMissing());
    shop = await Shop.open({
      images: { "shop/iptables": {}, "shop/tools": {}, "shop/probed": nodeImage("probed") },
    });
    shop.cluster.names.set(prices, ["198.51.100.1"]);
    certificate = await (await TestAuthority.make()).issue({ names: ["orders"] });
    const listener = (port: number, protocol: string) => ({ portMapping: { port, protocol } });
    const backends = [{ virtualService: { virtualServiceName: prices } }];
    await shop.create("mesh", [], {});
    await shop.create("virtualNode", ["prices"], {
      listeners: [listener(8080, "http")],
      serviceDiscovery: { dns: { hostname: "prices.pods" } },
    });
    await shop.create("virtualService", [prices], {
      provider: { virtualNode: { virtualNodeName: "prices" } },
    });
    await shop.create("virtualNode", ["orders"], {
      listeners: [listener(9000, "grpc"), listener(8443, "tcp")],
      serviceDiscovery: { dns: { hostname: "orders.pods" } },
      backends,
    });
    await shop.create("virtualNode", ["report"], { backends });
    const settings = "/v1/meshes/shop/settings";
    const managedTls = { mode: "STRICT", settleSeconds: 1 };
    assert.equal((await shop.controlPlane.call("PUT", settings, { managedTls })).status, 200);
    await until(
      async () => (await shop.controlPlane.call("GET", settings)).body.managedTls?.listeners === "tls",
    );
    const app = { name: "app", image: "shop/app:1", env: [{ name: "NAME", value: "prices" }] };
    const running = await pod("prices", {
      containers: [{ ...app, ports: [{ containerPort: 8080 }], readinessProbe: { httpGet: { port: 8080 } } }],
    });
    shop.cluster.register("prices.pods", running);
    await running.steady();
  });
  after(() => shop?.close());
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const group of groups) console.error(`---- ${group.group.name}\n${group.logs}`);
  });

  /** The pod that a user's becomes. Its Envoy proves who it is by a token that is mounted, or by a certificate. */
  async function pod(
    virtualNode: string,
    given: PodSpec,
    { name = virtualNode, proof = "token", ...more }: Partial<MeshPodOptions> & Run = {},
  ): Promise<RunningGroup> {
    const issued = await shop.issue({ virtualNode }, proof);
    const key = (of: string) => ({ name: "identity", key: of });
    const spec = addMeshToPod(given, {
      meshName: "shop",
      virtualNode,
      controlPlane: {
        ...shop.endpoint,
        trustFrom: key("trust"),
        ...(proof === "certificate" && {
          certificateFrom: key("certificate"),
          privateKeyFrom: key("privateKey"),
        }),
      },
      interception: { image: "shop/iptables:1" },
      drainSeconds: 1,
      ...more,
    });
    const group = podGroup(
      // As Kubernetes has it: through JSON.
      { metadata: { name, namespace: "shop" }, spec: JSON.parse(JSON.stringify(spec)) },
      {
        name,
        secrets: { identity: issued, certificate: { chain: certificate.chain, key: certificate.key } },
        token: (audience) => (audience === "appmesh" ? (issued.token ?? "") : "none"),
      },
    );
    const running = shop.cluster.run(group, rhythm);
    groups.push(running);
    return running;
  }
  interface Run {
    readonly name?: string;
    readonly proof?: "certificate" | "token";
  }

  const https = (path: string, more: object = {}) => ({
    httpGet: { scheme: "HTTPS", port: 8443, path, ...more },
  });
  const ofSecret = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: "certificate", key } },
  });
  const often = { periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 1 };
  const orders: PodSpec = {
    initContainers: [
      { name: "migrate", image: "shop/tools:1", command: ["sh", "-c", callPrices] },
      {
        name: "vault",
        image: "shop/probed:1",
        restartPolicy: "Always",
        env: [
          { name: "HTTPS_PORT", value: "8443" },
          ofSecret("CERTIFICATE", "chain"),
          ofSecret("KEY", "key"),
        ],
        ports: [{ name: "https", containerPort: 8443 }],
        startupProbe: { ...https("/started"), periodSeconds: 1, failureThreshold: 600, timeoutSeconds: 5 },
        readinessProbe: {
          ...https("/well?deep=1", { httpHeaders: [{ name: "x-asked", value: "by the kubelet" }] }),
          ...often,
        },
      },
    ],
    containers: [
      {
        name: "orders",
        image: "shop/probed:1",
        env: [{ name: "GRPC_PORT", value: "9000" }],
        ports: [{ containerPort: 9000 }],
        startupProbe: { grpc: { port: 9000 }, periodSeconds: 1, failureThreshold: 600, timeoutSeconds: 5 },
        readinessProbe: { grpc: { port: 9000, service: "shop.Orders" }, ...often },
        livenessProbe: { grpc: { port: 9000 }, ...often },
        lifecycle: { postStart: https("/warm"), preStop: https("/leave") },
      },
    ],
  };
  let running: RunningGroup;
  /** What its HTTPS server was asked, each question once, in their order. */
  const asked = () => [...new Set(running.log("vault").trim().split("\n"))];

  it("start one after the other, each with what it needs of the mesh, and are asked over HTTPS and by gRPC", async () => {
    running = await pod("orders", orders, { listenerPorts: [9000, 8443], proof: "certificate" });
    await running.steady(60_000);
    const well = { state: "RUNNING", health: "HEALTHY", restarts: 0 };
    const ended = { state: "STOPPED", health: "UNKNOWN", exitCode: 0, restarts: 0 };
    assert.deepEqual(running.status, {
      "envoy-redirect": ended,
      envoy: well,
      migrate: ended,
      vault: well,
      orders: well,
    });
    assert.equal(JSON.parse(running.log("migrate")).server, "prices");
    assert.deepEqual(
      asked()
        .filter((line) => line !== "listens")
        .sort(),
      ["GET /started ", "GET /warm ", "GET /well?deep=1 by the kubelet"],
    );
    // The hook is asked once the sidecar has started, and before anything asks the application itself.
    assert.deepEqual(asked().slice(0, 2), ["listens", "GET /started "]);
    const { address } = running;
    const questions = [
      ...["/vault/startupProbe", "/vault/readinessProbe?deep=1", "/orders/startupProbe"],
      ...["/orders/readinessProbe", "/orders/livenessProbe", "/orders/lifecycle/preStop/more"],
    ];
    assert.deepEqual(
      await Promise.all(questions.map(async (path) => (await callAt(`${address}:15020`, path)).status)),
      [200, 200, 200, 200, 200, 404],
    );
    // The ports themselves are the mesh's.
    const directly = async (port: number) => (await callAt(`${address}:${port}`, "/well")).status;
    await assert.rejects(directly(9000));
    await assert.rejects(overHttps(address, 8443));
  });

  it("are not ready while their service does not serve, and start again where nothing of it does", async () => {
    running.container("orders").signal("SIGUSR2");
    await running.until(({ orders }) => orders?.health === "UNHEALTHY");
    assert.equal(running.status.orders?.restarts, 0);
    running.container("orders").signal("SIGUSR2");
    await running.until(({ orders }) => orders?.health === "HEALTHY");
    assert.equal(running.status.orders?.restarts, 0);
    running.container("orders").signal("SIGHUP");
    await running.until(({ orders }) => orders?.restarts === 1 && orders.health === "HEALTHY");
    assert.equal(running.status.vault?.restarts, 0);
  });

  it("end in the other order, with a question on the way", async () => {
    const [app, vault, envoy] = ["orders", "vault", "envoy"].map((name) => running.container(name));
    await running.stop();
    assert.deepEqual(
      [app, vault, envoy].map((container) => container?.outcome?.code),
      [0, 0, 0],
    );
    assert.ok((vault?.stopAskedAt ?? 0) >= (app?.outcome?.at ?? Number.POSITIVE_INFINITY));
    assert.ok((envoy?.stopAskedAt ?? 0) >= (vault?.outcome?.at ?? Number.POSITIVE_INFINITY));
    const lines = running.log("vault").trim().split("\n");
    assert.equal(lines.filter((line) => line === "GET /leave ").length, 2, "at the restart, and at the end");
    assert.equal(lines.at(-1), "is asked to end");
  });

  const jobs = {
    initContainer: {},
    explicit: { interception: { mode: "explicit" } },
  } as const;
  for (const [mode, options] of Object.entries(jobs)) {
    it(`of a Job end when their own containers do, although Envoy runs, with ${mode}`, async () => {
      const volumeMounts = [{ name: "seen", mountPath: "/seen" }];
      const job = await pod(
        "report",
        {
          restartPolicy: "OnFailure",
          volumes: [{ name: "seen", emptyDir: {} }],
          containers: [
            { name: "first", image: "shop/tools:1", command: ["sh", "-c", callPrices] },
            {
              name: "second",
              image: "shop/tools:1",
              command: ["sh", "-c", `[ -e /seen/once ] || { : > /seen/once; exit 3; }; ${callPrices}`],
              volumeMounts,
            },
          ],
        },
        { name: `report-${mode.slice(0, 4)}`, ...options },
      );
      assert.equal(await job.stopped(), "essential container second ended with 0");
      const { first, second, envoy } = job.status;
      assert.deepEqual(
        [first, second, envoy].map((each) => [each?.state, each?.exitCode, each?.restarts]),
        [
          ["STOPPED", 0, 0],
          ["STOPPED", 0, 1],
          ["STOPPED", 0, 0],
        ],
      );
      for (const name of ["first", "second"]) assert.equal(JSON.parse(job.log(name)).server, "prices");
    });
  }
});

/** Asks as the kubelet would: whoever shows a certificate is believed. */
const overHttps = (host: string, port: number) =>
  new Promise((resolve, reject) => {
    get({ host, port, path: "/well", rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).once("error", reject);
  });
