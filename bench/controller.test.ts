import assert from "node:assert/strict";
import { moto, ours } from "./api-contender.js";
import { measureController } from "./controller.js";

describe("the benchmark of the Kubernetes controller's requests", function () {
  this.timeout(120_000);

  it("makes every object of every kind that a server has", async () => {
    const plan = { "virtual nodes": 60, "virtual services": 3, routes: 55 };
    const results = await measureController([ours(), await moto()], () => {}, plan);
    assert.deepEqual(
      results.map(({ server, kind, latencies }) => [server, kind, latencies.length]),
      [
        ["pulumi-appmesh", "virtual nodes", 60],
        ["moto", "virtual nodes", 60],
        ["pulumi-appmesh", "virtual services", 3],
        ["moto", "virtual services", 0],
        ["pulumi-appmesh", "routes", 55],
        ["moto", "routes", 55],
      ],
    );
    for (const { latencies } of results) assert.ok(latencies.every((ms) => ms > 0));
  });
});
