import { Calls, failureOf, type TablePlace } from "./dynamodb/calls.js";
import { commit } from "./dynamodb/commit.js";
import type { LogEntry } from "./dynamodb/layout.js";
import { OwnCommit } from "./dynamodb/own-commit.js";
import { apply, checkLayout, type Head, sleep, Table } from "./dynamodb/table.js";
import {
  type Change,
  CommitInDoubt,
  type Contents,
  differences,
  RevisionConflict,
  type Store,
  StoreUnavailable,
  type Unsubscribe,
  type Write,
} from "./store.js";

export interface DynamoStoreOptions extends TablePlace {
  /**
   * Whether the table is asked for others' changes all the time, or only before each load and commit. Default: true.
   */
  readonly follow?: boolean;
  /** How long an open waits for a table that does not answer, in milliseconds. Default: 0. */
  readonly openMilliseconds?: number;
  /** How long a commit waits for an answer before it is in doubt, in milliseconds. Default: 8,000. */
  readonly commitMilliseconds?: number;
  /**
   * Called when the table cannot be followed any more, with why, again where there is another reason, up to eight times,
   * and without when it can be followed again.
   */
  readonly onTrouble?: ((trouble: StoreUnavailable | undefined) => void) | undefined;
}

/** How often the revision is read: often enough for a change to be everywhere before anybody looks. */
const POLL_MILLISECONDS = [100, 200] as const;
/** How seldom, at most, while the table does not answer. */
const SLOWEST_POLL_MILLISECONDS = 1_000;
/** How long a load or a commit that needs to know the latest revision asks for it. */
const LOOK_MILLISECONDS = 2_000;
/** After how long without an answer a table is taken to be away: then changes are refused at once. */
const TROUBLE_MILLISECONDS = 1_000;
/** How many reasons are told of one time that it is away. */
const MAX_REASONS = 8;
/** How long a revision that the head tells of may take to show in the log, in steps. */
const GAP_ATTEMPTS = 10;
const GAP_MILLISECONDS = 50;

/**
 * A store in one DynamoDB table, for any number of processes at a time: each change is one conditional transaction, and
 * each process follows the log of all changes. What was read last is kept, and stays in use while the table is away.
 */
