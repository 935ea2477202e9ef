import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { pool } from "./pool.mjs";

describe("a pool of work", () => {
  /** Items that end when told to, and what has begun so far. */
  const held = () => {
    const begun = [];
    const end = new Map();
    const work = (item) => {
      begun.push(item);
      return new Promise((resolve, reject) => end.set(item, { resolve, reject }));
    };
    return { begun, end, work };
  };
  const reach = async (actual, expected) => {
    while (actual.length < expected.length) await sleep(1);
    assert.deepEqual(actual, expected);
  };

  it("does as many side by side as it must, in their order, where no core idles", async () => {
    const { begun, end, work } = held();
    let looks = 0;
    const idle = () => {
      looks++;
      return 0.4;
    };
    const done = pool(["a", "b", "c", "d"], work, { least: 2, most: 3, idle, every: 1 });
    while (looks < 20) await sleep(1);
    assert.deepEqual(begun, ["a", "b"]);
    end.get("b").resolve();
    await reach(begun, ["a", "b", "c"]);
    end.get("a").resolve();
    await reach(begun, ["a", "b", "c", "d"]);
    end.get("c").resolve();
    end.get("d").resolve();
    await done;
  });

  it("does one more at each look that finds a core idle, and never more than it may", async () => {
    const { begun, end, work } = held();
    const done = pool(["a", "b", "c", "d"], work, { least: 1, most: 3, idle: () => 0.5, every: 1 });
    await reach(begun, ["a", "b", "c"]);
    await sleep(20);
    assert.deepEqual(begun, ["a", "b", "c"]);
    for (const item of ["a", "b", "c"]) end.get(item).resolve();
    await reach(begun, ["a", "b", "c", "d"]);
    end.get("d").resolve();
    await done;
  });

  it("begins nothing more once it is stopped, and waits for what runs", async () => {
    const { begun, end, work } = held();
    let stopped = false;
    const done = pool(["a", "b"], work, { least: 1, most: 1, stopped: () => stopped });
    stopped = true;
    end.get("a").resolve();
    await done;
    assert.deepEqual(begun, ["a"]);
  });

  it("passes on the first failure, after what runs has ended", async () => {
    const { begun, end, work } = held();
    const done = pool(["a", "b", "c"], work, { least: 2, most: 2 });
    end.get("a").reject(new Error("first"));
    await sleep(1);
    end.get("b").reject(new Error("second"));
    await assert.rejects(done, { message: "first" });
    assert.deepEqual(begun, ["a", "b"]);
  });

  it("has nothing to do for nothing", async () => {
    await pool([], () => assert.fail("there is nothing"), { least: 2, most: 4 });
  });
});
