import assert from "node:assert/strict";
import type { EncodedResource } from "./encode.js";
import { combinedVersion, isSendable, ResourceSets } from "./resource-set.js";

const resource = (name: string, version: string): EncodedResource => ({
  name,
  version,
  any: new Uint8Array([1]),
  entities: [],
});
const a1 = resource("a", "00000000ffffffff");
const a2 = resource("a", "0000000000000002");
const b1 = resource("b", "ffffffff00000002");
const c1 = resource("c", "123456789abcdef0");

describe("resource sets", () => {
  let sets: ResourceSets;
  beforeEach(() => {
    sets = new ResourceSets();
  });

  it("have the same version in any order, with carry and without overflow", () => {
    assert.equal(combinedVersion([]), "0000000000000000");
    assert.equal(combinedVersion([a1]), "00000000ffffffff");
    assert.equal(combinedVersion([a1, b1]), "0000000000000001");
    assert.equal(combinedVersion([a1, b1, c1]), combinedVersion([c1, a1, b1]));
    assert.equal(combinedVersion([a1, a2]), "0000000100000001");
  });

  it("are the same object where they are equal", () => {
    assert.equal(sets.of("clusters", [a1, b1]), sets.of("clusters", [b1, a1]));
    assert.notEqual(sets.of("clusters", [a1]), sets.of("endpoints", [a1]));
    assert.equal(sets.find("clusters", sets.of("clusters", [a1, b1]).version), sets.of("clusters", [a1, b1]));
    assert.equal(sets.find("clusters", "1111111111111111"), undefined);
  });

  it("tell what lies between them, once", () => {
    const from = sets.of("clusters", [a1, b1]);
    const to = sets.of("clusters", [a2, c1]);
    assert.deepEqual(sets.difference(from, to), { changed: [a2, c1], removed: ["b"] });
    assert.equal(sets.difference(from, to), sets.difference(from, to));
    assert.deepEqual(sets.difference(from, from), { changed: [], removed: [] });
  });

  it("unite with what only the older has", () => {
    const older = sets.of("clusters", [a1, b1]);
    const set = sets.of("clusters", [a2, c1]);
    assert.deepEqual([...sets.union(set, older).resources.values()], [a2, b1, c1]);
    assert.equal(sets.union(set, older), sets.union(set, older));
    assert.equal(sets.union(set, sets.of("clusters", [a1])), set);
    assert.equal(sets.union(set, sets.empty("clusters")), set);
  });

  it("that a client claims are compared with, and never shared or sent", () => {
    const current = sets.of("clusters", [a1, b1]);
    const claimed = sets.claim(
      new Map([
        ["a", a1.version],
        ["x", c1.version],
      ]),
      current,
    );
    assert.deepEqual(
      [...claimed.resources.values()].map((each) => [each.name, each.version, isSendable(each)]),
      [
        ["a", a1.version, true],
        ["x", c1.version, false],
      ],
    );
    assert.equal(sets.find("clusters", claimed.version), undefined);
    const kept = sets.union(current, claimed);
    assert.equal(kept.claimed, true);
    assert.equal(sets.find("clusters", kept.version), undefined);
    assert.deepEqual(sets.difference(claimed, kept), { changed: [b1], removed: [] });
    assert.deepEqual(sets.difference(kept, current), { changed: [], removed: ["x"] });
  });
});
