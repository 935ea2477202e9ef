import assert from "node:assert/strict";
import { list, memo } from "./memo.js";

describe("memo", () => {
  it("computes once for the same objects and values, and again for others", () => {
    let computed = 0;
    const sum = memo((a: { n: number }, b: number, c?: { n: number }) => {
      computed += 1;
      return { sum: a.n + b + (c?.n ?? 0) };
    });
    const [one, two] = [{ n: 1 }, { n: 2 }];
    const first = sum(one, 5);
    assert.equal(sum(one, 5), first);
    assert.equal(computed, 1);
    assert.notEqual(sum({ n: 1 }, 5), first, "equal objects are not the same");
    assert.deepEqual(
      [sum(one, 6), sum(one, 5, two), sum(two, 5), sum(one, 5, undefined)],
      [{ sum: 7 }, { sum: 8 }, { sum: 7 }, { sum: 6 }],
    );
    assert.equal(sum(one, 5, two), sum(one, 5, two));
  });

  it("remembers that there is no result", () => {
    let computed = 0;
    const nothing = memo((_: object): undefined => {
      computed += 1;
    });
    const key = {};
    assert.deepEqual([nothing(key), nothing(key), computed], [undefined, undefined, 1]);
  });

  it("tells apart arguments whose order or number differs", () => {
    const [a, b] = [{}, {}];
    const names = memo((...objects: [object, ...object[]]) => ({ count: objects.length }));
    assert.notEqual(names(a, b), names(b, a));
    assert.notEqual(names(a), names(a, a));
    assert.equal(names(a, b), names(a, b));
  });
});

describe("list", () => {
  it("is the same array for the same items in the same order", () => {
    const [a, b] = [{}, {}];
    assert.equal(list([a, b]), list(new Set([a, b])));
    assert.notEqual(list([a, b]), list([b, a]));
    assert.notEqual(list([a]), list([a, a]));
    assert.equal(list([]), list([]));
    assert.deepEqual(list([a, b]), [a, b]);
  });
});
