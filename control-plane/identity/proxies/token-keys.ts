import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { readRecord } from "../../store/record-value.js";
import type { Store } from "../../store/store.js";
import type { UnreadableRecords } from "../../store/unreadable-records.js";
import { Records } from "../records.js";

/** What is known of a key that signs tokens, without the key. Times are seconds since 1970. */
export interface TokenKey {
  readonly tokenKeyId: string;
  readonly createdAt: number;
  /** Until when its tokens are taken, where another key signs by now. */
  readonly expiresAt?: number | undefined;
}

interface TokenKeyRecord extends Omit<TokenKey, "tokenKeyId"> {
  /** PEM. */
  readonly privateKey: string;
}

interface Stored {
  readonly record: TokenKeyRecord;
  readonly key: TokenKey;
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
}

const members = { privateKey: "string", createdAt: "number", expiresAt: "number?" } as const;

/** MeshState reads no keys of this form. */
const PREFIX = "identity/token-keys/";

/** The keys that sign the tokens of proxies, as the store has them: the youngest signs. */
export class TokenKeys {
  readonly #records: Records<Stored>;
  readonly #now: () => number;

  private constructor(records: Records<Stored>, now: () => number) {
    this.#records = records;
    this.#now = now;
  }

  /** `now`: milliseconds since 1970. */
  static async open(
    store: Store,
    now: () => number = Date.now,
    unreadable?: UnreadableRecords,
  ): Promise<TokenKeys> {
    const decode = (tokenKeyId: string, value: string): Stored => {
      const record = readRecord(value, members) as TokenKeyRecord;
      const signing = createPrivateKey(record.privateKey);
      const { createdAt, expiresAt } = record;
      return {
        record,
        key: { tokenKeyId, createdAt, ...(expiresAt !== undefined && { expiresAt }) },
        signing,
        verifying: createPublicKey(signing),
      };
    };
    const records = await Records.open(store, PREFIX, decode, unreadable);
    return new TokenKeys(records, now);
  }

  /** Calls back after each change of them. */
  onChanged(listener: () => void): void {
    this.#records.onChanged(listener);
  }

  /** In the order in which they were created. */
  list(): TokenKey[] {
    return this.#sorted().map(({ key }) => key);
  }

  /** The key that signs; the first is made when it is asked for. */
  async signer(): Promise<{ readonly tokenKeyId: string; readonly key: KeyObject }> {
    if (this.#records.all.size === 0) {
      // One that cannot be read is none that another is made for.
      this.#records.checkAll();
      await this.#add(0, true);
    }
    const { key, signing } = this.#sorted().at(-1) as Stored;
    return { tokenKeyId: key.tokenKeyId, key: signing };
  }

  /** What checks the tokens of a key; undefined where they are not taken any more. */
  verifier(tokenKeyId: string): KeyObject | undefined {
    const stored = this.#records.all.get(tokenKeyId);
    return stored && (stored.key.expiresAt ?? Number.POSITIVE_INFINITY) > this.#now() / 1000
      ? stored.verifying
      : undefined;
  }

  /** Has another key sign from now on. Tokens of those before it are taken for `overlapSeconds` more. */
  rotate(overlapSeconds: number): Promise<TokenKey> {
    return this.#add(overlapSeconds, false);
  }

  #add(overlapSeconds: number, first: boolean): Promise<TokenKey> {
    const tokenKeyId = randomBytes(8).toString("hex");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    return this.#records.change(() => {
      const stored = this.#sorted();
      const [before] = stored;
      if (first && before) return { writes: [], result: before.key };
      const now = this.#now() / 1000;
      const end = now + overlapSeconds;
      const older = stored.map(({ key, record }) => {
        const expiresAt = Math.min(record.expiresAt ?? end, end);
        return this.#records.write(key.tokenKeyId, expiresAt > now ? { ...record, expiresAt } : undefined);
      });
      // One that was made by a faster clock stays older than this one.
      const createdAt = Math.max(now, (stored.at(-1)?.record.createdAt ?? 0) + 0.001);
      return {
        writes: [...older, this.#records.write(tokenKeyId, { privateKey: pem, createdAt })],
        result: { tokenKeyId, createdAt },
      };
    });
  }

  #sorted(): Stored[] {
    return [...this.#records.all.values()].sort((a, b) => a.record.createdAt - b.record.createdAt);
  }
}
