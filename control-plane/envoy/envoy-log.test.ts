import assert from "node:assert/strict";
import { EnvoyLog } from "./envoy-log.js";

describe("EnvoyLog", () => {
  const closed = (reason: string) =>
    `warning config: DeltaAggregatedResources gRPC config stream to appmesh_control_plane closed: ${reason}{via_upstream}`;

  it("shows a line that repeats once, keeps what was said last, and is quiet once it is muted", () => {
    const shown: string[] = [];
    const log = new EnvoyLog((line) => shown.push(line));
    for (const line of ["a", "b", "a", "a"]) log.add(line);
    assert.deepEqual(shown, ["a", "b"]);
    assert.deepEqual(log.last(), ["a", "b", "a", "a"]);
    for (let i = 0; i < 30; i++) log.add(`${i}`);
    assert.deepEqual(
      log.last(),
      Array.from({ length: 20 }, (_, i) => `${i + 10}`),
    );
    log.mute();
    log.add("c");
    assert.equal(shown.includes("c"), false);
  });

  it("reads why the control plane was not to be had", () => {
    const shown: string[] = [];
    const log = new EnvoyLog((line) => shown.push(line));
    assert.equal(log.refusal(), undefined);
    log.add(closed("7, node%20id%20is%20not%20yours"));
    assert.equal(log.refusal(), "node id is not yours");
    assert.deepEqual(shown, [
      "warning config: DeltaAggregatedResources gRPC config stream to appmesh_control_plane closed: 7, node id is not yours",
    ]);
    log.add(closed("14, 100% gone"));
    assert.equal(log.refusal(), "100% gone");
  });
});
