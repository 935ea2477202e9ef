import { type Change, RevisionConflict, type Store, StoreUnavailable, type Write } from "../store/store.js";
import {
  type AccessKey,
  createInput,
  type IssuedKey,
  newAccessKeyId,
  newSecretAccessKey,
  overlapOf,
  statusOf,
} from "./access-key.js";
import { IdentityError } from "./errors.js";
import { isUnlimited, parseScope, type ScopeText, UNLIMITED } from "./scope.js";

/** A key by which requests are signed, as the environment gives the first one. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface AccessKeysOptions {
  /** The control plane's own. */
  readonly account: string;
  /** The key that the environment gave. It may do everything, and is kept nowhere. */
  readonly initial?: Credentials | undefined;
  /** How many keys are kept, living and dead; of the dead, the oldest make room. Default: 1000. */
  readonly mostKeys?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What a store keeps of a key, as it was asked for: an account that was not given is that of the control plane. */
interface KeyRecord extends Omit<AccessKey, "account" | "scope"> {
  readonly account?: string | undefined;
  readonly scope: ScopeText;
  /** Whole, since both sides of SigV4 make the same signature. Gone once the key is revoked. */
  readonly secretAccessKey?: string | undefined;
}

/** A key with its secret, which a revoked one has no longer. */
export interface Found {
  readonly key: AccessKey;
  readonly secretAccessKey: string | undefined;
}

/** MeshState reads no keys of this form. */
const PREFIX = "identity/access-keys/";
const ATTEMPTS = 100;

/**
 * The access keys that this control plane issues, as its store has them, also where another process changes them.
 * Once there was a key, the API stays closed to who has none: a revoked key stays listed, without its secret.
 */
export class AccessKeys {
  readonly #store: Store;
  readonly #account: string;
  readonly #initial: Found | undefined;
  readonly #mostKeys: number;
  readonly #now: () => number;
  readonly #records = new Map<string, KeyRecord>();
  /** The same, as they are used. */
  readonly #keys = new Map<string, Found>();
  #revision = -1;
  /** Changes that come while the store is being read. */
  #early: Change[] | undefined;

