import { RevisionConflict, type Store, StoreUnavailable, type Write } from "../store/store.js";
import { MeshError } from "./errors.js";
import type { MeshState } from "./state.js";

/** What a call decided to do, from the state that it saw. */
export interface Decision<T> {
  readonly writes: readonly Write[];
  readonly result: T;
}

/** How often a call is decided anew because writers of other processes were first. Each time, one of them got on. */
const ATTEMPTS = 100;
/** How long a change that another process has committed may take to arrive here. */
const CATCH_UP_MILLISECONDS = 5_000;

/**
 * Changes to the mesh, each decided from the latest state and stored only if that still is the latest: rules that
 * were checked when a call was decided hold when it is committed, whoever else writes.
 */
export class Transactions {
  readonly #store: Store;
  readonly #state: MeshState;
  /** The calls of this process take turns: among them, none has to be decided twice. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: Store, state: MeshState) {
    this.#store = store;
    this.#state = state;
  }

  /** `decide` must be free of side effects, since it may run more than once. What it throws is thrown to the caller. */
  run<T>(decide: () => Decision<T>): Promise<T> {
    const turn = this.#last.then(() => this.#attempt(decide));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #attempt<T>(decide: () => Decision<T>): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { writes, result } = decide();
      if (writes.length === 0) return result;
      try {
        await this.#store.commit(this.#state.revision, writes);
        return result;
      } catch (error) {
        if (error instanceof StoreUnavailable) {
          throw new MeshError(
            "ServiceUnavailableException",
            "the store cannot be written now; nothing was changed",
            {
              cause: error,
            },
          );
        }
        if (!(error instanceof RevisionConflict)) throw error;
        if (!(await this.#state.reached(error.actual, CATCH_UP_MILLISECONDS))) break;
      }
    }
    throw new MeshError(
      "ServiceUnavailableException",
      "too many other writers at this time; nothing was changed",
    );
  }
}
