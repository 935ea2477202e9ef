import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Calls, type TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { Table } from "@pulumi-appmesh/control-plane/store/dynamodb/table.js";
import { DynamoStore, type DynamoStoreOptions } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import {
  type Change,
  ChangeTooLarge,
  CommitInDoubt,
  RevisionConflict,
  StoreUnavailable,
  type Write,
} from "@pulumi-appmesh/control-plane/store/store.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { FaultyDynamoDb, randomOf } from "../support/dynamodb-faults.js";
import { seed, seedNote } from "../support/seed.js";

const put = (key: string, value: string): Write => ({ key, value });
const remove = (key: string): Write => ({ key, value: undefined });

/** Waits for what happens by itself, as long as a slow machine may need for it. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await sleep(20)) {
    if (Date.now() > end) throw new Error(`not within 30 seconds: ${what}`);
  }
}

describe("The store on DynamoDB, where things go wrong", function () {
  this.timeout(180_000);
  let server: DynamoDbServer;
  let faulty: FaultyDynamoDb;
  let place: TablePlace;
  const stores: DynamoStore[] = [];
  before(async function () {
    server = await DynamoDbServer.start(this);
    faulty = await FaultyDynamoDb.start(server.endpoint);
  });
  after(async () => {
    await faulty?.leave();
    await server?.close();
  });
  beforeEach(async () => {
    place = await server.table();
  });
  afterEach(async () => {
    faulty.faults = {};
    for (const store of stores.splice(0)) await store.close();
  });

  /** A process's store, reached by the way where things go wrong unless said otherwise. */
  async function open(options: Partial<DynamoStoreOptions> = {}): Promise<DynamoStore> {
    const store = await DynamoStore.open({ ...place, endpoint: faulty.endpoint, ...options });
    stores.push(store);
    return store;
  }
  /** As a store that is opened now finds it, on a way where nothing goes wrong. */
  async function found(): Promise<{ revision: number; records: Record<string, string> }> {
    const store = await open({ endpoint: server.endpoint, follow: false });
    const { revision, records } = await store.load();
    return { revision, records: Object.fromEntries(records) };
  }
  function heardBy(store: DynamoStore): Change[] {
    const heard: Change[] = [];
    store.subscribe((change) => heard.push(change));
    return heard;
  }

  it("is followed by every process, each change in its order", async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    const heard = [one, two, three].map(heardBy);
    for (let n = 0; n < 9; n++) {
      const writer = [one, two, three][n % 3] as DynamoStore;
      await until("the writer knows the last change", () => writer.revision === n);
      await writer.commit(n, [put("last", `${n}`), put(`own-${n}`, "")]);
    }
    await until("all know it", () => [one, two, three].every((store) => store.revision === 9));
    const expected = Array.from({ length: 9 }, (_, n) => ({
      revision: n + 1,
      writes: [put("last", `${n}`), put(`own-${n}`, "")],
    }));
    assert.deepEqual(heard, [expected, expected, expected]);
  });

  it("tells who was not first what came first, before it says so", async () => {
    const [one, two] = [await open({ follow: false }), await open({ follow: false })];
    const heard = heardBy(two);
    await one.commit(0, [put("a", "1")]);
    await assert.rejects(two.commit(0, [put("a", "2")]), new RevisionConflict(0, 1));
    assert.deepEqual(heard, [{ revision: 1, writes: [put("a", "1")] }]);
    assert.equal(await two.commit(1, [put("a", "2")]), 2);
  });

  it("makes a change once whose answer is lost, and says that it was made", async () => {
    const store = await open({ follow: false });
    const heard = heardBy(store);
    faulty.faults = { lost: 1, only: ["TransactWriteItems"] };
    const answered = store.commit(0, [put("a", "1")]);
    await until("its answer was lost", () => (faulty.befallen.get("lost") ?? 0) > 0);
    faulty.faults = {};
    assert.equal(await answered, 1);
    assert.deepEqual(heard, [{ revision: 1, writes: [put("a", "1")] }]);
    assert.deepEqual(await found(), { revision: 1, records: { a: "1" } });
  });

  it("knows its own change again behind others' that came after it", async () => {
    const [one, two] = [
      await open({ follow: false }),
      await open({ follow: false, endpoint: server.endpoint }),
    ];
    faulty.faults = { lost: 1, only: ["TransactWriteItems"] };
    const answered = one.commit(0, [put("a", "1")]);
    await until("it is made", async () => (await two.load()).revision === 1);
    await two.commit(1, [put("b", "2")]);
    faulty.faults = {};
    assert.equal(await answered, 1);
    assert.deepEqual(await one.load(), {
      revision: 2,
      records: new Map([
        ["a", "1"],
        ["b", "2"],
      ]),
    });
  });

  for (const [what, faults, made] of [
    ["was made", { lost: 1 }, true],
    ["was not made", { failed: 1, only: ["TransactWriteItems"] }, false],
  ] as const) {
    it(`says that nothing is known of a change without an answer, and later that it ${what}`, async () => {
      const store = await open({ commitMilliseconds: 300 });
      faulty.faults = faults;
      const doubt = await store.commit(0, [put("a", "1")]).then(
        () => undefined,
        (error) => error,
      );
      assert.ok(doubt instanceof CommitInDoubt, `${doubt}`);
      assert.match(
        doubt.message,
        /^the DynamoDB table appmesh-\d+ in us-east-1 at \S+ .*; whether the change was made is not known$/,
      );
      faulty.faults = {};
      if (!made) await store.commit(0, [put("b", "2")]);
      assert.equal(await doubt.outcome, made);
      assert.deepEqual(await found(), { revision: 1, records: made ? { a: "1" } : { b: "2" } });
    });
  }

  it("finds a change in the log whose answer is lost again and again", async () => {
    const store = await open();
    faulty.faults = { lost: 1, only: ["TransactWriteItems"] };
    assert.equal(await store.commit(0, [put("a", "1")]), 1);
  });

  it("signs by the table's clock where the one of this machine is wrong by five minutes", async () => {
    for (const clockAhead of [-301, 301, 86_400]) {
      faulty.faults = { clockAhead };
      faulty.befallen.clear();
      const store = await open({ follow: false });
      const revision = await store.commit(store.revision, [put("a", `${clockAhead}`)]);
      // What is under way at first may be refused together; whoever was told by how much does not ask in vain again.
      assert.deepEqual([...faulty.befallen.keys()], ["skewed"]);
      faulty.befallen.clear();
      await store.load();
      assert.deepEqual([...faulty.befallen.keys()], []);
      assert.equal(store.revision, revision);
    }
  });

  it("gets every change through a table that is short of capacity", async () => {
    const store = await open();
    // A table that answers nothing for a second counts as away, as another test has it: here it answers whoever reads.
    faulty.faults = { throttled: 0.5, only: ["TransactWriteItems"] };
    for (let n = 0; n < 10; n++) assert.equal(await store.commit(n, [put(`${n}`, "")]), n + 1);
    faulty.faults = {};
    assert.equal((await found()).revision, 10);
  });

  it("serves what it knows while the table is away, takes no change, and catches up after", async () => {
    const troubles: (string | undefined)[] = [];
    const store = await open({ onTrouble: (trouble) => troubles.push(trouble?.message) });
    const other = await open({ endpoint: server.endpoint });
    await store.commit(0, [put("a", "1")]);
    const heard = heardBy(store);
    await faulty.leave();
    try {
      await until("it is noticed", () => store.trouble !== undefined);
      await assert.rejects(store.commit(1, [put("a", "lost")]), StoreUnavailable);
      await assert.rejects(store.checkWritable(), StoreUnavailable);
      assert.deepEqual(await store.load(), { revision: 1, records: new Map([["a", "1"]]) });
      await until("the other one has it", () => other.revision === 1);
      await other.commit(1, [put("b", "2")]);
    } finally {
      await faulty.comeBack();
    }
    await until("it has caught up", () => store.revision === 2);
    assert.deepEqual(heard, [{ revision: 2, writes: [put("b", "2")] }]);
    assert.equal(await store.commit(2, [put("c", "3")]), 3);
    await store.checkWritable();
    assert.deepEqual([troubles.length > 1, troubles.at(-1)], [true, undefined]);
  });

  it("tells each reason once of a time without the table, though reasons take turns", async () => {
    const troubles: (string | undefined)[] = [];
    const store = await open({ onTrouble: (trouble) => troubles.push(trouble?.message) });
    const away = () => until("it is away", () => /ECONNREFUSED/.test(`${store.trouble?.message}`));
    const isShort = () =>
      until("it is short of capacity", () => /Throughput/.test(`${store.trouble?.message}`));
    faulty.faults = { throttled: 1 };
    for (let n = 0; n < 2; n++) {
      await isShort();
      await faulty.leave();
      await away().finally(() => faulty.comeBack());
    }
    await isShort();
    faulty.faults = {};
    await until("it is back", () => store.trouble === undefined);
    assert.deepEqual(
      troubles.map((reason) => reason && /Throughput|ECONNREFUSED/.exec(reason)?.[0]),
      ["Throughput", "ECONNREFUSED", undefined],
    );
  });

  it("reads everything where the log does not reach back, and tells what differs as one change", async () => {
    const store = await open();
    await store.commit(0, [put("gone", "1"), put("same", "1"), put("other", "1")]);
    const heard = heardBy(store);
    await faulty.leave();
    const writer = await open({ endpoint: server.endpoint });
    await writer.commit(1, [remove("gone"), put("same", "2")]);
    await writer.commit(2, [put("same", "1"), put("other", "2"), put("new", "1")]);
    // As DynamoDB does with what has expired, in whatever order.
    await writer.calls.send((client) =>
      client.deleteItem({
        TableName: place.table,
        Key: { pk: { S: "log" }, sk: { S: `${"2".padStart(16, "0")}/0000` } },
      }),
    );
    await faulty.comeBack();
    await until("it has caught up", () => store.revision === 3);
    assert.deepEqual(
      heard.map(({ revision, writes }) => [revision, [...writes].sort((a, b) => (a.key < b.key ? -1 : 1))]),
      [[3, [remove("gone"), put("new", "1"), put("other", "2")]]],
    );
    assert.equal(await store.commit(3, [put("last", "1")]), 4);
  });

  it("does not take a table for its own that was made anew under its name", async () => {
    const store = await open();
    await store.commit(0, [put("a", "1")]);
    const writer = await open({ endpoint: server.endpoint, follow: false });
    await writer.calls.send((client) =>
      client.deleteItem({ TableName: place.table, Key: { pk: { S: "head" }, sk: { S: "head" } } }),
    );
    await until("it is noticed", () => store.trouble !== undefined);
    await assert.rejects(
      store.commit(1, [put("a", "2")]),
      new StoreUnavailable(
        `the DynamoDB table ${place.table} is another one than before, at revision 0 where it was at 1: it was deleted, or ` +
          "restored under its name. Start appmesh serve again to use it as it is",
      ),
    );
    assert.deepEqual(await store.load(), { revision: 1, records: new Map([["a", "1"]]) });
  });

  it("takes what fits into one item and one transaction, and refuses what does not", async () => {
    const store = await open({ follow: false });
    await assert.rejects(
      store.commit(0, [put("small", ""), put("large", "x".repeat(409_600))]),
      new ChangeTooLarge("409600 bytes are too many for one record: DynamoDB holds 409600 bytes an item"),
    );
    await assert.rejects(
      store.commit(
        0,
        Array.from({ length: 99 }, (_, n) => put(`${n}`, "")),
      ),
      new ChangeTooLarge("101 items are too many for one change: DynamoDB takes 100 in a transaction"),
    );
    await assert.rejects(
      store.commit(
        0,
        Array.from({ length: 8 }, (_, n) => put(`${n}`, "x".repeat(300_000))),
      ),
      ({ name, message }: Error) =>
        name === "ChangeTooLarge" &&
        /^\d{7} bytes are too many for one change: DynamoDB takes 4194304 in a transaction$/.test(message),
    );
    assert.equal(store.revision, 0);
    // The log of this one takes several items, and reading it several pages.
    const half = "🦀x".repeat(75_000);
    const writes = Array.from({ length: 5 }, (_, n) => put(`${n}`, half));
    const reader = await open({ follow: false });
    const heard = heardBy(reader);
    await store.commit(0, writes);
    await reader.load();
    assert.equal(heard.length, 1);
    assert.ok(heard[0]?.writes.every(({ key, value }, n) => key === `${n}` && value === half));
    // Names of four bytes a character, three of them deep: longer than a sort key may be.
    const long = ["mesh", "virtualRouter", "route"].map((kind) => `${kind}/${"🦀".repeat(255)}`).join("/");
    await store.commit(1, [put(long, "1"), put(`${long}2`, "2"), put("sha256/x", "3")]);
    await store.commit(2, [remove(`${long}2`)]);
    const { revision, records } = await found();
    assert.deepEqual(
      [revision, Object.keys(records).sort(), records[long]],
      [3, ["0", "1", "2", "3", "4", long, "sha256/x"].sort(), "1"],
    );
  });

  it("says what is wrong where it cannot be opened", async () => {
    const opened = (options: Partial<DynamoStoreOptions>) => DynamoStore.open({ ...place, ...options });
    await assert.rejects(
      opened({ table: "none" }),
      new StoreUnavailable(
        `the DynamoDB table none in us-east-1 at ${server.endpoint} does not exist, or is still being made or restored. Create it by appmesh table create --table ` +
          `none --region us-east-1 --dynamodb-endpoint ${server.endpoint}, or give another one, by --table NAME and --region REGION`,
      ),
    );
    await assert.rejects(
      opened({ endpoint: "http://127.0.0.1:1" }),
      ({ name, message }: Error) =>
        name === "StoreUnavailable" &&
        /^the DynamoDB table appmesh-\d+ in us-east-1 at http:\/\/127\.0\.0\.1:1 cannot be reached: connect ECONNREFUSED/.test(
          message,
        ),
    );
  });

  it(`loses nothing, doubles nothing and halves nothing, whatever goes wrong ${seedNote}`, async () => {
    const random = randomOf(seed);
    const writers = await Promise.all([0, 1, 2].map(() => open({ commitMilliseconds: 500 })));
    const heard = writers.map(heardBy);
    faulty.faults = { throttled: 0.15, failed: 0.1, unsent: 0.1, lost: 0.15 };
    const made: string[] = [];
    const doubts: { id: string; outcome: Promise<boolean | undefined> }[] = [];
    await Promise.all(
      writers.map(async (writer, w) => {
        for (let n = 0; n < 15; n++) {
          const id = `${w}-${n}`;
          for (let done = false; !done; ) {
            try {
              await writer.commit(writer.revision, [
                put("last", id),
                put(`first/${id}`, ""),
                put(`second/${id}`, ""),
              ]);
              made.push(id);
              done = true;
            } catch (error) {
              if (error instanceof CommitInDoubt) {
                doubts.push({ id, outcome: error.outcome });
                done = true;
              } else if (!(error instanceof RevisionConflict) && !(error instanceof StoreUnavailable))
                throw error;
              await sleep(random() * 20);
            }
          }
        }
      }),
    );
    faulty.faults = {};
    const judge = writers[0] as DynamoStore;
    await until("the table can be followed", () => judge.trouble === undefined);
    // What was in doubt is decided by what came after it.
    for (let done = false; !done; ) {
      done = await judge.commit(judge.revision, [put("end", "")]).then(
        () => true,
        () => false,
      );
    }
    await until("all know the end", () => writers.every(({ revision }) => revision === judge.revision));
    for (const { id, outcome } of doubts) if (await outcome) made.push(id);
    const { revision, records } = await found();
    const ids = made.sort();
    const keys = (prefix: string) =>
      Object.keys(records)
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length))
        .sort();
    assert.deepEqual(keys("first/"), ids);
    assert.deepEqual(keys("second/"), ids);
    assert.equal(revision, ids.length + 1);
    const calls = await Calls.open(place);
    const log = await new Table(calls).log(0);
    calls.close();
    assert.deepEqual(
      log.map(({ revision: of }) => of),
      Array.from({ length: revision }, (_, n) => n + 1),
    );
    for (const changes of heard) {
      assert.deepEqual(
        changes.map(({ revision: of, writes }) => [of, writes[0]?.value]),
        log.map(({ revision: of, writes }) => [of, writes[0]?.value]),
      );
    }
  });
});
