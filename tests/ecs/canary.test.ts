// Three tasks of a shop, by the task definitions that users get: traffic is redirected by proxyConfiguration, or not at
// all, and shifted from one version to the next while requests flow.
import assert from "node:assert/strict";
import { callAt } from "../support/http.js";
import { skipWithout } from "../support/needs.js";
import { fileLimit } from "../support/process-status.js";
import { until } from "../support/sidecar.js";
import { containersMissing } from "../support/tasks/cluster.js";
import type { RunningGroup } from "../support/tasks/running-group.js";
import {
  answers,
  application,
  callCatalog,
  callThroughFront,
  catalogService,
  Shop,
  stat,
  Traffic,
  weighted,
} from "./shop.js";

describe("a canary of ECS tasks", function () {
  this.timeout(180_000);
  let shop: Shop;
  let front: RunningGroup;
  let v1: RunningGroup;
  let v2: RunningGroup;

  before(async function () {
    skipWithout(this, containersMissing());
    shop = await Shop.open();
    await shop.createMesh();
    [v1, v2, front] = (await shop.service(["catalog-v1"], ["catalog-v2"], ["front"])) as [
      RunningGroup,
      RunningGroup,
      RunningGroup,
    ];
    await answers(front, "catalog-v1");
  });
  after(() => shop?.close());
  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const task of [front, v1, v2]) console.error(`---- ${task?.group.name}\n${task?.logs}`);
  });

  const route = (spec: object) => shop.api.update({ kind: "route", names: ["shop", "catalog", "all"] }, spec);

  it("starts each application after its Envoy, which runs as the user that is not redirected", async () => {
    for (const task of [front, v1, v2]) {
      assert.deepEqual(task.status, {
        app: { state: "RUNNING", health: "UNKNOWN", restarts: 0 },
        envoy: { state: "RUNNING", health: "HEALTHY", restarts: 0 },
        "envoy-drain": { state: "RUNNING", health: "UNKNOWN", restarts: 0 },
      });
      assert.ok(task.container("app").startedAt >= task.container("envoy").startedAt);
      assert.match(task.log("app"), /listens on 8080 as 0\n/);
      const { output } = await task.container("envoy").run(["bash", "-c", "id -u; ulimit -n"]);
      assert.equal(output, `1337\n${Math.min(131072, fileLimit("self", "hard"))}\n`);
    }
  });

  it("takes a request out through one Envoy and in through the other", async () => {
    const out = () => stat(front, "cluster.cds_egress_shop_catalog-v1_http_8080.upstream_rq_completed");
    const into = () => stat(v1, "http.ingress.downstream_rq_completed");
    const before = [await out(), await into()];
    assert.equal(await callCatalog(front), "catalog-v1");
    const after = before.map((count) => count + 1);
    await until(async () => (await out()) >= (after[0] as number) && (await into()) >= (after[1] as number));
    assert.deepEqual([await out(), await into()], after);
    // Whoever calls from outside of the mesh gets in, too, and finds the same Envoy.
    assert.equal(JSON.parse((await callAt(`${v1.address}:8080`, "/")).body).server, "catalog-v1");
    await until(async () => (await into()) === (after[1] as number) + 1);
  });

  it("shifts traffic from one version to the next, and loses no request", async () => {
    const traffic = new Traffic(() => callCatalog(front));
    await traffic.more("catalog-v1");
    await route(weighted({ "catalog-v1": 50, "catalog-v2": 50 }));
    await traffic.more("catalog-v2");
    await route(weighted({ "catalog-v2": 1 }));
    await answers(front, "catalog-v2");
    const before = traffic.answers.get("catalog-v1");
    await traffic.more("catalog-v2", 50);
    // Those that were on the way when the route changed.
    assert.ok((traffic.answers.get("catalog-v1") ?? 0) - (before ?? 0) <= 3);
    assert.deepEqual(Object.keys(await traffic.end()).sort(), ["catalog-v1", "catalog-v2"]);
  });

  it("tries again as the route says", async () => {
    const retried = weighted(
      { "catalog-v2": 1 },
      {
        retryPolicy: {
          maxRetries: 3,
          perRetryTimeout: { unit: "s", value: 15 },
          httpRetryEvents: ["server-error"],
        },
      },
    );
    // By App Mesh's default, 503 is tried twice more.
    assert.equal((await callThroughFront(front, "/flaky/3/before")).status, 503);
    assert.equal(await callCatalog(front, "/flaky/2/before"), "catalog-v2");
    await route(retried);
    await until(async () => (await callThroughFront(front, `/flaky/3/${Math.random()}`)).status === 200);
    assert.equal((await callThroughFront(front, "/flaky/4/after")).status, 503);
    await route(weighted({ "catalog-v2": 1 }));
  });

  it("sends who has a header to another version", async () => {
    await shop.create("route", ["catalog", "testers"], {
      priority: 1,
      httpRoute: {
        match: { prefix: "/", headers: [{ name: "x-tester", match: { exact: "yes" } }] },
        action: { weightedTargets: [{ virtualNode: "catalog-v1", weight: 1 }] },
      },
    });
    await until(async () => (await callCatalog(front, "/", { "x-tester": "yes" })) === "catalog-v1");
    assert.deepEqual(
      [await callCatalog(front), await callCatalog(front, "/", { "x-tester": "no" })],
      ["catalog-v2", "catalog-v2"],
    );
  });

  it("does the same where nothing is redirected", async () => {
    const explicit = {
      containers: [application("explicit", { portMappings: [{ containerPort: 9080 }] })],
      listenerPorts: [8080],
      interception: { mode: "explicit", appPorts: { "8080": 9080 } },
    } as const;
    // These prove by tokens who they are, the others by certificates.
    const withToken = async (virtualNode: string) => ({
      ...explicit,
      controlPlane: { ...shop.endpoint, ...(await shop.identity({ virtualNode }, "token")) },
      task: `explicit-${virtualNode}`,
    });
    const [caller, called] = (await shop.service(
      ["front", await withToken("front")],
      ["catalog-v2", await withToken("catalog-v2")],
    )) as [RunningGroup, RunningGroup];
    assert.equal(caller.space.run("iptables", "-w", "-t", "nat", "-S").includes("APPMESH"), false);
    await until(async () => (await callCatalog(caller)) === "explicit");
    assert.equal(await callCatalog(caller, "/", { "x-tester": "yes" }), "catalog-v1");
    assert.ok((await stat(called, "http.ingress.downstream_rq_completed")) > 0);
    // The names of the mesh are known to its proxies alone.
    const past = await caller
      .container("app")
      .run(["curl", "-s", "--noproxy", "*", "-m", "1", `http://${catalogService}:8080/`]);
    assert.equal(past.code, 28);
  });
});
