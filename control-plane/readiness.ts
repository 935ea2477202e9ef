import type { Logger } from "pino";
import type { Store } from "./store/store.js";

/** What readiness asks of a store. */
interface Writable {
  checkWritable(): Promise<void>;
}

/**
 * The same store, as one that several control planes share, which is good to be served from while it is away: were they
 * taken for dead all at once and started anew, they would have lost what they know, and could not read it again.
 */
export const lastKnown = (store: Store): Store => ({
  load: () => store.load(),
  commit: (expected, writes) => store.commit(expected, writes),
  subscribe: (listener) => store.subscribe(listener),
  close: () => store.close(),
  checkWritable: async () => {},
});

/** How long an answer holds: whoever asks more often costs the disk no more writes. */
const FRESH_MILLISECONDS = 5_000;

/** Whether the control plane can do its work: its store can be written, and it is not stopping. */
export class StoreReadiness {
  readonly #store: Writable;
  readonly #log: Logger;
  readonly #now: () => number;
  #stopping = false;
  #isWritable = true;
  #checked: { readonly at: number; readonly problem: Promise<string | undefined> } | undefined;

  constructor(store: Writable, log: Logger, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Why it cannot; undefined if it can. */
  async unready(): Promise<string | undefined> {
    if (this.#stopping) return "the control plane is stopping";
    const now = this.#now();
    if (this.#checked === undefined || now - this.#checked.at >= FRESH_MILLISECONDS) {
      this.#checked = { at: now, problem: this.#check() };
    }
    return this.#checked.problem;
  }

  /** Why it cannot be written names paths of this machine, and is for the log alone: anybody may ask for readiness. */
  async #check(): Promise<string | undefined> {
    try {
      await this.#store.checkWritable();
      if (!this.#isWritable) this.#log.info("the store can be written again");
      this.#isWritable = true;
      return undefined;
    } catch (error) {
      if (this.#isWritable) this.#log.error({ err: error }, `not ready: ${(error as Error).message}`);
      this.#isWritable = false;
      return "the store cannot be written now; the log says why";
    }
  }
}
