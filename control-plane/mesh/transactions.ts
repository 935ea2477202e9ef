import {
  ChangeTooLarge,
  CommitInDoubt,
  RevisionConflict,
  type Store,
  StoreUnavailable,
  type Write,
} from "../store/store.js";
import type { Caller } from "./caller.js";
import type { CommittedChange, DecidedChange } from "./change.js";
import { MeshError } from "./errors.js";
import type { MeshState } from "./state.js";

/** What a call decided to do, from the state that it saw. */
export interface Decision<T> {
  readonly writes: readonly Write[];
  readonly result: T;
  /** What the writes mean, for those who keep a record of it. Missing where nothing is written. */
  readonly change?: DecidedChange;
}

/** How often a call is decided anew because writers of other processes were first. Each time, one of them got on. */
const ATTEMPTS = 100;
/** How long a change that another process has committed may take to arrive here. */
const CATCH_UP_MILLISECONDS = 5_000;

/**
 * How long a call may wait for those before it, where the store takes its time over each. Whoever made it has given up by
 * then, or has made it again: what is then left of the queue must not be carried out for nobody.
 */
const PATIENCE_MILLISECONDS = 10_000;

/**
 * Changes to the mesh, each decided from the latest state and stored only if that still is the latest: rules that
 * were checked when a call was decided hold when it is committed, whoever else writes.
 */
export class Transactions {
  readonly #store: Store;
  readonly #state: MeshState;
  readonly #onChange: ((change: CommittedChange) => void) | undefined;
  readonly #now: () => number;
  /** The calls of this process take turns: among them, none has to be decided twice. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * `onChange` hears of each change of this process once it is committed, in their order. It must not throw. `now`: a time
   * in milliseconds that only grows.
   */
  constructor(
    store: Store,
    state: MeshState,
    onChange?: (change: CommittedChange) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#now = now;
    this.#store = store;
    this.#state = state;
    this.#onChange = onChange;
  }

  /** `decide` must be free of side effects, since it may run more than once. What it throws is thrown to the caller. */
  run<T>(caller: Caller, decide: () => Decision<T>): Promise<T> {
    const askedAt = this.#now();
    const turn = this.#last.then(() => {
      if (this.#now() - askedAt <= PATIENCE_MILLISECONDS) return this.#attempt(caller, decide);
      throw new MeshError(
        "ServiceUnavailableException",
        `${PATIENCE_MILLISECONDS / 1000} seconds have gone by with other changes, which the store takes slowly; nothing was changed`,
      );
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #attempt<T>(caller: Caller, decide: () => Decision<T>): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { writes, result, change } = decide();
      if (writes.length === 0) return result;
      this.#state.checkWrites(writes);
      try {
        await this.#store.commit(this.#state.revision, writes);
        if (change) this.#onChange?.({ caller, ...change });
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
        if (error instanceof ChangeTooLarge) {
          throw new MeshError("BadRequestException", `this is too large to be stored: ${error.message}`, {
            cause: error,
          });
        }
        if (error instanceof CommitInDoubt) {
          // Who keeps a record of changes hears of this one too, once it is known to have been made.
          error.outcome.then((made) => made && change && this.#onChange?.({ caller, ...change }));
          throw new MeshError(
            "ServiceUnavailableException",
            "the store did not answer in time, and whether the change was made is not known yet. Look before repeating it, " +
              "or repeat it with the same clientToken, which makes it once",
            { cause: error },
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
