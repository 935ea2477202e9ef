import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { containersMissing } from "@pulumi-appmesh/tests/support/tasks/cluster.js";
import { measureEcs } from "./ecs.js";

describe("the benchmark of ECS tasks", function () {
  this.timeout(120_000);
  const plan = { path: { rounds: 1, ms: 200 }, backends: [0, 3], starts: 1 };

  it("sends requests between tasks, sizes their Envoys and times their starts, and leaves nothing behind", async function () {
    const missing = containersMissing({ install: false });
    if (missing !== undefined) {
      console.log(`      left out: ${missing}`);
      this.skip();
    }
    const result = await measureEcs(() => {}, plan);
    assert.ok("paths" in result);
    for (const { way, rounds, configured, ...measured } of result.paths) {
      const zero = Object.entries(measured).filter(([, value]) => !(value > 0));
      assert.deepEqual(zero, [], `${way}, ${configured}, ${rounds}`);
    }
    const [alone, meshed] = result.paths;
    assert.ok((meshed?.cpuMicros ?? 0) > (alone?.cpuMicros ?? 0), "two Envoys more cost nothing");
    assert.deepEqual(
      result.memory.map(({ backends, residentKiB }) => [backends, residentKiB > 10_000]),
      [
        [0, true],
        [3, true],
      ],
    );
    const [before, after] = result.starts;
    assert.deepEqual([before?.inMesh, after?.inMesh], [false, true]);
    for (const { application, served } of result.starts) assert.ok(served >= application);
    assert.ok((after?.application ?? 0) > 4_000, "the application waits for the first health check");
    const mine = new RegExp(`\\bam-${process.pid.toString(36)}-`);
    for (const what of [["netns", "list"], ["link"]]) {
      assert.doesNotMatch(spawnSync("ip", what, { encoding: "utf8" }).stdout, mine);
    }
  });

  it("says why it was left out", async function () {
    const missing = containersMissing({ install: false });
    if (missing === undefined) this.skip();
    assert.deepEqual(await measureEcs(() => {}, plan), { leftOut: missing });
  });
});
