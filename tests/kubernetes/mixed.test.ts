// One mesh whose services live half on ECS and half on Kubernetes: tasks and pods call each other, and traffic moves
// from one to the other.
import assert from "node:assert/strict";
import { addMeshToPod } from "@pulumi-appmesh/provider/components/kubernetes/add-mesh-to-pod.js";
import { answers, callCatalog, catalogService, rhythm, Shop, stat, Traffic, weighted } from "../ecs/shop.js";
import { callAt } from "../support/http.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import { podGroup } from "../support/tasks/pod.js";
import type { RunningGroup } from "../support/tasks/running-group.js";

describe("a mesh of ECS tasks and Kubernetes pods", function () {
  this.timeout(180_000);
  let shop: Shop;
  const groups: RunningGroup[] = [];

  before(async function () {
    const missing = containersMissing();
    if (missing !== undefined) {
      console.log(`      left out: ${missing}`);
      this.skip();
    }
    shop = await Shop.open({ images: { "shop/iptables": {} } });
    await shop.createMesh();
  });
  after(() => shop?.close());
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const group of groups) console.error(`---- ${group.group.name}\n${group.logs}`);
  });

  /** The pod that a user's containers become. Its Envoy proves who it is by a certificate, or by a token that is mounted. */
  async function pod(
    node: string,
    name = `${node}-pod`,
    proof: "certificate" | "token" = "certificate",
  ): Promise<RunningGroup> {
    const issued = await shop.issue({ virtualNode: node }, proof);
    const key = (of: string) => ({ name: "identity", key: of });
    const spec = addMeshToPod(
      {
        containers: [
          {
            name: "app",
            image: "shop/app:1",
            env: [{ name: "NAME", value: `${node} in a pod` }],
            ports: [{ name: "http", containerPort: 8080 }],
            // Of the kubelet, which is outside: it goes through Envoy.
            readinessProbe: { httpGet: { port: "http" }, periodSeconds: 2, timeoutSeconds: 5 },
          },
        ],
      },
      {
        meshName: "shop",
        virtualNode: node,
        controlPlane: {
          ...shop.endpoint,
          trustFrom: key("trust"),
          ...(proof === "certificate" && {
            certificateFrom: key("certificate"),
            privateKeyFrom: key("privateKey"),
          }),
        },
        interception: { image: "shop/iptables:1" },
        drainSeconds: 7,
      },
    );
    const group = podGroup(
      // As Kubernetes has it: through JSON.
      { metadata: { name: node, namespace: "shop" }, spec: JSON.parse(JSON.stringify(spec)) },
      {
        name,
        secrets: { identity: issued },
        token: (audience) => (audience === "appmesh" ? (issued.token ?? "") : "none"),
      },
    );
    const running = shop.cluster.run(group, rhythm);
    groups.push(running);
    return running;
  }

  it("moves a service from a task to a pod, and loses no request", async () => {
    const [v1, front] = (await shop.service(["catalog-v1"], ["front"])) as [RunningGroup, RunningGroup];
    groups.push(v1, front);
    const v2 = await pod("catalog-v2");
    shop.cluster.register("catalog-v2.tasks", v2);
    await v2.steady();
    assert.deepEqual(v2.status, {
      "envoy-redirect": { state: "STOPPED", health: "UNKNOWN", exitCode: 0, restarts: 0 },
      envoy: { state: "RUNNING", health: "HEALTHY", restarts: 0 },
      app: { state: "RUNNING", health: "HEALTHY", restarts: 0 },
    });
    await answers(front, "catalog-v1");
    const traffic = new Traffic(() => callCatalog(front));
    await traffic.more("catalog-v1");
    const route = { kind: "route", names: ["shop", "catalog", "all"] } as const;
    await shop.api.update(route, weighted({ "catalog-v1": 50, "catalog-v2": 50 }));
    await traffic.more("catalog-v2 in a pod");
    await shop.api.update(route, weighted({ "catalog-v2": 1 }));
    await answers(front, "catalog-v2 in a pod");
    await traffic.more("catalog-v2 in a pod", 50);
    assert.deepEqual(Object.keys(await traffic.end()).sort(), ["catalog-v1", "catalog-v2 in a pod"]);
    assert.ok((await stat(v2, "http.ingress.downstream_rq_completed")) > 50);
  });

  it("lets a pod call a task", async () => {
    const front = await pod("front", "front-pod", "token");
    await front.steady();
    await shop.api.update(
      { kind: "route", names: ["shop", "catalog", "all"] },
      weighted({ "catalog-v1": 1 }),
    );
    await until(async () => (await callCatalog(front)) === "catalog-v1");
    // It is of the mesh that the name leads there: outside, it leads nowhere.
    const { body } = await callAt(`${front.address}:8080`, `/call?url=http://other.local:8080/`);
    assert.match(body, /ENOTFOUND/);
    const past = await front
      .container("envoy")
      .run(["bash", "-c", `exec 3<>/dev/tcp/${catalogService}/8080`], 500);
    assert.equal(past.code, 137);
  });

  it("replaces a pod without a lost request", async () => {
    const front = groups.find(({ group }) => group.name === "front") as RunningGroup;
    const old = groups.find(({ group }) => group.name === "catalog-v2-pod") as RunningGroup;
    await shop.api.update(
      { kind: "route", names: ["shop", "catalog", "all"] },
      weighted({ "catalog-v2": 1 }),
    );
    await answers(front, "catalog-v2 in a pod");
    const traffic = new Traffic(() => callCatalog(front));
    const next = await pod("catalog-v2", "catalog-v2-next");
    await next.steady();
    shop.cluster.register("catalog-v2.tasks", next);
    await old.stop();
    const before = await stat(next, "http.ingress.downstream_rq_completed");
    await traffic.more("catalog-v2 in a pod");
    assert.ok((await stat(next, "http.ingress.downstream_rq_completed")) > before);
    assert.deepEqual(Object.keys(await traffic.end()), ["catalog-v2 in a pod"]);
    assert.deepEqual(
      ["app", "envoy"].map((name) => old.container(name).outcome?.code),
      [0, 0],
    );
  });
});
