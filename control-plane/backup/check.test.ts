import assert from "node:assert/strict";
import { ACCOUNT, httpListener, meshHarness, own } from "../mesh/harness.test.support.js";
import { checkBackup } from "./check.js";
import { BackupError, readBackup, writeBackup } from "./document.js";

describe("A backup", () => {
  it("of whatever a control plane keeps is one that it takes", async () => {
    const mesh = await meshHarness();
    await mesh.build(
      ["mesh", ["shop"]],
      ["virtualRouter", ["shop", "catalog"], { listeners: [httpListener()] }],
      ["virtualNode", ["shop", "v1"], {}],
    );
    await mesh.settings.update(own, "shop", { defaultRetries: false });
    const { revision, records } = await mesh.store.load();
    const kept = new Map([
      ...records,
      // What other versions keep beside a mesh, or of who may call, is theirs to judge.
      [`${ACCOUNT}/mesh/shop/laterThanThis`, '{"a":1}'],
      ["identity/later/than/this", '{"b":2}'],
    ]);
    await mesh.close();
    const text = [...writeBackup({ revision, identity: true, records: kept })].join("");
    const read = readBackup(text);
    assert.deepEqual(read, { revision, identity: true, records: kept });
    checkBackup(read);
  });

  it("keeps what is damaged, and is taken once that is put right", () => {
    const records = new Map([
      ["a", "{"],
      ["b", '{\n"b": 1}'],
      ["c", '{"c":1.50}'],
    ]);
    const text = [...writeBackup({ revision: 7, identity: false, records })].join("");
    assert.equal(
      text,
      '{"format":"appmesh-export","version":1,"revision":7,"identity":false,"records":3}\n' +
        '{"key":"a","text":"{"}\n{"key":"b","text":"{\\n\\"b\\": 1}"}\n{"key":"c","value":{"c":1.50}}\n',
    );
    assert.throws(
      () => readBackup(text),
      new BackupError(
        'line 2: a was damaged when the backup was made, and is no JSON. Give it a "value" in place of its "text", or ' +
          "take the line out, and one off the records in line 1",
      ),
    );
  });

  it("is told all that is wrong with it, up to ten", () => {
    const records = new Map(Array.from({ length: 12 }, (_, n) => [`nothing-${n}`, "{}"]));
    assert.throws(
      () => checkBackup({ revision: 1, identity: false, records }),
      new BackupError(
        Array.from(
          { length: 10 },
          (_, n) => `nothing-${n}: this is the key of nothing that a control plane knows`,
        ).join("\n"),
      ),
    );
  });
});
