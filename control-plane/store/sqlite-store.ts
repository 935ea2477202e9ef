import { closeSync, existsSync, mkdirSync, openSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import {
  type Change,
  type Contents,
  differences,
  type Replaceable,
  RevisionConflict,
  type Store,
  StoreUnavailable,
  type Unsubscribe,
  type Write,
} from "./store.js";

/** Marks the file as ours ("apms"): another program's database is never taken for a store, nor written to. */
const APPLICATION_ID = 0x61706d73;
const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE record (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE revision (revision INTEGER NOT NULL) STRICT;
  INSERT INTO revision VALUES (0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Room on the disk without which a change may fail: what the largest one takes. */
const LEAST_ROOM = 1024 * 1024;

/**
 * A store in one SQLite file, for one control plane process. The process holds the file's lock for as long as
 * it lives, so that a second one is refused instead of overwriting the first; the operating system lets go of
 * the lock however the process ends.
 */
export class SqliteStore implements Store, Replaceable {
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #listeners = new Set<(change: Change) => void>();
  /** Of the file when it was opened. */
  readonly #inode: number;
  readonly #revision: StatementSync;
  readonly #advance: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;

  private constructor(file: string, db: DatabaseSync) {
    this.#file = file;
    this.#db = db;
    this.#inode = statSync(file).ino;
    this.#revision = db.prepare("SELECT revision FROM revision");
    this.#advance = db.prepare("UPDATE revision SET revision = ? WHERE revision = ?");
    this.#put = db.prepare(
      "INSERT INTO record VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    this.#remove = db.prepare("DELETE FROM record WHERE key = ?");
  }

  /** Whether there is a store in the folder. */
  static isIn(folder: string): boolean {
    return existsSync(fileIn(folder));
  }

  /**
   * Opens the store in a folder, which is made where it does not exist. Throws StoreUnavailable, naming the path
   * and the way out, where the folder or the file cannot be used.
   */
  static open(folder: string): SqliteStore {
    const file = fileIn(folder);
    makePrivate(folder, file);
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file);
      prepare(file, db);
      return new SqliteStore(file, db);
    } catch (error) {
      db?.close();
      throw unavailable(file, error);
    }
  }

  async load(): Promise<Contents> {
    return this.#guarded(() => {
      const records = new Map<string, string>();
      for (const row of this.#db.prepare("SELECT key, value FROM record").iterate()) {
        records.set(row.key as string, row.value as string);
      }
      return { revision: this.#currentRevision(), records };
    });
  }

  async commit(expected: number, writes: readonly Write[]): Promise<number> {
    const revision = expected + 1;
    this.#guarded(() => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        if (this.#advance.run(revision, expected).changes === 0) {
          throw new RevisionConflict(expected, this.#currentRevision());
        }
        for (const { key, value } of writes) {
          if (value === undefined) this.#remove.run(key);
          else this.#put.run(key, value);
        }
        this.#db.exec("COMMIT");
      } catch (error) {
        // A full disk makes SQLite roll back by itself.
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
    for (const listener of [...this.#listeners]) listener({ revision, writes });
    return revision;
  }

  async replace(decide: Parameters<Replaceable["replace"]>[0]): Promise<number> {
    const { revision, records } = await this.load();
    return this.commit(revision, differences(records, decide(records, false)));
  }

  subscribe(listener: (change: Change) => void): Unsubscribe {
    // A wrapper of its own, so that one listener may be subscribed twice and end each subscription alone.
    const subscription = (change: Change) => listener(change);
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  async checkWritable(): Promise<void> {
    this.#guarded(() => {
      // The process would go on to write a file that is deleted, and nobody would find its changes again.
      if (statSync(this.#file, { throwIfNoEntry: false })?.ino !== this.#inode) {
        throw new StoreUnavailable(
          `${this.#file} was moved or deleted under this process. Put it back, or start appmesh serve again`,
        );
      }
      // SQLite writes to what it has of its log before it asks the disk for more: it would find out too late.
      const { bavail, bsize } = statfsSync(this.#file);
      if (bavail * bsize < LEAST_ROOM) {
        throw new StoreUnavailable(
          `${this.#file} cannot grow: its disk has ${bavail * bsize} bytes left. Make room on it`,
        );
      }
      // Writes a page that is as it was: a disk that is gone or read-only is found out.
      this.#db.exec("UPDATE revision SET revision = revision");
    });
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #currentRevision(): number {
    return this.#revision.get()?.revision as number;
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw error instanceof RevisionConflict ? error : unavailable(this.#file, error);
    }
  }
}

/** The records may name what is behind a company's doors, so that only their owner may read them. */
const fileIn = (folder: string): string => join(folder, "appmesh.db");

function makePrivate(folder: string, file: string): void {
  try {
    makeFolder(folder);
    closeSync(openSync(file, "a", 0o600));
  } catch (error) {
    throw new StoreUnavailable(
      `the data folder ${folder} cannot be used: ${(error as Error).message}. ` +
        "Give a folder that this user may create and write, by --data DIR",
      { cause: error },
    );
  }
}

/** One folder at a time: Node's own `recursive` never ends where a file system says that an existing parent is missing. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been as fast.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function prepare(file: string, db: DatabaseSync): void {
  // The lock is taken by the first read or write after this, and kept.
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; COMMIT");
  const version = pragma(db, "user_version");
  const application = pragma(db, "application_id");
  const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n;
  const isNew = version === 0 && application === 0 && tables === 0;
  if (!isNew && application !== APPLICATION_ID) {
    throw new StoreUnavailable(
      `${file} is a database of another program. Give another data folder, by --data DIR, or move the file away`,
    );
  }
  if (!isNew && Number(version) > SCHEMA_VERSION) {
    throw new StoreUnavailable(
      `${file} was written by a newer appmesh (its schema is ${version}, this program knows up to ${SCHEMA_VERSION}). ` +
        "Run that version or a later one, or give another data folder, by --data DIR",
    );
  }
  const damage = db.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (damage !== "ok") throw corrupt(file, String(damage));
  // FULL: what was answered must survive the machine's power, and not only the process.
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  if (isNew) db.exec(`BEGIN; ${SCHEMA} COMMIT`);
}

const pragma = (db: DatabaseSync, name: string) => db.prepare(`PRAGMA ${name}`).get()?.[name];

const corrupt = (file: string, damage: string, cause?: unknown) =>
  new StoreUnavailable(
    `${file} is damaged (${damage}). Put a backup in its place, or move it away to start with an empty store`,
    { cause },
  );

/** SQLite's primary result codes, which are the low byte of the code that it gives. */
const BUSY = 5;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const NOTADB = 26;

function unavailable(file: string, error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const { errcode, message } = error as { errcode?: number; message: string };
  switch (errcode === undefined ? undefined : errcode & 0xff) {
    case BUSY:
      return new StoreUnavailable(
        `${file} is in use by another appmesh serve. Stop that one, or give another data folder, by --data DIR`,
        { cause: error },
      );
    case READONLY:
      return new StoreUnavailable(
        `${file} cannot be written: ${message}. Make it writable for this user, or give another data folder, by --data DIR`,
        { cause: error },
      );
    case FULL:
      return new StoreUnavailable(
        `${file} cannot grow: ${message}. Make room on its disk; nothing of the change was stored`,
        { cause: error },
      );
    case CORRUPT:
    case NOTADB:
      return corrupt(file, message, error);
    default:
      return new StoreUnavailable(`${file} cannot be used: ${message}`, { cause: error });
  }
}
