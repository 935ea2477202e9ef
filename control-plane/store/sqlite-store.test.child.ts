/** A writer for the kill -9 test: commits for ever, and says each revision once its commit has been answered. */
import { writeSync } from "node:fs";
import { SqliteStore } from "./sqlite-store.js";

const store = SqliteStore.open(process.argv[2] ?? "");
let { revision } = await store.load();
for (;;) {
  const value = String(revision + 1);
  revision = await store.commit(revision, [
    { key: "first", value },
    { key: `kept-${value}`, value },
    { key: "last", value },
  ]);
  writeSync(1, `${revision}\n`);
}
