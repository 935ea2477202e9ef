import { createHash } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { ChangeTooLarge, type Write } from "../store.js";

/**
 * How a store lies in its table: every item has the keys `pk` and `sk`, and what passes has `expires`, the table's TTL.
 *
 * | pk | sk | attributes |
 * |---|---|---|
 * | `head` | `head` | `revision`, `commit`, `at`, `incarnation`, `importing`, `layout`: the latest revision, by which commit and when |
 * | `record/0` … `record/f` | a record's key | `value`; `key` where it is too long for `sk` |
 * | `log` | revision `/` part | `commit`, `parts`, `writes`, `expires`: what a revision wrote, for a day; `replacedAll` |
 * | `control-plane` | `control-plane` | `account`, `region`, `limits`: whose mesh it is |
 * | `replica` | the replica's id | `address`, `beat`, `expires`: who tells whom of changes |
 * | `secret` | `notices` | `key`: by which replicas know each other's notices |
 */
export type Item = Record<string, AttributeValue>;

/** Written into the head by a release that lays the table out in another way; where none is, it is this one. */
export const LAYOUT = 1;
export const HEAD = { pk: { S: "head" }, sk: { S: "head" } };
/** Records are spread over this many partitions, so that they can be read side by side. */
export const PARTITIONS = [..."0123456789abcdef"].map((digit) => `record/${digit}`);
/** How long the log tells what a revision wrote. Who was away for longer reads everything. */
export const LOG_SECONDS = 24 * 60 * 60;

/** DynamoDB's own limits: of an item, of a transaction, of its items, and of a sort key. */
const ITEM_BYTES = 400 * 1024;
const TRANSACTION_BYTES = 4 * 1024 * 1024;
const TRANSACTION_ITEMS = 100;
const SORT_KEY_BYTES = 1024;
/** What the keys and names of an item take at most, beside its texts. */
const OVERHEAD_BYTES = 256;
/** A character takes three bytes at most; a pair of surrogates four. */
const PART_CHARACTERS = Math.floor((ITEM_BYTES - OVERHEAD_BYTES) / 3);

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

/** A type, and not an interface, so that it is an Item. */
export type RecordKey = { readonly pk: AttributeValue.SMember; readonly sk: AttributeValue.SMember };

export function recordKey(key: string): RecordKey {
  const hash = digest(key);
  const fits = Buffer.byteLength(key) <= SORT_KEY_BYTES && !key.startsWith("sha256/");
  return { pk: { S: `record/${hash[0]}` }, sk: { S: fits ? key : `sha256/${hash}` } };
}

export function recordItem(key: string, value: string): Item {
  const keys = recordKey(key);
  const bytes = Buffer.byteLength(value) + 2 * Buffer.byteLength(key) + OVERHEAD_BYTES;
  if (bytes > ITEM_BYTES) {
    throw new ChangeTooLarge(
      `${Buffer.byteLength(value)} bytes are too many for one record: DynamoDB holds ${ITEM_BYTES} bytes an item`,
    );
  }
  return { ...keys, value: { S: value }, ...(keys.sk.S !== key && { key: { S: key } }) };
}

export const recordOf = ({ sk, key, value }: Item): [string, string] => [
  (key?.S ?? sk?.S) as string,
  // What no release of this layout writes is for those to judge who know what it should say.
  value?.S ?? "",
];

/** One revision of the log, whole. */
export interface LogEntry {
  readonly revision: number;
  readonly commit: string;
  readonly writes: readonly Write[];
  /** It replaced everything: what it wrote is not told, but read. */
  readonly replacedAll?: boolean;
}

export const logKey = (revision: number, part = 0): string =>
  `${String(revision).padStart(16, "0")}/${String(part).padStart(4, "0")}`;

export function logItems({ revision, commit, writes, replacedAll }: LogEntry, seconds: number): Item[] {
  const text = JSON.stringify(writes.map(({ key, value }) => [key, value ?? null]));
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + PART_CHARACTERS, text.length);
    // The halves of a character must not come apart: neither is text by itself.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1] as string)) end--;
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts.map((part, n) => ({
    pk: { S: "log" },
    sk: { S: logKey(revision, n) },
    commit: { S: commit },
    parts: { N: String(parts.length) },
    writes: { S: part },
    ...(replacedAll && { replacedAll: { BOOL: true } }),
    expires: { N: String(Math.floor(seconds) + LOG_SECONDS) },
  }));
}

/**
 * The entries among the log's items that follow each other without a gap, from revision `after + 1`; without `after`, the
 * longest such sequence at the end. A revision of which a part is missing is not there.
 */
export function entriesOf(items: readonly Item[], after?: number): LogEntry[] {
  const texts = new Map<number, { commit: string; parts: number; texts: string[]; replacedAll: boolean }>();
  for (const { sk, commit, parts, writes, replacedAll } of items) {
    const revision = Number(sk?.S?.slice(0, 16));
    const entry = texts.get(revision) ?? {
      commit: commit?.S ?? "",
      parts: Number(parts?.N),
      texts: [],
      replacedAll: replacedAll?.BOOL === true,
    };
    texts.set(revision, entry);
    entry.texts.push(writes?.S ?? "");
  }
  const entries: LogEntry[] = [];
  for (const [revision, { commit, parts, texts: ofEntry, replacedAll }] of texts) {
    const follows = revision === (entries.at(-1)?.revision ?? after ?? revision - 1) + 1;
    if (ofEntry.length !== parts || !follows) {
      if (after !== undefined) break;
      entries.length = 0;
      if (ofEntry.length !== parts) continue;
    }
    const writes = writesOf(ofEntry.join(""));
    // One that is damaged is as good as missing: what it wrote is read from the records.
    if (writes === undefined) {
      if (after !== undefined) break;
      entries.length = 0;
      continue;
    }
    entries.push({ revision, commit, writes, ...(replacedAll && { replacedAll }) });
  }
  return entries;
}

function writesOf(text: string): Write[] | undefined {
  let pairs: unknown;
  try {
    pairs = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isPair = (pair: unknown): pair is [string, string | null] =>
    Array.isArray(pair) && typeof pair[0] === "string" && (pair[1] === null || typeof pair[1] === "string");
  if (!Array.isArray(pairs) || !pairs.every(isPair)) return undefined;
  return pairs.map(([key, value]) => ({ key, value: value ?? undefined }));
}

/** Throws ChangeTooLarge where a transaction of these items, and of as many deletions, would be refused. */
export function checkTransaction(items: readonly Item[], deletions: number): void {
  const count = items.length + deletions;
  if (count > TRANSACTION_ITEMS) {
    throw new ChangeTooLarge(
      `${count} items are too many for one change: DynamoDB takes ${TRANSACTION_ITEMS} in a transaction`,
    );
  }
  let bytes = deletions * SORT_KEY_BYTES;
  for (const item of items) {
    for (const { S = "" } of Object.values(item) as { S?: string }[]) bytes += Buffer.byteLength(S);
    bytes += OVERHEAD_BYTES;
  }
  if (bytes > TRANSACTION_BYTES) {
    throw new ChangeTooLarge(
      `${bytes} bytes are too many for one change: DynamoDB takes ${TRANSACTION_BYTES} in a transaction`,
    );
  }
}

/** The last of several writes to a key is the one that counts; DynamoDB refuses two to one item. */
export const lastWrites = (writes: readonly Write[]): Map<string, string | undefined> =>
  new Map(writes.map(({ key, value }) => [key, value]));
