import { MalformedRecord } from "./record-value.js";
import type { Write } from "./store.js";

/** A record that is in the store, and that this release cannot read. */
export interface Unreadable {
  readonly key: string;
  /** Why not, without anything of its value. */
  readonly reason: string;
}

/** What was asked for, or was to be changed, is in a record that cannot be read. Nothing was changed. */
export class UnreadableRecord extends Error {
  override readonly name = "UnreadableRecord";
  constructor(readonly record: Unreadable) {
    const { key, reason } = record;
    super(
      `the record ${key} of the store cannot be read: ${reason}. It is not served, and nothing is written over it. If a later ` +
        "release of appmesh wrote it, start that one; if it is damaged, bring it back: docs/operations.md tells how",
    );
  }
}

/**
 * The records of a store that cannot be read: one that a later release wrote, or that was damaged, must stop nobody from
 * following all the others. Nothing is written over them, so that nothing of them is lost.
 */
export class UnreadableRecords {
  readonly #all = new Map<string, Unreadable>();
  readonly #tell: (record: UnreadableRecord | { readonly readable: string }) => void;

  /** `tell` hears of each record that cannot be read, once, and when it can be read again or is gone. */
  constructor(tell: (news: UnreadableRecord | { readonly readable: string }) => void = () => {}) {
    this.#tell = tell;
  }

  /** What a record says, by a `decode` that throws where it is none; undefined where it cannot be read. */
  read<T>(key: string, value: string, decode: (value: string) => T): T | undefined {
    try {
      const decoded = decode(value);
      this.forget(key);
      return decoded;
    } catch (error) {
      this.#note({ key, reason: reasonOf(error) });
      return undefined;
    }
  }

  /** The record is gone. */
  forget(key: string): void {
    if (this.#all.delete(key)) this.#tell({ readable: key });
  }

  has(key: string): boolean {
    return this.#all.has(key);
  }

  /** Throws UnreadableRecord for the record of a key, if it cannot be read. */
  check(key: string): void {
    const record = this.#all.get(key);
    if (record) throw new UnreadableRecord(record);
  }

  /** Throws UnreadableRecord for the first record whose key begins so, and that cannot be read. */
  checkUnder(prefix: string): void {
    for (const [key, record] of this.#all) if (key.startsWith(prefix)) throw new UnreadableRecord(record);
  }

  /** Throws UnreadableRecord where writes would overwrite one, or leave one behind without what it is in. */
  checkWrites(writes: readonly Write[]): void {
    if (this.#all.size === 0) return;
    for (const { key, value } of writes) {
      this.check(key);
      if (value === undefined) this.checkUnder(`${key}/`);
    }
  }

  /** In the order of their keys. */
  list(prefix = ""): readonly Unreadable[] {
    return [...this.#all.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #note(record: Unreadable): void {
    const known = this.#all.get(record.key);
    this.#all.set(record.key, record);
    if (known?.reason !== record.reason) this.#tell(new UnreadableRecord(record));
  }
}

/** Throws, in the place of an UnreadableRecord, what callers know such faults by. */
export function unreadableAs(
  Fault: new (type: "InternalServerErrorException", message: string, options: ErrorOptions) => Error,
  check: () => void,
): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof UnreadableRecord)) throw error;
    throw new Fault("InternalServerErrorException", error.message, { cause: error });
  }
}

/** Errors of parsers quote what they were given, which may be secret. */
const reasonOf = (error: unknown): string =>
  error instanceof MalformedRecord ? error.message : `what is in it has a form that is not known here`;
