import { checkMembers, readRecord } from "../store/record-value.js";
import type { Store, Write } from "../store/store.js";
import type { UnreadableRecords } from "../store/unreadable-records.js";
import {
  type AccessKey,
  createInput,
  descriptionIn,
  type IssuedKey,
  newAccessKeyId,
  newSecretAccessKey,
  overlapOf,
  statusOf,
} from "./access-key.js";
import { IdentityError } from "./errors.js";
import { callOf, type IssuingCall, issuedBefore } from "./issuing-call.js";
import { Records } from "./records.js";
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
  /** Whether the control planes have such a key, which is not known here. Default: false. */
  readonly hasInitial?: boolean | undefined;
  /** How many keys are kept, living and dead; of the dead, the oldest make room. Default: 1000. */
  readonly mostKeys?: number;
  /** Hears of keys that cannot be read: they let nobody in. */
  readonly unreadable?: UnreadableRecords | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What a store keeps of a key, as it was asked for: an account that was not given is that of the control plane. */
interface KeyRecord extends Omit<AccessKey, "account" | "scope"> {
  readonly account?: string | undefined;
  readonly scope: ScopeText;
  readonly call?: IssuingCall | undefined;
  /** Whole, since both sides of SigV4 make the same signature. Gone once the key is revoked. */
  readonly secretAccessKey?: string | undefined;
}

const members = {
  account: "string?",
  scope: "object",
  description: "string",
  createdAt: "number",
  expiresAt: "number?",
  revokedAt: "number?",
  replaces: "string?",
  replacedBy: "string?",
  secretAccessKey: "string?",
  call: "object?",
} as const;

/** A key with its secret, which a revoked one has no longer. */
export interface Found {
  readonly key: AccessKey;
  readonly secretAccessKey: string | undefined;
}

/** What the store has of a key, and the same as it is used. */
interface Stored {
  readonly record: KeyRecord;
  readonly used: Found;
}

/** MeshState reads no keys of this form. */
const PREFIX = "identity/access-keys/";

/**
 * The access keys that this control plane issues, as its store has them, also where another process changes them.
 * Once there was a key, the API stays closed to who has none: a revoked key stays listed, without its secret.
 */
export class AccessKeys {
  readonly #account: string;
  readonly #initial: Found | undefined;
  readonly #hasInitial: boolean;
  readonly #mostKeys: number;
  readonly #now: () => number;
  readonly #records: Records<Stored>;

  private constructor(
    records: Records<Stored>,
    { account, initial, hasInitial = false, mostKeys = 1000, now = Date.now }: AccessKeysOptions,
  ) {
    this.#hasInitial = hasInitial || initial !== undefined;
    this.#records = records;
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
    const decode = (accessKeyId: string, value: string): Stored => {
      const record: KeyRecord = { ...(readRecord(value, members) as KeyRecord), accessKeyId };
      checkMembers(record.scope, { readOnly: "boolean?", meshes: "list?" }, "scope.");
      return { record, used: used(record, options.account) };
    };
    const records = await Records.open(store, PREFIX, decode, options.unreadable);
    const keys = new AccessKeys(records, options);
    const initial = options.initial?.accessKeyId;
    if (initial !== undefined && (records.all.has(initial) || records.isUnreadable(initial))) {
      throw new IdentityError(
        "ConflictException",
        `APPMESH_ACCESS_KEY_ID is '${initial}', a key that this control plane has issued and keeps itself, ` +
          "with its own scope and end. Start without it, or give a key of another id",
      );
    }
    return keys;
  }

  /** Whether requests must be signed: there is a key, or there was one, though it may not be readable. */
  get required(): boolean {
    return this.#hasInitial || this.#records.size > 0;
  }

  seconds(): number {
    return this.#now() / 1000;
  }

  /** For the proof of signatures alone: the only way to a secret. */
  find(accessKeyId: string): Found | undefined {
    return this.#initial?.key.accessKeyId === accessKeyId
      ? this.#initial
      : this.#records.all.get(accessKeyId)?.used;
  }

