// What ECS does in a deployment: a new task starts, traffic finds it, the old one is stopped in its order. No request
// is lost, because Envoy's drain comes before everything else.
import assert from "node:assert/strict";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import { answers, application, callThroughFront, Shop, type TaskOf, Traffic } from "./shop.js";

describe("the replacement of an ECS task", function () {
  this.timeout(180_000);
  let shop: Shop;
  let tasks: RunningGroup[] = [];

  before(async function () {
    skipWithout(this, containersMissing());
    shop = await Shop.open();
    await shop.createMesh();
  });
  after(() => shop?.close());
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const task of tasks) console.error(`---- ${task.group.name}\n${task.logs}`);
  });

  /** Longer than Envoys ask for the addresses of a name. */
  const drain: TaskOf = { drainSeconds: 7 };

  it("loses no request, of those that take long either", async () => {
    tasks = await shop.service(
      ["catalog-v1", { ...drain, task: "old", containers: [application("old")] }],
      ["front"],
    );
    const [old, front] = tasks as [RunningGroup, RunningGroup];
    await answers(front, "old");
    const traffic = new Traffic(async () => {
      const { status, body } = await callThroughFront(front, "/slow/100");
      return status === 200 ? JSON.parse(body).server : `${status} ${body}`;
    });
    await traffic.more("old");

    const replacement = await shop.start("catalog-v1", {
      ...drain,
      task: "new",
      containers: [application("new")],
    });
    tasks.push(replacement);
    await replacement.steady();
    shop.cluster.register("catalog-v1.tasks", replacement);
    await old.stop();
    await traffic.more("new", 50);
    const answered = await traffic.end();
    assert.deepEqual(Object.keys(answered).sort(), ["new", "old"]);

    // Nobody was killed, and everything ended in its turn.
    const containers = ["envoy-drain", "app", "envoy"].map((name) => old.container(name));
    assert.deepEqual(
      containers.map(({ outcome }) => outcome?.code),
      [0, 0, 0],
    );
    for (const [index, { outcome }] of containers.slice(0, 2).entries()) {
      assert.ok((outcome?.at ?? 0) <= (containers[index + 1]?.stopAskedAt ?? 0));
    }
    assert.match(old.log("app"), /is asked to end\n.*ends\n$/);
  });

  it("is noticed where a task vanishes without a word", async () => {
    const [, front, current] = tasks as [RunningGroup, RunningGroup, RunningGroup];
    const other = await shop.start("catalog-v1", { task: "other", containers: [application("other")] });
    tasks.push(other);
    await other.steady();
    shop.cluster.register("catalog-v1.tasks", other, current);
    await answers(front, "other");
    current.kill();
    shop.cluster.register("catalog-v1.tasks", other);
    await until(async () => {
      const all = await Promise.all(Array.from({ length: 5 }, () => callThroughFront(front)));
      return all.every(({ status, body }) => status === 200 && JSON.parse(body).server === "other");
    });
  });
});
