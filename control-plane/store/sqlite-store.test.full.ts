/** A writer for the test of a full disk: commits until it is refused, and tells what it then has. */
import { SqliteStore } from "./sqlite-store.js";

const store = SqliteStore.open(process.argv[2] ?? "");
let revision = 0;
let error: Error | undefined;
while (!error) {
  const value = "x".repeat(20_000);
  await store.commit(revision, [{ key: `large-${revision}`, value }]).then(
    (next) => {
      revision = next;
    },
    (refusal) => {
      error = refusal;
    },
  );
}
const refused = revision + 1;
await store.commit(revision, [{ key: "small", value: "fits" }]);
const { revision: now, records } = await store.load();
const after = { revision: now, keys: records.size, small: records.get("small") };
process.stdout.write(JSON.stringify({ refused, error: { name: error.name, message: error.message }, after }));
await store.close();
