import { randomUUID } from "node:crypto";
import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import { ChangeTooLarge, type StoreUnavailable, type Write } from "../store.js";
import { backoff, type Calls, failureOf } from "./calls.js";
import { checkTransaction, HEAD, LAYOUT, lastWrites, logItems, recordItem, recordKey } from "./layout.js";
import { type Head, headOf, Table } from "./table.js";

/** How long a commit is tried before it is answered that nothing is known of it. */
export const COMMIT_MILLISECONDS = 8_000;

export type Outcome =
  | { readonly is: "made" }
  | { readonly is: "conflict"; readonly head: Head }
  /** It was sent, and no answer came. */
  | { readonly is: "unknown"; readonly cause: unknown };

/**
 * Applies writes as one transaction, if the table is still at revision `expected`. The same transaction under the same
 * token is sent until an answer comes: one whose answer was lost is neither made twice nor taken for refused. Throws
 * StoreUnavailable and ChangeTooLarge where nothing was written, nor will be.
 */
export async function commit(
  calls: Calls,
  {
    expected,
    writes,
    id,
  }: { readonly expected: number; readonly writes: readonly Write[]; readonly id: string },
  {
    milliseconds = COMMIT_MILLISECONDS,
    isAway = () => false,
  }: {
    readonly milliseconds?: number | undefined;
    /** Whether it is known by now that the table cannot be reached: then what was not sent is not tried again. */
    readonly isAway?: () => boolean;
  } = {},
): Promise<Outcome> {
  const transaction = transactionOf(calls.table, expected, writes, id);
  const end = performance.now() + milliseconds;
  /** The first request that may have been carried out without an answer. */
  let lost: unknown;
  for (let attempt = 0; ; attempt++) {
    try {
      await calls.send((client, options) => client.transactWriteItems(transaction, options));
      return { is: "made" };
    } catch (error) {
      const head = conflictingHead(error);
      if (head !== undefined) return settled(calls, expected, id, head, lost);
      switch (isContended(error) ? "unsent" : failureOf(error)) {
        case "refused":
          if (lost === undefined) throw refusal(calls, error);
          return { is: "unknown", cause: lost };
        case "lost":
          lost ??= error;
          break;
        case "unsent":
      }
      if (performance.now() >= end || (lost === undefined && isAway())) {
        if (lost === undefined) throw calls.unavailable(error);
        return { is: "unknown", cause: lost };
      }
      await backoff(attempt);
    }
  }
}

/** The head has moved on: by another commit, or by this one, whose answer was lost. */
async function settled(
  calls: Calls,
  expected: number,
  id: string,
  head: Head,
  lost: unknown,
): Promise<Outcome> {
  if (head.commit === id) return { is: "made" };
  if (lost === undefined || head.revision <= expected) return { is: "conflict", head };
  try {
    const [entry] = await new Table(calls, COMMIT_MILLISECONDS).log(expected);
    if (entry?.commit === id) return { is: "made" };
    return entry === undefined ? { is: "unknown", cause: lost } : { is: "conflict", head };
  } catch {
    return { is: "unknown", cause: lost };
  }
}

function transactionOf(table: string, expected: number, writes: readonly Write[], id: string) {
  const now = Date.now();
  const puts = [];
  const deletions = [];
  for (const [key, value] of lastWrites(writes)) {
    if (value === undefined) deletions.push(recordKey(key));
    else puts.push(recordItem(key, value));
  }
  const items = [...puts, ...logItems({ revision: expected + 1, commit: id, writes }, now / 1000)];
  checkTransaction([HEAD, ...items], deletions.length);
  return {
    ClientRequestToken: id,
    TransactItems: [
      {
        Update: {
          TableName: table,
          Key: HEAD,
          ConditionExpression:
            `${expected === 0 ? "attribute_not_exists(revision)" : "revision = :expected"} AND ` +
            "attribute_not_exists(importing) AND (attribute_not_exists(layout) OR layout = :layout)",
          UpdateExpression:
            "SET revision = :next, #commit = :id, #at = :now, incarnation = if_not_exists(incarnation, :incarnation)",
          ExpressionAttributeNames: { "#commit": "commit", "#at": "at" },
          ExpressionAttributeValues: {
            ...(expected !== 0 && { ":expected": { N: String(expected) } }),
            ":layout": { N: String(LAYOUT) },
            ":next": { N: String(expected + 1) },
            ":id": { S: id },
            ":now": { N: String(now) },
            ":incarnation": { S: randomUUID() },
          },
          ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
        },
      },
      ...items.map((Item) => ({ Put: { TableName: table, Item } })),
      ...deletions.map((Key) => ({ Delete: { TableName: table, Key } })),
    ],
  };
}

interface Cancelled {
  readonly name: string;
  readonly CancellationReasons?: readonly CancellationReason[];
}

/** The head that failed a transaction's condition; undefined where that was not what failed it. */
export function conflictingHead(error: unknown): Head | undefined {
  const { name, CancellationReasons: [reason] = [] } = error as Cancelled;
  if (name !== "TransactionCanceledException" || reason?.Code !== "ConditionalCheckFailed") return undefined;
  return headOf(reason.Item);
}

/** Another transaction is at work on the same items, or the table has no capacity left: nothing was written. */
export function isContended(error: unknown): boolean {
  const { name, CancellationReasons = [] } = error as Cancelled;
  return (
    name === "TransactionCanceledException" &&
    CancellationReasons.some(({ Code }) =>
      ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"].includes(Code ?? ""),
    )
  );
}

function refusal(calls: Calls, error: unknown): StoreUnavailable | ChangeTooLarge {
  const { message } = error as Error;
  return /exceed.*size|size.*exceed/i.test(message)
    ? new ChangeTooLarge(`DynamoDB refused the change: ${message}`, { cause: error })
    : calls.unavailable(error);
}