  /** All keys, without their secrets, in the order in which they were created. */
  list(): AccessKey[] {
    const stored = [...this.#records.all.values()]
      .map(({ used: { key } }) => key)
      .sort((a, b) => a.createdAt - b.createdAt || (a.accessKeyId < b.accessKeyId ? -1 : 1));
    return this.#initial ? [this.#initial.key, ...stored] : stored;
  }

  /**
   * Issues a key as `body`, a CreateAccessKeyInput, asks for it. A call that is repeated takes back the key that it has
   * issued before.
   */
  create(body: unknown): Promise<IssuedKey> {
    const at = this.seconds();
    return this.#records.change(() => {
      const { description = "", account, scope = {}, expiresInSeconds, clientToken } = createInput(body);
      const seconds = this.seconds();
      const record: KeyRecord = {
        accessKeyId: newAccessKeyId(),
        ...(account !== undefined && { account }),
        scope,
        description,
        createdAt: seconds,
        ...(expiresInSeconds !== undefined && { expiresAt: seconds + expiresInSeconds }),
        ...callOf(clientToken, at),
      };
      if (!this.required && !this.#manages(this.#used(record).key)) {
        throw new IdentityError(
          "ConflictException",
          "the first key closes the API to whoever has none, and must be one by which others can be issued: without a " +
            "scope, an end or another account. Create that one first",
        );
      }
      const { writes, result } = this.#issued(record);
      return { writes: [...this.#repeated(record), ...writes], result };
    });
  }

  /** Takes back what the same call has issued before: nobody has got it. */
  #repeated({ call, account }: KeyRecord): Write[] {
    const records = [...this.#records.all.values()].map(({ record }) => record);
    return issuedBefore(
      records.filter((record) => record.account === account && record.revokedAt === undefined),
      (record) => record.call,
      call,
    ).map(({ secretAccessKey: _, ...record }) => this.#write({ ...record, revokedAt: this.seconds() }));
  }

  /** Says otherwise for people what a key is for, as `body`, an UpdateAccessKeyInput, has it. */
  describe(accessKeyId: string, body: unknown): Promise<AccessKey> {
    return this.#records.change(() => {
      const description = descriptionIn(body);
      const record = { ...this.#stored(accessKeyId), description };
      return { writes: [this.#write(record)], result: this.#used(record).key };
    });
  }

  /**
   * Takes a key back at once and for good; a key that was taken back before stays as it is. Refuses to take the last
   * key by which keys are managed.
   */
  revoke(accessKeyId: string): Promise<AccessKey> {
    return this.#records.change(() => {
      const { secretAccessKey: _, ...record } = this.#stored(accessKeyId);
      if (record.revokedAt !== undefined) return { writes: [], result: this.#used(record).key };
      this.#checkOthersManage(accessKeyId);
      const revoked = { ...record, revokedAt: this.seconds() };
      return { writes: [this.#write(revoked)], result: this.#used(revoked).key };
    });
  }

  /** Issues another key in the place of this one, which works on for a while, as `body`, a RotateAccessKeyInput, says. */
  rotate(accessKeyId: string, body: unknown): Promise<IssuedKey> {
    return this.#records.change(() => {
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
      return { writes: [...writes, this.#write(replaced)], result };
    });
  }

  #issued(record: KeyRecord): { writes: Write[]; result: IssuedKey } {
    const secretAccessKey = newSecretAccessKey();
    return {
      writes: [...this.#room(), this.#write({ ...record, secretAccessKey })],
      result: { key: this.#used(record).key, secretAccessKey },
    };
  }

  /** Removes the oldest dead key where there is no room for another one. */
  #room(): Write[] {
    if (this.#records.all.size < this.#mostKeys) return [];
    const seconds = this.seconds();
    const dead = this.list().find((key) => statusOf(key, seconds) !== "Active");
    if (dead) return [this.#records.write(dead.accessKeyId, undefined)];
    throw new IdentityError(
      "LimitExceededException",
      `there are ${this.#mostKeys} access keys, which is as many as are kept. Revoke those that are not used`,
    );
  }

  #stored(accessKeyId: string): KeyRecord {
    const stored = this.#records.all.get(accessKeyId);
    if (stored) return stored.record;
    if (accessKeyId === this.#initial?.key.accessKeyId) {
      throw new IdentityError(
        "ConflictException",
        `access key '${accessKeyId}' is the one of the control plane's environment. ` +
          "Start it with another APPMESH_ACCESS_KEY_ID, or with none",
      );
    }
    this.#records.check(accessKeyId);
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

  #used(record: KeyRecord): Found {
    return used(record, this.#account);
  }

  #write({ accessKeyId, ...record }: KeyRecord): Write {
    return this.#records.write(accessKeyId, record);
  }
}

const used = ({ secretAccessKey, account, scope, call: _, ...key }: KeyRecord, ownAccount: string): Found => {
  const acting = account ?? ownAccount;
  return { key: { ...key, account: acting, scope: parseScope(scope, acting) }, secretAccessKey };
};
