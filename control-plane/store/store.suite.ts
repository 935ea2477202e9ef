import assert from "node:assert/strict";
import { type Change, type Contents, RevisionConflict, type Store } from "./store.js";

/** A place for one store, empty at first, in which it can be opened more than once, one after the other. */
export interface StorePlace {
  open(): Promise<Store>;
  remove(): Promise<void>;
}

/** What every store must do. */
export function storeSuite(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(name, () => {
    let place: StorePlace;
    let store: Store;
    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    it("is empty at revision 0", async () => {
      assert.deepEqual(await store.load(), contents(0, {}));
    });

    it("puts, replaces and removes, one revision a commit", async () => {
      assert.equal(await store.commit(0, [put("a", "1"), put("b", "2")]), 1);
      assert.equal(await store.commit(1, [put("a", "3"), remove("b"), put("c", "4")]), 2);
      assert.deepEqual(await store.load(), contents(2, { a: "3", c: "4" }));
    });

    it("counts a commit that writes nothing, and one that removes what is not there", async () => {
      await store.commit(0, []);
      await store.commit(1, [remove("never")]);
      assert.deepEqual(await store.load(), contents(2, {}));
    });

    it("lets the last of two writes to a key win", async () => {
      await store.commit(0, [put("a", "1"), put("a", "2"), put("b", "1"), remove("b")]);
      assert.deepEqual(await store.load(), contents(1, { a: "2" }));
    });

    it("keeps any text", async () => {
      const texts = ["", " ", "\u0000middle\u0000", "'\"\\;--", "ü 漢字 🦀", "x".repeat(200_000)];
      const records = Object.fromEntries(texts.map((text, n) => [`${n} ${text.slice(0, 20)}`, text]));
      await store.commit(
        0,
        Object.entries(records).map(([key, value]) => put(key, value)),
      );
      assert.deepEqual(await store.load(), contents(1, records));
    });

    it("refuses a commit that is based on another revision, and writes nothing of it", async () => {
      await store.commit(0, [put("a", "1")]);
      for (const expected of [0, 2]) {
        await assert.rejects(store.commit(expected, [put("a", "2"), put("b", "2")]), (error) => {
          assert.ok(error instanceof RevisionConflict);
          assert.deepEqual([error.expected, error.actual], [expected, 1]);
          return true;
        });
      }
      assert.deepEqual(await store.load(), contents(1, { a: "1" }));
    });

    it("lets exactly one of many writers at the same revision through", async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          store.commit(0, [put("winner", String(n)), put(`only-${n}`, "")]),
        ),
      );
      const winners = outcomes.flatMap((outcome, n) => (outcome.status === "fulfilled" ? [n] : []));
      assert.equal(winners.length, 1);
      assert.deepEqual(
        await store.load(),
        contents(1, { winner: `${winners[0]}`, [`only-${winners[0]}`]: "" }),
      );
    });

    it("tells every subscriber of each commit, in order, before the commit is answered", async () => {
      const heard: [string, Change][] = [];
      store.subscribe((change) => heard.push(["first", change]));
      const unsubscribe = store.subscribe((change) => heard.push(["second", change]));
      await store.commit(0, [put("a", "1")]);
      const one = { revision: 1, writes: [put("a", "1")] };
      assert.deepEqual(heard, [
        ["first", one],
        ["second", one],
      ]);
      unsubscribe();
      await store.commit(1, [remove("a")]);
      assert.deepEqual(heard.slice(2), [["first", { revision: 2, writes: [remove("a")] }]]);
    });

    it("tells nobody of a refused commit", async () => {
      const heard: Change[] = [];
      store.subscribe((change) => heard.push(change));
      await assert.rejects(store.commit(7, [put("a", "1")]), RevisionConflict);
      assert.deepEqual(heard, []);
    });

    it("has everything, and its revision, after it is opened again", async () => {
      await store.commit(0, [put("a", "1"), put("b", "2")]);
      await store.commit(1, [remove("a")]);
      await store.close();
      store = await place.open();
      assert.deepEqual(await store.load(), contents(2, { b: "2" }));
      assert.equal(await store.commit(2, [put("c", "3")]), 3);
    });

    it("finds that it can be written, and is as it was", async () => {
      const heard: Change[] = [];
      store.subscribe((change) => heard.push(change));
      await store.commit(0, [put("a", "1")]);
      await store.checkWritable();
      assert.deepEqual(await store.load(), contents(1, { a: "1" }));
      assert.equal(await store.commit(1, [put("b", "2")]), 2);
      assert.equal(heard.length, 2);
    });

    it("may be closed twice", async () => {
      await store.close();
      await store.close();
    });
  });
}

const put = (key: string, value: string) => ({ key, value });
const remove = (key: string) => ({ key, value: undefined });
const contents = (revision: number, records: Record<string, string>): Contents => ({
  revision,
  records: new Map(Object.entries(records).sort(([a], [b]) => (a < b ? -1 : 1))),
});
