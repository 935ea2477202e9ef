import { StoreUnavailable } from "../store.js";
import type { Calls } from "./calls.js";
import { entriesOf, HEAD, type Item, LAYOUT, type LogEntry, logKey, PARTITIONS, recordOf } from "./layout.js";

/** The latest revision, as every reader and writer of the table agrees on it. */
export interface Head {
  readonly revision: number;
  /** By which commit the revision came. */
  readonly commit: string | undefined;
  /** Milliseconds since 1970, by the clock of who committed. */
  readonly at: number;
  /** Made anew with the table, so that another table of that name is not taken for the same. */
  readonly incarnation: string | undefined;
  /** The import that is under way: what the records are is not decided yet. */
  readonly importing: string | undefined;
  /** How the table is laid out. */
  readonly layout: number;
}

export interface TableContents {
  readonly head: Head;
  readonly revision: number;
  readonly records: Map<string, string>;
}

/** So many revisions before the latest are applied once more over what was read: they may just be becoming visible. */
const OVERLAP = 16;
/** How long a revision that the head tells of may take to show in the log, item by item. */
const VISIBLE_ATTEMPTS = 20;
const VISIBLE_MILLISECONDS = 50;
/** A log entry that is missing after this time will not show any more: DynamoDB has removed it. */
const RECENT_MILLISECONDS = 60 * 60 * 1000;

/** What is read of a table. Everything is read consistently; throws StoreUnavailable. */
export class Table {
  constructor(
    readonly calls: Calls,
    /** How long each request is tried. */
    private readonly patience = 0,
  ) {}

  async head(): Promise<Head> {
    const { Item } = await this.calls.read(
      (client, options) =>
        client.getItem({ TableName: this.calls.table, Key: HEAD, ConsistentRead: true }, options),
      this.patience,
    );
    return headOf(Item);
  }

  /** The revisions that follow `after` without a gap, as far as they can be seen now. */
  async log(after: number): Promise<LogEntry[]> {
    return entriesOf(await this.query("log", logKey(after + 1)), after);
  }

  /** Everything at one revision, although it takes many requests to read: changes meanwhile are applied over it. */
  async contents(): Promise<TableContents> {
    for (let attempt = 0; ; attempt++) {
      const before = this.checked(await this.head());
      const pages = await Promise.all(PARTITIONS.map((partition) => this.query(partition)));
      const records = new Map(pages.flat().map(recordOf));
      const head = this.checked(await this.head());
      const seen = entriesOf(await this.query("log", logKey(Math.max(before.revision - OVERLAP, 1))));
      // What was before everything was replaced is not to be applied over it.
      const entries = seen.slice(
        Math.max(
          seen.findLastIndex(({ replacedAll }) => replacedAll),
          0,
        ),
      );
      const latest = entries.at(-1)?.revision ?? 0;
      // The log may have gone by its age; then there is nothing left that could still be becoming visible.
      const isOld = Date.now() - before.at > RECENT_MILLISECONDS && head.revision === before.revision;
      const isWhole = latest >= head.revision && (entries[0]?.revision ?? 0) <= Math.max(before.revision, 1);
      if (isWhole || isOld || head.revision === 0) {
        if (isWhole) for (const { writes } of entries) for (const write of writes) apply(records, write);
        return { head, revision: isWhole ? latest : head.revision, records };
      }
      if (attempt >= VISIBLE_ATTEMPTS) {
        throw new StoreUnavailable(
          `the DynamoDB table ${this.calls.table} has no log up to revision ${head.revision}, which it says it is at. ` +
            "Restore it to a point in time, or import a backup by appmesh import-data --replace",
        );
      }
      await sleep(VISIBLE_MILLISECONDS);
    }
  }

  /** All items of a partition, from a sort key on. */
  async query(partition: string, from = ""): Promise<Item[]> {
    const items: Item[] = [];
    let start: Item | undefined;
    do {
      const page = await this.calls.read(
        (client, options) =>
          client.query(
            {
              TableName: this.calls.table,
              ConsistentRead: true,
              KeyConditionExpression: from === "" ? "pk = :pk" : "pk = :pk AND sk >= :from",
              ExpressionAttributeValues: {
                ":pk": { S: partition },
                ...(from !== "" && { ":from": { S: from } }),
              },
              ExclusiveStartKey: start,
            },
            options,
          ),
        this.patience,
      );
      items.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  }

  private checked(head: Head): Head {
    checkLayout(this.calls, head);
    if (head.importing === undefined) return head;
    throw new StoreUnavailable(
      `an import into the DynamoDB table ${this.calls.table} is under way, or was interrupted: run the same ` +
        "appmesh import-data again, which finishes it",
    );
  }
}

/** Throws StoreUnavailable for a table that this release could only spoil. */
export function checkLayout({ table }: Calls, { layout }: Head): void {
  if (layout === LAYOUT) return;
  throw new StoreUnavailable(
    `the DynamoDB table ${table} is laid out as ${layout}, by a later release of appmesh serve; this one knows ${LAYOUT}. Start that ` +
      "release in its place",
  );
}

export function headOf(item: Item | undefined): Head {
  return {
    revision: Number(item?.revision?.N ?? 0),
    commit: item?.commit?.S,
    at: Number(item?.at?.N ?? 0),
    incarnation: item?.incarnation?.S,
    importing: item?.importing?.S,
    layout: Number(item?.layout?.N ?? LAYOUT),
  };
}

export function apply(
  records: Map<string, string>,
  { key, value }: { readonly key: string; readonly value: string | undefined },
): void {
  if (value === undefined) records.delete(key);
  else records.set(key, value);
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
