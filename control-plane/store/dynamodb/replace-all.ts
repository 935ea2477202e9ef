import { randomUUID } from "node:crypto";
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { ChangeTooLarge, differences, type Replaceable, StoreUnavailable, type Write } from "../store.js";
import { backoff, Calls, failureOf, type TablePlace } from "./calls.js";
import { conflictingHead, isContended } from "./commit.js";
import { HEAD, logItems, PARTITIONS, recordItem, recordKey, recordOf } from "./layout.js";
import { type Head, Table } from "./table.js";

/** Of a transaction, beside the condition that it is still this import that is under way. */
const ITEMS = 99;
const BYTES = 3 * 1024 * 1024;
const PATIENCE_MILLISECONDS = 30_000;

/**
 * A table whose records are replaced. That takes many transactions: the head is marked first, so that nobody reads or writes
 * what is not whole, and gets its new revision with the mark's end. Of two at a time, the second one takes over.
 */
export class ReplaceableTable implements Replaceable {
  private constructor(
    private readonly calls: Calls,
    private readonly patience: number,
  ) {}

  /** `patience`: how long each request is tried, in milliseconds. */
  static async open(place: TablePlace, patience = PATIENCE_MILLISECONDS): Promise<ReplaceableTable> {
    return new ReplaceableTable(await Calls.open(place), patience);
  }

  async replace(decide: Parameters<Replaceable["replace"]>[0]): Promise<number> {
    const table = new Table(this.calls, this.patience);
    for (;;) {
      const head = await table.head();
      const pages = await Promise.all(PARTITIONS.map((partition) => table.query(partition)));
      const before = new Map(pages.flat().map(recordOf));
      const records = decide(before, head.importing !== undefined);
      for (const [key, value] of records) checkFits(key, value);
      const id = randomUUID();
      // Whoever was first meanwhile has changed what was decided from.
      if (await marked(this.calls, head, id, this.patience)) {
        await write(this.calls, this.patience, {
          id,
          revision: head.revision,
          writes: differences(before, records),
        });
        return head.revision + 1;
      }
    }
  }

  async close(): Promise<void> {
    this.calls.close();
  }
}

function checkFits(key: string, value: string): void {
  try {
    recordItem(key, value);
  } catch (error) {
    throw new ChangeTooLarge(`${key}: ${(error as Error).message}`, { cause: error });
  }
}

async function marked(
  calls: Calls,
  { revision, importing }: Head,
  id: string,
  patience: number,
): Promise<boolean> {
  const same = (name: string, there: boolean) =>
    there ? `${name} = :${name}` : `attribute_not_exists(${name})`;
  try {
    await calls.read(
      (client, options) =>
        client.updateItem(
          {
            TableName: calls.table,
            Key: HEAD,
            ConditionExpression: `${same("revision", revision > 0)} AND ${same("importing", importing !== undefined)}`,
            UpdateExpression: "SET importing = :id, incarnation = if_not_exists(incarnation, :id)",
            ExpressionAttributeValues: {
              ":id": { S: id },
              ...(revision > 0 && { ":revision": { N: String(revision) } }),
              ...(importing !== undefined && { ":importing": { S: importing } }),
            },
          },
          options,
        ),
      patience,
    );
    return true;
  } catch (error) {
    if (((error as Error).cause as Error | undefined)?.name === "ConditionalCheckFailedException")
      return false;
    throw error;
  }
}

async function write(
  calls: Calls,
  patience: number,
  {
    id,
    revision,
    writes,
  }: { readonly id: string; readonly revision: number; readonly writes: readonly Write[] },
): Promise<void> {
  const ours = {
    ConditionCheck: {
      TableName: calls.table,
      Key: HEAD,
      ConditionExpression: "importing = :id",
      ExpressionAttributeValues: { ":id": { S: id } },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    },
  };
  for (let chunk: TransactWriteItem[] = [], bytes = 0, n = 0; n < writes.length; n++) {
    const { key, value } = writes[n] as Write;
    chunk.push(
      value === undefined
        ? { Delete: { TableName: calls.table, Key: recordKey(key) } }
        : { Put: { TableName: calls.table, Item: recordItem(key, value) } },
    );
    bytes += 2048 + Buffer.byteLength(value ?? "");
    const next = Buffer.byteLength(writes[n + 1]?.value ?? "");
    if (chunk.length < ITEMS && bytes + next < BYTES && n + 1 < writes.length) continue;
    await transact(calls, patience, [ours, ...chunk]);
    chunk = [];
    bytes = 0;
  }
  const now = Date.now();
  const log = { revision: revision + 1, commit: id, writes: [], replacedAll: true };
  await transact(
    calls,
    patience,
    [
      {
        Update: {
          TableName: calls.table,
          Key: HEAD,
          ConditionExpression: "importing = :id",
          UpdateExpression: "SET revision = :next, #commit = :id, #at = :now REMOVE importing",
          ExpressionAttributeNames: { "#commit": "commit", "#at": "at" },
          ExpressionAttributeValues: {
            ":id": { S: id },
            ":next": { N: String(revision + 1) },
            ":now": { N: String(now) },
          },
          ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
        },
      },
      ...logItems(log, now / 1000).map((Item) => ({ Put: { TableName: calls.table, Item } })),
    ],
    id,
  );
}

/** All of it may be done twice, so that a lost answer is no trouble. */
async function transact(
  calls: Calls,
  patience: number,
  TransactItems: TransactWriteItem[],
  last?: string,
): Promise<void> {
  const ClientRequestToken = randomUUID();
  const end = performance.now() + patience;
  for (let attempt = 0; ; attempt++) {
    try {
      await calls.send((client, options) =>
        client.transactWriteItems({ TransactItems, ClientRequestToken }, options),
      );
      return;
    } catch (error) {
      const head = conflictingHead(error);
      if (head !== undefined) {
        if (last !== undefined && head.importing === undefined && head.commit === last) return;
        throw new StoreUnavailable(
          `another import into the DynamoDB table ${calls.table} has taken over: this one is ended, and that one's records count`,
          { cause: error },
        );
      }
      const passes = isContended(error) || failureOf(error) !== "refused";
      if (!passes || performance.now() > end) throw calls.unavailable(error);
      await backoff(attempt);
    }
  }
}