export class DynamoStore implements Store {
  readonly #calls: Calls;
  readonly #table: Table;
  /** For what somebody waits for. */
  readonly #patient: Table;
  readonly #follows: boolean;
  readonly #commitMilliseconds: number | undefined;
  readonly #onTrouble: ((trouble: StoreUnavailable | undefined) => void) | undefined;
  readonly #listeners = new Set<(change: Change) => void>();
  /** Called with each revision that this process has made, before anybody else here hears of it. */
  onCommitted: ((revision: number) => void) | undefined;
  #records = new Map<string, string>();
  #revision = 0;
  #incarnation: string | undefined;
  #trouble: StoreUnavailable | undefined;
  /** What was told of it: reasons that take turns are not told again and again. */
  readonly #told = new Set<string>();
  /** Commits that were sent, by the revision that they would be, until the log has got there. */
  readonly #own = new Map<number, OwnCommit[]>();
  #commits: Promise<unknown> = Promise.resolve();
  #looks: Promise<unknown> = Promise.resolve();
  #hinted = false;
  #asking: Promise<void> | undefined;
  #failures = 0;
  /** Since when, by the clock of this process, the table has not been read. */
  #failingSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(calls: Calls, { follow = true, commitMilliseconds, onTrouble }: DynamoStoreOptions) {
    this.#calls = calls;
    this.#table = new Table(calls);
    this.#patient = new Table(calls, LOOK_MILLISECONDS);
    this.#follows = follow;
    this.#commitMilliseconds = commitMilliseconds;
    this.#onTrouble = onTrouble;
  }

  /** Reads the whole table. Throws StoreUnavailable, with the way out, where it cannot be read. */
  static async open(options: DynamoStoreOptions): Promise<DynamoStore> {
    const calls = await Calls.open(options);
    try {
      const store = new DynamoStore(calls, options);
      const { head, revision, records } = await new Table(calls, options.openMilliseconds).contents();
      store.#incarnation = head.incarnation;
      store.#revision = revision;
      store.#records = records;
      store.#schedule();
      return store;
    } catch (error) {
      calls.close();
      throw error;
    }
  }

  /** The revision up to which this process knows the table. */
  get revision(): number {
    return this.#revision;
  }

  /** Why the table cannot be followed now; undefined while it can. */
  get trouble(): StoreUnavailable | undefined {
    return this.#trouble;
  }

  /** The time at the table, in milliseconds since 1970. */
  now(): number {
    return this.#calls.clock.now();
  }

  get calls(): Calls {
    return this.#calls;
  }

  /** What was read last is given while the table is away, if it is followed. */
  async load(): Promise<Contents> {
    try {
      await this.#look();
    } catch (error) {
      if (!this.#follows) throw error;
    }
    return {
      revision: this.#revision,
      records: new Map([...this.#records].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  commit(expected: number, writes: readonly Write[]): Promise<number> {
    // One at a time: those that are based on the same revision as one that was made are refused without being sent.
    const turn = this.#commits.then(() => this.#commit(expected, writes));
    this.#commits = turn.catch(() => {});
    return turn;
  }

  subscribe(listener: (change: Change) => void): Unsubscribe {
    const subscription = (change: Change) => listener(change);
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  async checkWritable(): Promise<void> {
    if (this.#trouble) throw this.#trouble;
    await this.#look();
  }

  /** Says that the table may be at a revision by now: it is looked at soon, if that would be news. */
  hint(revision: number): void {
    if (revision <= this.#revision || this.#hinted || this.#closed) return;
    this.#hinted = true;
    this.#inTurn(async () => {
      this.#hinted = false;
      // Whether it is at that revision is for the log to say: a hint is believed in nothing.
      if (revision > this.#revision) this.#take(await this.#table.log(this.#revision));
    }).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#commits;
    await this.#looks;
    this.#listeners.clear();
    for (const own of [...this.#own.values()].flat()) own.settle(undefined);
    this.#calls.close();
  }

  async #commit(expected: number, writes: readonly Write[]): Promise<number> {
    if (this.#closed) throw new StoreUnavailable("the store is closed");
    // Sent in vain, it would keep its caller waiting; the table is asked all the time whether it is back.
    if (this.#trouble && this.#follows) throw this.#trouble;
    if (expected > this.#revision) await this.#look();
    if (expected !== this.#revision) throw new RevisionConflict(expected, this.#revision);
    const own = new OwnCommit();
    const revision = expected + 1;
    this.#own.set(revision, [...(this.#own.get(revision) ?? []), own]);
    const sent = commit(
      this.#calls,
      { expected, writes, id: own.id },
      { milliseconds: this.#commitMilliseconds, isAway: () => this.#trouble !== undefined },
    );
    // The log may tell before the answer does.
    const outcome = await Promise.race([sent, own.madeByLog]);
    if (outcome.is === "made") {
      this.onCommitted?.(revision);
      this.#take([{ revision, commit: own.id, writes }]);
      return revision;
    }
    if (outcome.is === "conflict") {
      await this.#look({ known: outcome.head });
      throw new RevisionConflict(expected, this.#revision);
    }
    if (own.made === false) throw new RevisionConflict(expected, this.#revision);
    const { message } = this.#calls.unavailable(outcome.cause);
    throw new CommitInDoubt(`${message}; whether the change was made is not known`, own.settled, {
      cause: outcome.cause,
    });
  }

  #schedule(): void {
    if (!this.#follows || this.#closed) return;
    const [least, most] = POLL_MILLISECONDS;
    const slower = Math.min(2 ** this.#failures, SLOWEST_POLL_MILLISECONDS / most);
    const delay = (least + Math.random() * (most - least)) * slower;
    this.#timer = setTimeout(async () => {
      await this.#look({ table: this.#table }).catch(() => {});
      this.#schedule();
    }, delay).unref();
  }

  /** Finds out what others have committed by now. Those who ask while it has not been asked yet are answered together. */
  refresh(): Promise<void> {
    this.#asking ??= this.#look({ asked: () => (this.#asking = undefined) });
    return this.#asking;
  }

  /** Takes over what others have committed. */
  #look({
    known,
    table = this.#patient,
    asked,
  }: {
    known?: Head;
    table?: Table;
    asked?: () => void;
  } = {}): Promise<void> {
    return this.#inTurn(async () => {
      asked?.();
      const start = performance.now();
      try {
        await this.#follow(known ?? (await table.head()));
        this.#failures = 0;
        this.#failingSince = undefined;
        this.#setTrouble(undefined);
      } catch (error) {
        this.#failures++;
        this.#failingSince ??= start;
        const trouble = this.#calls.unavailable(error);
        const passes = trouble.cause !== undefined && failureOf(trouble.cause) !== "refused";
        // One request that fails is nothing yet.
        if (!passes || performance.now() - this.#failingSince >= TROUBLE_MILLISECONDS)
          this.#setTrouble(trouble);
        throw trouble;
      }
    });
  }

  #inTurn<T>(look: () => Promise<T>): Promise<T> {
    const turn = this.#looks.then(look);
    this.#looks = turn.catch(() => {});
    return turn;
  }

  #setTrouble(trouble: StoreUnavailable | undefined): void {
    const was = this.#trouble;
    this.#trouble = trouble;
    if (this.#closed) return;
    if (trouble === undefined) {
      this.#told.clear();
      if (was) this.#onTrouble?.(undefined);
    } else if (!this.#told.has(trouble.message) && this.#told.size < MAX_REASONS) {
      this.#told.add(trouble.message);
      this.#onTrouble?.(trouble);
    }
  }

  async #follow(head: Head): Promise<void> {
    checkLayout(this.#calls, head);
    if (head.importing !== undefined) {
      throw new StoreUnavailable(
        `an import into the DynamoDB table ${this.#calls.table} is under way: changes are taken once it is done`,
      );
    }
    this.#incarnation ??= head.incarnation;
    if (head.revision < this.#revision || head.incarnation !== this.#incarnation) {
      throw new StoreUnavailable(
        `the DynamoDB table ${this.#calls.table} is another one than before, at revision ${head.revision} where it was at ` +
          `${this.#revision}: it was deleted, or restored under its name. Start appmesh serve again to use it as it is`,
      );
    }
    for (let attempt = 0; head.revision > this.#revision; attempt++) {
      if (attempt === GAP_ATTEMPTS) {
        await this.#reload();
        return;
      }
      if (attempt > 0) await sleep(GAP_MILLISECONDS);
      if (this.#take(await this.#patient.log(this.#revision)) === "replaced") {
        await this.#reload();
        return;
      }
    }
  }

  /** The log no longer tells what happened since: everything is read, and what differs is one change. */
  async #reload(): Promise<void> {
    const { revision, records } = await this.#patient.contents();
    if (revision <= this.#revision) return;
    const writes = differences(this.#records, records);
    this.#records = records;
    this.#tell({ revision, writes });
  }

  /** Takes over what follows the revision that is known, up to where everything was replaced. */
  #take(entries: readonly LogEntry[]): "replaced" | undefined {
    for (const { revision, commit: id, writes, replacedAll } of entries) {
      if (revision !== this.#revision + 1) continue;
      if (replacedAll) return "replaced";
      for (const write of writes) apply(this.#records, write);
      for (const own of this.#own.get(revision) ?? []) own.settle(own.id === id);
      this.#tell({ revision, writes });
    }
    return undefined;
  }

  #tell(change: Change): void {
    this.#revision = change.revision;
    for (const [revision, commits] of this.#own) {
      if (revision > change.revision) continue;
      for (const own of commits) own.settle(undefined);
      this.#own.delete(revision);
    }
    for (const listener of [...this.#listeners]) listener(change);
  }
}
