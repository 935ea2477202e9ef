// The name of a virtual service in DNS, where programs look before they call: that of the Cloud Map service in which every
// version of it is registered, as several MeshEcsServices with one cloudMap.serviceArn have it.
import assert from "node:assert/strict";
import { CloudMapServer } from "../support/cloud-map.js";
import { callAt } from "../support/http.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { application, Shop, Traffic, weighted } from "./shop.js";

const name = "catalog.shop.internal";

describe("the name of a virtual service of several versions on ECS", function () {
  this.timeout(180_000);
  let cloudMap: CloudMapServer;
  let service = "";
  let shop: Shop;
  let front: RunningGroup;
  const tasks = new Map<string, RunningGroup>();

  before(async function () {
    skipWithout(this, containersMissing());
    cloudMap = await CloudMapServer.start();
    service = await cloudMap.service(await cloudMap.namespace("shop.internal"), "catalog");
    shop = await Shop.open({ args: () => ["--cloud-map-interval", "1"], env: cloudMap.env });
    await shop.create("mesh", [], {});
    const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
    for (const version of ["catalog-v1", "catalog-v2"]) {
      const attributes = [{ key: "ECS_TASK_DEFINITION_FAMILY", value: version }];
      const awsCloudMap = { namespaceName: "shop.internal", serviceName: "catalog", attributes };
      await shop.create("virtualNode", [version], { listeners, serviceDiscovery: { awsCloudMap } });
    }
    await shop.create("virtualRouter", ["catalog"], { listeners });
    await shop.create("route", ["catalog", "all"], weighted({ "catalog-v1": 1 }));
    await shop.create("virtualService", [name], {
      provider: { virtualRouter: { virtualRouterName: "catalog" } },
    });
    await shop.create("virtualNode", ["front"], {
      listeners,
      serviceDiscovery: { dns: { hostname: "front.tasks" } },
      backends: [{ virtualService: { virtualServiceName: name } }],
    });
    [front] = (await shop.service(["front"])) as [RunningGroup];
    tasks.set("front", front);
  });
  after(async () => {
    await shop?.close();
    await cloudMap?.close();
  });
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const task of tasks.values()) console.error(`---- ${task.group.name}\n${task.logs}`);
  });

  /** As Cloud Map's DNS answers from now on. */
  const told = async () => {
    const addresses = await cloudMap.addresses(name);
    if (addresses.length > 0) shop.cluster.names.set(name, addresses);
    else shop.cluster.names.delete(name);
    return addresses;
  };
  /** A task of a version that ECS has registered, and found to be healthy. */
  async function start(version: string): Promise<RunningGroup> {
    const task = await shop.start(version, { containers: [application(version)] });
    tasks.set(version, task);
    await task.steady();
    await cloudMap.register(service, version, {
      AWS_INSTANCE_IPV4: task.address,
      AWS_INIT_HEALTH_STATUS: "UNHEALTHY",
      ECS_TASK_DEFINITION_FAMILY: version,
    });
    await cloudMap.health(service, version, "HEALTHY");
    return task;
  }
  /** Who answers the front's program, which calls by the name. */
  const call = async (): Promise<string> => {
    const { status, body } = await callAt(`${front.address}:8080`, `/call?url=http://${name}:8080/`);
    return status === 200 ? JSON.parse(body).server : `${status} ${body.trim()}`;
  };

  it("leads nowhere without a task, so that a program does not come as far as its Envoy", async () => {
    assert.deepEqual(await told(), []);
    assert.equal(await call(), `502 getaddrinfo ENOTFOUND ${name}`);
  });

  it("leads to the tasks of every version, of which Envoy chooses those of the route", async () => {
    const one = await start("catalog-v1");
    assert.deepEqual(await told(), [one.address]);
    await until(async () => (await call()) === "catalog-v1");
    const two = await start("catalog-v2");
    assert.deepEqual(await told(), [one.address, two.address].sort());
    const traffic = new Traffic(call);
    await traffic.more("catalog-v1", 60);
    assert.deepEqual(Object.keys(await traffic.end()), ["catalog-v1"]);
  });

  it("leads somewhere while one version makes way for the other", async () => {
    const two = tasks.get("catalog-v2") as RunningGroup;
    const traffic = new Traffic(call);
    await shop.api.update(
      { kind: "route", names: ["shop", "catalog", "all"] },
      weighted({ "catalog-v2": 1 }),
    );
    await traffic.more("catalog-v2", 20);
    await cloudMap.deregister(service, "catalog-v1");
    assert.deepEqual(await told(), [two.address]);
    await tasks.get("catalog-v1")?.stop();
    await traffic.more("catalog-v2", 20);
    const answers = Object.keys(await traffic.end());
    assert.deepEqual(
      answers.filter((answer) => !answer.startsWith("catalog-v")),
      [],
    );
  });
});
