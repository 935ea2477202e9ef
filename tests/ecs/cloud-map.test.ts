// ECS tasks that are found by AWS Cloud Map, as ECS registers them: with their address and health, and taken out before
// they are stopped.
import assert from "node:assert/strict";
import { CloudMapServer } from "../support/cloud-map.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { answers, application, callCatalog, Shop, Traffic } from "./shop.js";

describe("ECS tasks in AWS Cloud Map", function () {
  this.timeout(180_000);
  let cloudMap: CloudMapServer;
  let service = "";
  let shop: Shop;
  const tasks: RunningGroup[] = [];

  before(async function () {
    skipWithout(this, containersMissing());
    cloudMap = await CloudMapServer.start();
    service = await cloudMap.service(await cloudMap.namespace("shop.internal"), "catalog");
    shop = await Shop.open({ args: () => ["--cloud-map-interval", "1"], env: cloudMap.env });
    await shop.createMesh();
    await shop.api.update(
      { kind: "virtualNode", names: ["shop", "catalog-v1"] },
      {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        serviceDiscovery: {
          awsCloudMap: {
            namespaceName: "shop.internal",
            serviceName: "catalog",
            attributes: [{ key: "ECS_TASK_DEFINITION_FAMILY", value: "catalog-v1" }],
          },
        },
      },
    );
  });
  after(async () => {
    await shop?.close();
    await cloudMap?.close();
  });
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const task of tasks) console.error(`---- ${task.group.name}\n${task.logs}`);
  });

  /** A task, once it runs: ECS registers it as one whose health is not known to be good yet. */
  async function start(name: string, family = "catalog-v1"): Promise<RunningGroup> {
    const task = await shop.start("catalog-v1", {
      task: name,
      containers: [application(name)],
      // Longer than the control plane takes to ask again, and Envoys to hear of it.
      drainSeconds: 4,
    });
    tasks.push(task);
    await task.until(({ envoy }) => envoy?.state === "RUNNING");
    await cloudMap.register(service, name, {
      AWS_INSTANCE_IPV4: task.address,
      AWS_INIT_HEALTH_STATUS: "UNHEALTHY",
      AVAILABILITY_ZONE: "us-east-1a",
      REGION: "us-east-1",
      ECS_CLUSTER_NAME: "shop",
      ECS_SERVICE_NAME: "catalog",
      ECS_TASK_DEFINITION_FAMILY: family,
    });
    await cloudMap.health(service, name, "UNHEALTHY");
    return task;
  }

  it("are called once ECS tells that they are healthy, and only those of the version", async () => {
    const one = await start("one");
    const [front] = (await shop.service(["front"])) as [RunningGroup];
    tasks.push(front);
    await one.steady();
    await cloudMap.health(service, "one", "HEALTHY");
    const other = await start("other", "catalog-v2");
    const two = await start("two");
    await other.steady();
    await two.steady();
    await cloudMap.health(service, "other", "HEALTHY");
    await answers(front, "one");
    const traffic = new Traffic(() => callCatalog(front));
    await traffic.more("one", 50);
    const before = Object.fromEntries(traffic.answers);
    await cloudMap.health(service, "two", "HEALTHY");
    await traffic.more("two", 50);
    assert.deepEqual(Object.keys(before), ["one"]);
    assert.deepEqual(Object.keys(await traffic.end()).sort(), ["one", "two"]);
  });

  it("are taken out without a lost request", async () => {
    const [one, front] = tasks as [RunningGroup, RunningGroup];
    const traffic = new Traffic(() => callCatalog(front));
    await traffic.more("one");
    await cloudMap.deregister(service, "one");
    await one.stop();
    await traffic.more("two", 50);
    assert.deepEqual(Object.keys(await traffic.end()).sort(), ["one", "two"]);
  });

  it("are called on while Cloud Map is away", async () => {
    const [, front] = tasks as [RunningGroup, RunningGroup];
    await cloudMap.leave();
    const traffic = new Traffic(() => callCatalog(front));
    await until(() =>
      /does not answer for .*; its last known endpoints stay in use/.test(shop.controlPlane.log()),
    );
    await traffic.more("two", 50);
    assert.deepEqual(Object.keys(await traffic.end()), ["two"]);
  });
});
