import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { buildPeers } from "./peers.js";
import { measureReplicas } from "./replicas.js";

const noGo = (): boolean => {
  try {
    execFileSync("go", ["version"], { stdio: "ignore" });
    return false;
  } catch {
    return true;
  }
};

describe("the benchmark of control planes that share a table", function () {
  this.timeout("10m"); // the first run builds the fake proxies

  before(function () {
    if (noGo()) this.skip();
  });

  it("sees each change at each proxy, nothing sent again, and what the table is asked for", async function () {
    const results = await measureReplicas(await buildPeers(() => {}), () => {}, {
      mesh: { services: 3, callers: 1, backends: 2 },
      proxies: 5,
      rounds: 2,
      idleSeconds: 1,
    });
    if (results === undefined) return this.skip();
    const { propagation, death, memory, idle } = results;
    assert.deepEqual(
      propagation.map(({ server, last, resourcesPerProxy }) => [server, last.length, resourcesPerProxy]),
      [
        ["SQLite, one process", 2, 1],
        ["DynamoDB, by poll", 2, 1],
        ["DynamoDB, by notices", 2, 1],
      ],
    );
    assert.deepEqual([death.resourcesResent, death.resubscribedMs > 0], [0, true]);
    assert.deepEqual(
      memory.map(({ server, proxies }) => [server, proxies]),
      [
        ["DynamoDB, by notices", 5],
        ["mutual TLS", 5],
      ],
    );
    assert.ok((idle.perHour.GetItem ?? 0) > 0, JSON.stringify(idle));
    assert.equal(idle.perHour.TransactWriteItems, undefined);
  });
});
