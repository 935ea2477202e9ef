import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditedStore } from "./audited-store.js";
import { ACCOUNT, meshOn } from "./mesh/harness.test.support.js";
import { Operations } from "./mesh/operations.js";
import { Transactions } from "./mesh/transactions.js";
import { SqliteStore } from "./store/sqlite-store.js";

describe("A store with an audit", () => {
  it("makes one change without its line, of many that are under way when the audit fails", async () => {
    const folder = await mkdtemp(join(tmpdir(), "appmesh-audited-"));
    let trouble: string | undefined;
    const store = auditedStore(SqliteStore.open(folder), { trouble: () => trouble });
    const { state } = await meshOn(store);
    const told: string[] = [];
    const transactions = new Transactions(store, state, ({ address }) => {
      // The third line cannot be written.
      if (told.length === 2) trouble = "the audit's disk is full";
      else told.push(address.names.join("/"));
    });
    const operations = new Operations({ state, transactions, region: "eu-central-1" });
    const caller = { account: ACCOUNT, accessKeyId: undefined };
    const create = (meshName: string) => operations.create(caller, "mesh", undefined, { meshName });
    const outcomes = await Promise.allSettled(["a", "b", "c", "d", "e"].map(create));
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : outcome.status)),
      ["fulfilled", "fulfilled", "fulfilled", "ServiceUnavailableException", "ServiceUnavailableException"],
    );
    assert.deepEqual(told, ["a", "b"]);
    await assert.rejects(store.checkWritable(), {
      name: "StoreUnavailable",
      message: "the audit's disk is full",
    });
    trouble = undefined;
    await store.checkWritable();
    await create("d");
    await store.close();
    await rm(folder, { recursive: true });
  });
});
