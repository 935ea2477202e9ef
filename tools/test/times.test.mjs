import assert from "node:assert/strict";
import { describeTimes, longestFirst } from "./times.mjs";

describe("the times of test files", () => {
  const known = {
    "b.js": { wall: 2, cpu: 1 },
    "c.js": { wall: 10, cpu: 1 },
    "gone.js": { wall: 20, cpu: 1 },
  };

  it("let those that take longest begin first, after those that nothing is known of", () => {
    assert.deepEqual(longestFirst(["a.js", "b.js", "c.js", "d.js"], known), ["a.js", "d.js", "c.js", "b.js"]);
  });

  it("are told of the slowest", () => {
    const times = new Map([
      ["fast.js", { wall: 1.04, cpu: 0.5 }],
      ["slow.js", { wall: 20.26, cpu: 30.14 }],
      ["middle.js", { wall: 7, cpu: 0 }],
    ]);
    assert.equal(
      describeTimes(times, 2),
      [
        "3 files: 28 s side by side, 31 s of CPU time; the slowest:",
        "   20.3 s    30.1 s of CPU  slow.js",
        "    7.0 s     0.0 s of CPU  middle.js",
      ].join("\n"),
    );
  });
});
