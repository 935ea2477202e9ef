// A virtual gateway as an ECS task of its own: Envoy without an application. Behind it, tasks of instances of Amazon
// EC2, whose traffic a container of theirs redirects.
import assert from "node:assert/strict";
import { callAt } from "../support/http.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { answers, application, callCatalog, catalogService, Shop, stat, Traffic } from "./shop.js";

describe("a virtual gateway as an ECS task", function () {
  this.timeout(180_000);
  let shop: Shop;
  let tasks: RunningGroup[] = [];

  before(async function () {
    skipWithout(this, containersMissing());
    // All that the image of the init container needs.
    shop = await Shop.open({ images: { "shop/iptables": {} } });
    await shop.createMesh();
    await shop.create("virtualGateway", ["edge"], {
      listeners: [{ portMapping: { port: 8088, protocol: "http" } }],
    });
    await shop.create("gatewayRoute", ["edge", "catalog"], {
      httpRoute: {
        match: { prefix: "/shop/" },
        action: { target: { virtualService: { virtualServiceName: catalogService } } },
      },
    });
  });
  after(() => shop?.close());
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const task of tasks) console.error(`---- ${task.group.name}\n${task.logs}`);
  });

  const gateway = (task: string) =>
    shop.start("edge", {
      virtualGateway: "edge",
      containers: [],
      listenerPorts: [8088],
      drainSeconds: 2,
      task,
    });
  const call = async (edge: RunningGroup): Promise<string> => {
    const { status, body } = await callAt(`${edge.address}:8088`, "/shop/path");
    return status === 200 ? `${JSON.parse(body).server} ${JSON.parse(body).url}` : `${status}`;
  };

  it("brings what comes from outside to a task that a container redirects", async () => {
    const init = {
      interception: { mode: "initContainer", image: "shop/iptables:1" },
      requiresCompatibilities: ["EC2"],
      memory: 256,
    } as const;
    tasks = await shop.service(["catalog-v1", init], ["front", init]);
    const [catalog, front] = tasks as [RunningGroup, RunningGroup];
    const edge = await gateway("edge");
    tasks.push(edge);
    await edge.steady();
    assert.deepEqual(catalog.status["envoy-redirect"], {
      ...{ state: "STOPPED", health: "UNKNOWN", exitCode: 0, restarts: 0 },
    });
    const completed = "http.ingress.downstream_rq_completed";
    const before = await stat(catalog, completed);
    await until(async () => (await call(edge)) === "catalog-v1 /path");
    assert.equal((await callAt(`${edge.address}:8088`, "/elsewhere")).status, 404);
    await until(async () => (await stat(catalog, completed)) > before);
    await answers(front, "catalog-v1");
    assert.equal(await callCatalog(front), "catalog-v1");
    assert.equal(catalog.space.run("iptables", "-w", "-t", "nat", "-S").includes("--uid-owner 1337"), true);
    assert.equal(edge.space.run("iptables", "-w", "-t", "nat", "-S").includes("APPMESH"), false);
  });

  it("is replaced without a lost request, as a load balancer that is told finds the next", async () => {
    const [, , old] = tasks as [RunningGroup, RunningGroup, RunningGroup];
    let target = old;
    const traffic = new Traffic(() => call(target));
    await traffic.more("catalog-v1 /path");
    const next = await gateway("edge-2");
    tasks.push(next);
    await next.steady();
    await until(async () => (await call(next)) === "catalog-v1 /path");
    target = next;
    await old.stop();
    await traffic.more("catalog-v1 /path");
    assert.deepEqual(Object.keys(await traffic.end()), ["catalog-v1 /path"]);
  });

  it("does not start before its control plane has told it what to serve", async () => {
    const unknown = await shop.start("nobody", { task: "nobody", containers: [application("nobody")] });
    tasks.push(unknown);
    await unknown.until(({ envoy }) => envoy?.state === "RUNNING");
    await until(async () => (await unknown.container("envoy").run(["true"])).code === 0);
    assert.deepEqual(unknown.status.app, { state: "PENDING", health: "UNKNOWN", restarts: 0 });
    await shop.create("virtualNode", ["nobody"], {});
    await unknown.steady();
  });
});
