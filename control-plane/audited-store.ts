import type { AuditSink } from "./api/audit-file.js";
import { type Store, StoreUnavailable } from "./store/store.js";

/**
 * The same store, which takes no change while the audit could not be told of it. Asked right before each commit, and not
 * only when a request comes in: of all that are under way when the audit fails, one is made without its line, and no more.
 */
export function auditedStore(store: Store, audit: Pick<AuditSink, "trouble">): Store {
  const check = () => {
    const trouble = audit.trouble();
    if (trouble !== undefined) throw new StoreUnavailable(trouble);
  };
  return {
    load: () => store.load(),
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
    checkWritable: async () => {
      check();
      await store.checkWritable();
    },
    commit: async (expected, writes) => {
      check();
      return store.commit(expected, writes);
    },
  };
}
