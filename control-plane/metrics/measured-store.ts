import type { Store } from "../store/store.js";
import type { Metrics } from "./metrics.js";

/** The same store, whose commits are timed. */
export function measuredStore(store: Store, metrics: Metrics, now = () => performance.now()): Store {
  return {
    load: () => store.load(),
    subscribe: (listener) => store.subscribe(listener),
    checkWritable: () => store.checkWritable(),
    close: () => store.close(),
    commit: async (expected, writes) => {
      const start = now();
      const seconds = () => (now() - start) / 1000;
      try {
        const revision = await store.commit(expected, writes);
        metrics.committed("committed", seconds());
        return revision;
      } catch (error) {
        const conflict = (error as Error).name === "RevisionConflict";
        metrics.committed(conflict ? "conflict" : "failed", seconds());
        throw error;
      }
    },
  };
}