  private constructor(
    store: Store,
    { account, initial, mostKeys = 1000, now = Date.now }: AccessKeysOptions,
  ) {
    this.#store = store;
    this.#account = account;
    this.#mostKeys = mostKeys;
    this.#now = now;
    this.#initial = initial && {
      key: {
        accessKeyId: initial.accessKeyId,
        account,
        scope: UNLIMITED,
        description: "APPMESH_ACCESS_KEY_ID of the control plane's environment",
        createdAt: this.seconds(),
      },
      secretAccessKey: initial.secretAccessKey,
    };
  }

  /** Throws IdentityError where the environment's key is one that the store keeps. */
  static async open(store: Store, options: AccessKeysOptions): Promise<AccessKeys> {
    const keys = new AccessKeys(store, options);
    store.subscribe((change) => keys.#apply(change));
    await keys.#reload();
    const initial = options.initial?.accessKeyId;
    if (initial !== undefined && keys.#records.has(initial)) {
      throw new IdentityError(
        "ConflictException",
        `APPMESH_ACCESS_KEY_ID is '${initial}', a key that this control plane has issued and keeps itself, ` +
          "with its own scope and end. Start without it, or give a key of another id",
      );
    }
    return keys;
  }

  /** Whether requests must be signed: there is a key, or there was one. */
  get required(): boolean {
    return this.#initial !== undefined || this.#records.size > 0;
  }

  seconds(): number {
    return this.#now() / 1000;
  }

  /** For the proof of signatures alone: the only way to a secret. */
  find(accessKeyId: string): Found | undefined {
    return this.#initial?.key.accessKeyId === accessKeyId ? this.#initial : this.#keys.get(accessKeyId);
  }

  /** All keys, without their secrets, in the order in which they were created. */
  list(): AccessKey[] {
    const stored = [...this.#keys.values()]
      .map(({ key }) => key)
      .sort((a, b) => a.createdAt - b.createdAt || (a.accessKeyId < b.accessKeyId ? -1 : 1));
    return this.#initial ? [this.#initial.key, ...stored] : stored;
  }

  /** Issues a key as `body`, a CreateAccessKeyInput, asks for it. */
  create(body: unknown): Promise<IssuedKey> {
    return this.#change(() => {
      const { description = "", account, scope = {}, expiresInSeconds } = createInput(body);
      const seconds = this.seconds();
      const record: KeyRecord = {
        accessKeyId: newAccessKeyId(),
        ...(account !== undefined && { account }),
        scope,
        description,
        createdAt: seconds,
        ...(expiresInSeconds !== undefined && { expiresAt: seconds + expiresInSeconds }),
      };
      if (!this.required && !this.#manages(this.#used(record).key)) {
        throw new IdentityError(
          "ConflictException",
          "the first key closes the API to whoever has none, and must be one by which others can be issued: without a " +
            "scope, an end or another account. Create that one first",
        );
      }
      return this.#issued(record);
    });
  }

  /**
   * Takes a key back at once and for good; a key that was taken back before stays as it is. Refuses to take the last
   * key by which keys are managed.
   */
  revoke(accessKeyId: string): Promise<AccessKey> {
    return this.#change(() => {
      const { secretAccessKey: _, ...record } = this.#stored(accessKeyId);
      if (record.revokedAt !== undefined) return { writes: [], result: this.#used(record).key };
      this.#checkOthersManage(accessKeyId);
      const revoked = { ...record, revokedAt: this.seconds() };
      return { writes: [write(revoked)], result: this.#used(revoked).key };
    });
  }

  /** Issues another key in the place of this one, which works on for a while, as `body`, a RotateAccessKeyInput, says. */
  rotate(accessKeyId: string, body: unknown): Promise<IssuedKey> {
    return this.#change(() => {
      const overlap = overlapOf(body);
      const old = this.#stored(accessKeyId);
      const seconds = this.seconds();
      const status = statusOf(old, seconds);
      if (status !== "Active") {
        throw new IdentityError(
          "ConflictException",
          `access key '${accessKeyId}' is ${status.toLowerCase()} and cannot be rotated. Create another one`,
        );
      }
      const { account, scope, description, createdAt, expiresAt, replacedBy } = old;
      if (replacedBy !== undefined) {
        throw new IdentityError(
          "ConflictException",
          `access key '${accessKeyId}' has been replaced by '${replacedBy}' already. Rotate that one`,
        );
      }
      const { writes, result } = this.#issued({
        accessKeyId: newAccessKeyId(),
        ...(account !== undefined && { account }),
        scope,
        description,
        createdAt: seconds,
        // A key that was to live for thirty days is replaced by one that will.
        ...(expiresAt !== undefined && { expiresAt: seconds + (expiresAt - createdAt) }),
        replaces: accessKeyId,
      });
      const end = Math.min(seconds + overlap, expiresAt ?? Number.POSITIVE_INFINITY);
      const replaced = { ...old, expiresAt: end, replacedBy: result.key.accessKeyId };
      return { writes: [...writes, write(replaced)], result };
    });
  }

  #issued(record: KeyRecord): { writes: Write[]; result: IssuedKey } {
    const secretAccessKey = newSecretAccessKey();
    return {
      writes: [...this.#room(), write({ ...record, secretAccessKey })],
      result: { key: this.#used(record).key, secretAccessKey },
    };
  }

  /** Removes the oldest dead key where there is no room for another one. */
  #room(): Write[] {
    if (this.#records.size < this.#mostKeys) return [];
    const seconds = this.seconds();
    const dead = this.list().find((key) => statusOf(key, seconds) !== "Active");
    if (dead) return [{ key: PREFIX + dead.accessKeyId, value: undefined }];
    throw new IdentityError(
      "LimitExceededException",
      `there are ${this.#mostKeys} access keys, which is as many as are kept. Revoke those that are not used`,
    );
  }

  #stored(accessKeyId: string): KeyRecord {
    const record = this.#records.get(accessKeyId);
    if (record) return record;
    if (accessKeyId === this.#initial?.key.accessKeyId) {
      throw new IdentityError(
        "ConflictException",
        `access key '${accessKeyId}' is the one of the control plane's environment. ` +
          "Start it with another APPMESH_ACCESS_KEY_ID, or with none",
      );
    }
    throw new IdentityError("NotFoundException", `there is no access key '${accessKeyId}'`);
  }

  /** Whether a key can issue others, for as long as nobody revokes it. */
  #manages({ scope, expiresAt, account }: AccessKey): boolean {
    return isUnlimited(scope) && expiresAt === undefined && account === this.#account;
  }

  #checkOthersManage(accessKeyId: string): void {
    const seconds = this.seconds();
    const managers = this.list().filter((key) => this.#manages(key) && statusOf(key, seconds) === "Active");
    if (managers.length !== 1 || managers[0]?.accessKeyId !== accessKeyId) return;
    throw new IdentityError(
      "ConflictException",
      `access key '${accessKeyId}' is the last one without an end that may issue and revoke keys. ` +
        "Create or rotate to another one first",
    );
  }

  /** As in the mesh's transactions: decided from what is known, and stored only if that still is the latest. */
  async #change<T>(decide: () => { writes: readonly Write[]; result: T }): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { writes, result } = decide();
      if (writes.length === 0) return result;
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
      this.#records.clear();
      this.#keys.clear();
      for (const [key, value] of records) this.#take(key, value);
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
    for (const { key, value } of change.writes) this.#take(key, value);
  }

  #take(key: string, value: string | undefined): void {
    if (!key.startsWith(PREFIX)) return;
    const accessKeyId = key.slice(PREFIX.length);
    if (value === undefined) {
      this.#records.delete(accessKeyId);
      this.#keys.delete(accessKeyId);
      return;
    }
    const record: KeyRecord = { accessKeyId, ...(JSON.parse(value) as Omit<KeyRecord, "accessKeyId">) };
    this.#records.set(accessKeyId, record);
    this.#keys.set(accessKeyId, this.#used(record));
  }

  #used({ secretAccessKey, account = this.#account, scope, ...key }: KeyRecord): Found {
    return { key: { ...key, account, scope: parseScope(scope, account) }, secretAccessKey };
  }
}

const write = ({ accessKeyId, ...record }: KeyRecord): Write => ({
  key: PREFIX + accessKeyId,
  value: JSON.stringify(record),
});
