import assert from "node:assert/strict";
import type { EncodedResource } from "./encode.js";
import { ResourceSets } from "./resource-set.js";
import { Subscriptions } from "./subscription.js";

const resource = (name: string): EncodedResource => ({
  name,
  version: "0000000000000001",
  any: new Uint8Array([1]),
  entities: [],
});

describe("subscriptions", () => {
  let subscriptions: Subscriptions;
  beforeEach(() => {
    subscriptions = new Subscriptions();
  });

  it("are the same object for the same names in any order, however they came about", () => {
    const names = Array.from({ length: 1000 }, (_, i) => `cluster-${i}`);
    const listed = subscriptions.replace(names);
    assert.equal(subscriptions.replace(names.toReversed()), listed);
    const added = subscriptions.change(subscriptions.replace(names.slice(10)), {
      subscribe: names.slice(0, 10),
      unsubscribe: [],
    });
    assert.equal(added, listed);
    assert.notEqual(subscriptions.replace(names.slice(1)), listed);
    assert.notEqual(subscriptions.replace(["*", ...names]), listed);
  });

  it("of none and of all are one each", () => {
    assert.equal(subscriptions.replace([]), subscriptions.none);
    assert.equal(subscriptions.replace(["*"]), subscriptions.all);
    assert.equal(
      subscriptions.change(subscriptions.all, { subscribe: [], unsubscribe: ["*"] }),
      subscriptions.none,
    );
    assert.equal(
      subscriptions.change(subscriptions.all, { subscribe: [], unsubscribe: [] }),
      subscriptions.all,
    );
  });

  it("find what a set has for them, and what it has not", () => {
    const sets = new ResourceSets();
    const [a, b] = [resource("a"), resource("b")];
    const set = sets.of("clusters", [a, b]);
    const some = subscriptions.replace(["b", "z"]);
    assert.deepEqual(some.select(set), { resources: [b], missing: ["z"] });
    assert.deepEqual(subscriptions.replace(["*", "z"]).select(set), { resources: [a, b], missing: ["z"] });
    assert.deepEqual(subscriptions.none.select(set), { resources: [], missing: [] });
    const everything = sets.difference(sets.empty("clusters"), set);
    assert.deepEqual(some.restrict(everything), { changed: [b], removed: [] });
    assert.equal(subscriptions.replace(["a", "b", "z"]).restrict(everything), everything);
    assert.equal(subscriptions.all.restrict(everything), everything);
  });
});
