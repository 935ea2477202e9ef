import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { namespacesMissing } from "@pulumi-appmesh/tests/support/namespaces.js";
import { measureTransparent } from "./transparent.js";

describe("the data path's benchmark in network namespaces", function () {
  this.timeout(120_000);

  it("reaches the application by the service's name through every pair of Envoys, and leaves nothing behind", async function () {
    const missing = namespacesMissing({ install: false });
    if (missing !== undefined) {
      console.log(`      left out: ${missing}`);
      this.skip();
    }
    const result = await measureTransparent(() => {}, { rounds: 1, ms: 300 });
    assert.ok("paths" in result);
    assert.deepEqual(
      result.paths.map(({ way, configured }) => `${way}, ${configured}`),
      ["none, by nobody", "sidecars, by hand", "sidecars, by hand, again", "sidecars, by the mesh"],
    );
    for (const { way, configured, rounds, ...measured } of result.paths) {
      assert.deepEqual(
        Object.entries(measured).filter(([, value]) => !(value > 0)),
        [],
        `${way}, ${configured}`,
      );
    }
    const mine = new RegExp(`\\bam-${process.pid.toString(36)}-`);
    for (const what of [["netns", "list"], ["link"]]) {
      assert.doesNotMatch(spawnSync("ip", what, { encoding: "utf8" }).stdout, mine);
    }
  });

  it("says why it was left out", async function () {
    const missing = namespacesMissing({ install: false });
    if (missing === undefined) this.skip();
    assert.deepEqual(await measureTransparent(() => {}, { rounds: 1, ms: 50 }), { leftOut: missing });
  });
});
