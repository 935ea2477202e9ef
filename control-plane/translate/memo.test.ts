import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
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

describe("memo, of names that come and go", () => {
  it("keeps nothing of them once an object beside them is gone", () => {
    setFlagsFromString("--expose_gc");
    const collect: () => void = runInNewContext("gc");
    const used = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const lasting = {};
    const named = memo((_: object, name: string, spec: object) => ({ name: name.length, spec }));
    // Written out: a string that is put together of others takes next to nothing.
    const nameOf = (i: number) => Buffer.from(`${i}`.padEnd(10_000, "x")).toString();
    for (let i = 0; i < 100; i++) named(lasting, nameOf(i), {});
    const before = used();
    for (let i = 100; i < 5_000; i++) named(lasting, nameOf(i), {});
    // 49 MB of names.
    assert.ok(used() - before < 10_000_000);
    assert.deepEqual(named(lasting, "last", lasting), { name: 4, spec: lasting });
  });

  it("tells apart the same objects and values in other places", () => {
    const [a, b] = [{}, {}];
    const places = memo((...given: [object, ...(object | undefined)[]]) => ({ given }));
    const all = [places(a, undefined, b), places(a, b, undefined), places(a, b), places(a, undefined)];
    assert.equal(new Set(all).size, 4);
    assert.equal(places(a, undefined, b), all[0]);
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
