import assert from "node:assert/strict";
import { Closers } from "./closers.js";

describe("What has to be ended", () => {
  const closing = (...fails: readonly string[]) => {
    const closed: string[] = [];
    const closers = new Closers();
    for (const name of ["store", "proxies", "api"]) {
      closers.add(async () => {
        closed.push(name);
        if (fails.includes(name)) throw new Error(`${name} does not end`);
      });
    }
    return { closers, closed };
  };

  it("ends once, the last that was begun first", async () => {
    const { closers, closed } = closing();
    await closers.close();
    await closers.close();
    assert.deepEqual(closed, ["api", "proxies", "store"]);
  });

  it("ends all of it where some of it fails, and says so afterwards", async () => {
    const one = closing("proxies");
    await assert.rejects(one.closers.close(), new Error("proxies does not end"));
    assert.deepEqual(one.closed, ["api", "proxies", "store"]);
    const two = closing("proxies", "api");
    await assert.rejects(two.closers.close(), {
      name: "AggregateError",
      message: "Error: api does not end; Error: proxies does not end",
    });
    assert.deepEqual(two.closed, ["api", "proxies", "store"]);
  });
});
