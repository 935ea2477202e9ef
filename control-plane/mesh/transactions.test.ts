import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import {
  ChangeTooLarge,
  CommitInDoubt,
  RevisionConflict,
  type Store,
  StoreUnavailable,
} from "../store/store.js";
import { MeshError } from "./errors.js";
import { ACCOUNT, at, type Harness, httpRoute, meshHarness, meshOn, own } from "./harness.test.support.js";
import { MeshState } from "./state.js";
import { Transactions } from "./transactions.js";

/** A store that is a network away: between a decision and its commit, others get their turn. */
function remoteStore(store: Store): Store & { conflicts: number } {
  const remote = {
    conflicts: 0,
    load: () => store.load(),
    subscribe: (listener: Parameters<Store["subscribe"]>[0]) => store.subscribe(listener),
    checkWritable: () => store.checkWritable(),
    close: () => store.close(),
    commit: async (...change: Parameters<Store["commit"]>) => {
      await setImmediate();
      return store.commit(...change).catch((error) => {
        if (error instanceof RevisionConflict) remote.conflicts++;
        throw error;
      });
    },
  };
  return remote;
}

describe("Transactions", () => {
  let mesh: Harness;
  beforeEach(async () => {
    mesh = await meshHarness();
  });
  afterEach(() => mesh?.close());

  it("lose nothing of concurrent writers, in this process or in others on the same store", async function () {
    this.timeout(60_000);
    await mesh.build(["mesh", ["shop"]], ["virtualNode", ["shop", "shared"], {}]);
    const remote = remoteStore(mesh.store);
    const processes = [await meshOn(remote), await meshOn(remote), await meshOn(remote)];
    let round = 0;
    const writers = fc.array(
      fc.record({ process: fc.nat(processes.length - 1), writes: fc.constantFrom("shared", "own") }),
      { minLength: 2, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(writers, async (calls) => {
        round++;
        const shared = at("virtualNode", "shop", "shared");
        const before = mesh.operations.describe(own, shared).metadata.version;
        const answers = await Promise.all(
          calls.map(({ process, writes }, n) => {
            const { operations } = processes[process] as (typeof processes)[number];
            return writes === "shared"
              ? operations.update(own, shared, { spec: { backends: [] } })
              : operations.create(own, "virtualNode", at("mesh", "shop"), {
                  virtualNodeName: `${round}-${n}`,
                  spec: {},
                });
          }),
        );
        const updates = answers.filter(({ virtualNodeName }) => virtualNodeName === "shared");
        assert.deepEqual(
          updates.map(({ metadata }) => metadata.version).sort((a, b) => a - b),
          updates.map((_, n) => before + n + 1),
        );
        const created = calls.flatMap(({ writes }, n) => (writes === "own" ? [`${round}-${n}`] : []));
        for (const { state, operations } of processes) {
          assert.equal(operations.describe(own, shared).metadata.version, before + updates.length);
          for (const name of created) assert.ok(state.get(at("virtualNode", "shop", name)), name);
        }
      }),
      { numRuns: 25 },
    );
    const stored = await mesh.store.load();
    for (const { state } of processes) assert.equal(state.revision, stored.revision);
    assert.ok(remote.conflicts > 0, "no writer was ever second");
  });

  it("decide anew where another writer was first, so that rules hold at the commit", async () => {
    await mesh.build(
      ["mesh", ["shop"]],
      ["virtualNode", ["shop", "a"], {}],
      ["virtualRouter", ["shop", "r"], {}],
    );
    const remote = remoteStore(mesh.store);
    const [one, other] = [await meshOn(remote), await meshOn(remote)];
    // One deletes the node that the other makes a route to: whoever is second must see what the first has done.
    const outcomes = await Promise.allSettled([
      one.operations.delete(own, at("virtualNode", "shop", "a")),
      other.operations.create(own, "route", at("virtualRouter", "shop", "r"), {
        routeName: "all",
        spec: httpRoute("a"),
      }),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected"],
    );
    assert.deepEqual(
      (outcomes[1] as PromiseRejectedResult).reason,
      new MeshError(
        "NotFoundException",
        `VirtualNode with name a is not present under mesh shop for account ${ACCOUNT}`,
      ),
    );
    assert.equal(mesh.state.get(at("route", "shop", "r", "all")), undefined);
    assert.equal(remote.conflicts, 1);
  });

  it("go on with the next call after one has failed", async () => {
    await mesh.build(["mesh", ["shop"]]);
    const outcomes = await Promise.allSettled([
      mesh.operations.create(own, "mesh", undefined, { meshName: "shop" }),
      mesh.operations.create(own, "mesh", undefined, { meshName: "next" }),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["rejected", "fulfilled"],
    );
  });

  it("refuse what has waited too long for those before it, and take what comes then", async () => {
    let now = 0;
    let release = () => {};
    const isHeld = new Promise<void>((resolve) => (release = resolve));
    const slow: Store = {
      load: () => mesh.store.load(),
      subscribe: (listener) => mesh.store.subscribe(listener),
      checkWritable: () => mesh.store.checkWritable(),
      close: () => mesh.store.close(),
      commit: async (expected, writes) => {
        await isHeld;
        return mesh.store.commit(expected, writes);
      },
    };
    const state = await MeshState.open(slow, ACCOUNT);
    const transactions = new Transactions(slow, state, undefined, () => now);
    const put = (key: string) =>
      transactions.run(own, () => ({ writes: [{ key, value: "{}" }], result: key }));
    const first = put("first");
    // It is on its way to the store by then.
    await setImmediate();
    const early = assert.rejects(
      put("early"),
      new MeshError(
        "ServiceUnavailableException",
        "10 seconds have gone by with other changes, which the store takes slowly; nothing was changed",
      ),
    );
    now = 1;
    const inTime = put("in time");
    now = 10_001;
    release();
    assert.equal(await first, "first");
    await early;
    assert.deepEqual([await inTime, await put("last")], ["in time", "last"]);
    assert.deepEqual([...(await mesh.store.load()).records.keys()].sort(), ["first", "in time", "last"]);
  });

  describe("on a store in trouble", () => {
    const on = async (commit: Store["commit"]) => {
      const store: Store = { ...quiet, commit };
      const state = await MeshState.open(store, ACCOUNT);
      return new Transactions(store, state);
    };
    const quiet: Omit<Store, "commit"> = {
      load: async () => ({ revision: 0, records: new Map() }),
      subscribe: () => () => {},
      checkWritable: async () => {},
      close: async () => {},
    };
    const write = () => ({ writes: [{ key: "k", value: "v" }], result: "done" });

    it("say that it is unavailable, and keep why for the log", async () => {
      const cause = new StoreUnavailable("the disk is full");
      const transactions = await on(() => Promise.reject(cause));
      await assert.rejects(transactions.run(own, write), (error: MeshError) => {
        assert.deepEqual(
          [error.code, error.message, error.cause],
          ["ServiceUnavailableException", "the store cannot be written now; nothing was changed", cause],
        );
        return true;
      });
    });

    it("say what is too large to be stored, as of any other bad request", async () => {
      const transactions = await on(() => Promise.reject(new ChangeTooLarge("9 bytes are too many")));
      await assert.rejects(
        transactions.run(own, write),
        new MeshError("BadRequestException", "this is too large to be stored: 9 bytes are too many"),
      );
    });

    it("do not say that a change was not made which may have been, and tell of it once it is known", async () => {
      const [made, lost] = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
      const outcomes = [made.promise, lost.promise];
      const told: unknown[] = [];
      const store: Store = {
        ...quiet,
        commit: () => Promise.reject(new CommitInDoubt("silence", outcomes.shift() as Promise<boolean>)),
      };
      const transactions = new Transactions(store, await MeshState.open(store, ACCOUNT), (change) =>
        told.push(change.operation),
      );
      for (const operation of ["CreateMesh", "DeleteMesh"]) {
        const change = { operation, address: at("mesh", "shop"), before: undefined, after: undefined };
        await assert.rejects(
          transactions.run(own, () => ({ ...write(), change })),
          new MeshError(
            "ServiceUnavailableException",
            "the store did not answer in time, and whether the change was made is not known yet. Look before repeating it, " +
              "or repeat it with the same clientToken, which makes it once",
          ),
        );
      }
      assert.deepEqual(told, []);
      lost.resolve(false);
      made.resolve(true);
      await Promise.all([made.promise, lost.promise]);
      assert.deepEqual(told, ["CreateMesh"]);
    });

    it("give up on a store that is always changed by others, after many tries", async () => {
      let tries = 0;
      const transactions = await on(async (expected) => {
        tries++;
        throw new RevisionConflict(expected, expected);
      });
      await assert.rejects(
        transactions.run(own, write),
        new MeshError(
          "ServiceUnavailableException",
          "too many other writers at this time; nothing was changed",
        ),
      );
      assert.equal(tries, 100);
    });

    it("write nothing where nothing is decided", async () => {
      const transactions = await on(() => assert.fail("nothing is to be written"));
      assert.equal(await transactions.run(own, () => ({ writes: [], result: "same" })), "same");
    });
  });
});
