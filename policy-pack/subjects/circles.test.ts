import { deepEqual, equal } from "node:assert/strict";
import { circles } from "./circles.js";

const groups = (next: Readonly<Record<string, string>>) =>
  circles(Object.keys(next), (node) => next[node] ?? "").map((group) => [...group].sort().join(""));

describe("groups of nodes that reach one another", () => {
  it("come after all that they lead to", () => {
    deepEqual(groups({ a: "bc", b: "d", c: "d", d: "" }), ["d", "b", "c", "a"]);
    deepEqual(groups({ d: "", c: "d", b: "d", a: "bc" }), ["d", "c", "b", "a"]);
  });

  it("are the circles, and each other node by itself", () => {
    deepEqual(groups({ a: "b", b: "c", c: "ad", d: "d" }), ["d", "abc"]);
    deepEqual(groups({ a: "b", b: "ac", c: "d", d: "c" }), ["cd", "ab"]);
    // Two circles that share a node are one; a way to a group that is done already closes no circle.
    deepEqual(groups({ a: "bc", b: "a", c: "a" }), ["abc"]);
    deepEqual(groups({ a: "bc", b: "", c: "b" }), ["b", "c", "a"]);
  });

  it("are found however long the way is", () => {
    const length = 100_000;
    const chain = circles([0], (node) => (node + 1 < length ? [node + 1] : []));
    deepEqual([chain.length, chain[0], chain.at(-1)], [length, [length - 1], [0]]);
    const circle = circles([0], (node) => [(node + 1) % length]);
    equal(circle.length, 1);
  });
});
