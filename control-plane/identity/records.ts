import {
  type Change,
  CommitInDoubt,
  RevisionConflict,
  type Store,
  StoreUnavailable,
  type Write,
} from "../store/store.js";
import { UnreadableRecords, unreadableAs } from "../store/unreadable-records.js";
import { IdentityError } from "./errors.js";

const ATTEMPTS = 100;

/** What is to be stored, and what the caller is answered once it is. */
export interface Decision<R> {
  readonly writes: readonly Write[];
  readonly result: R;
}

/** The records of a store whose keys begin with one prefix, as they are now, also where another process changes them. */
export class Records<T> {
  readonly #store: Store;
  readonly #prefix: string;
  readonly #decode: (name: string, value: string) => T;
  readonly #unreadable: UnreadableRecords;
  readonly #all = new Map<string, T>();
  readonly #listeners = new Set<() => void>();
  #revision = -1;
  /** Changes that come while the store is being read. */
  #early: Change[] | undefined;

  private constructor(
    store: Store,
    prefix: string,
    decode: (name: string, value: string) => T,
    unreadable: UnreadableRecords,
  ) {
    this.#store = store;
    this.#prefix = prefix;
    this.#decode = decode;
    this.#unreadable = unreadable;
  }

  /**
   * `decode` is given what follows the prefix in a record's key, and its value. What it throws for is not among `all`, and
   * not written over.
   */
  static async open<T>(
    store: Store,
    prefix: string,
    decode: (name: string, value: string) => T,
    unreadable = new UnreadableRecords(),
  ): Promise<Records<T>> {
    const records = new Records(store, prefix, decode, unreadable);
    store.subscribe((change) => records.#apply(change));
    await records.#reload();
    return records;
  }

  /** By what follows the prefix in their keys. */
  get all(): ReadonlyMap<string, T> {
    return this.#all;
  }

  /** How many records there are, with those that cannot be read. */
  get size(): number {
    return this.#all.size + this.#unreadable.list(this.#prefix).length;
  }

  /** Whether there is such a record, which cannot be read. */
  isUnreadable(name: string): boolean {
    return this.#unreadable.has(this.#prefix + name);
  }

  /** Throws where there are records that cannot be read, and that may be just what is asked for. */
  checkAll(): void {
    failing(() => this.#unreadable.checkUnder(this.#prefix));
  }

  /** Throws where there is such a record, which cannot be read. */
  check(name: string): void {
    failing(() => this.#unreadable.check(this.#prefix + name));
  }

  /** Calls back after each change of a record. Returns what ends that. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  write(name: string, value: object | undefined): Write {
    return { key: this.#prefix + name, value: value && JSON.stringify(value) };
  }

  /** As in the mesh's transactions: decided from what is known, and stored only if that still is the latest. */
  async change<R>(decide: () => Decision<R>): Promise<R> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { writes, result } = decide();
      if (writes.length === 0) return result;
      failing(() => this.#unreadable.checkWrites(writes));
      try {
        await this.#store.commit(this.#revision, writes);
        return result;
      } catch (error) {
        if (error instanceof StoreUnavailable) {
          throw new IdentityError(
            "ServiceUnavailableException",
            "the store cannot be written now; nothing was changed",
            { cause: error },
          );
        }
        if (error instanceof CommitInDoubt) {
          throw new IdentityError(
            "ServiceUnavailableException",
            "the store did not answer in time, and whether the change was made is not known yet. List what there is " +
              "before repeating it",
            { cause: error },
          );
        }
        if (!(error instanceof RevisionConflict)) throw error;
        await this.#reload();
      }
    }
    throw new IdentityError(
      "ServiceUnavailableException",
      "too many other writers at this time; nothing was changed",
    );
  }

  async #reload(): Promise<void> {
    // Another reload that is under way hears of the same changes.
    this.#early ??= [];
    const early = this.#early;
    const { revision, records } = await this.#store.load();
    if (revision > this.#revision) {
      this.#revision = revision;
      this.#all.clear();
      for (const { key } of this.#unreadable.list(this.#prefix)) {
        if (!records.has(key)) this.#unreadable.forget(key);
      }
      for (const [key, value] of records) this.#take(key, value);
      this.#tell();
    }
    if (this.#early === early) this.#early = undefined;
    for (const change of early) this.#apply(change);
  }

  #apply(change: Change): void {
    if (this.#early) {
      this.#early.push(change);
      return;
    }
    if (change.revision <= this.#revision) return;
    this.#revision = change.revision;
    const taken = change.writes.filter(({ key, value }) => this.#take(key, value));
    if (taken.length > 0) this.#tell();
  }

  #take(key: string, value: string | undefined): boolean {
    if (!key.startsWith(this.#prefix)) return false;
    const name = key.slice(this.#prefix.length);
    if (value === undefined) this.#unreadable.forget(key);
    const record =
      value === undefined
        ? undefined
        : this.#unreadable.read(key, value, (text) => ({ decoded: this.#decode(name, text) }));
    if (record === undefined) this.#all.delete(name);
    else this.#all.set(name, record.decoded);
    return true;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Callers are told of a record that cannot be read as of a fault of the control plane. */
const failing = (check: () => void): void => unreadableAs(IdentityError, check);
