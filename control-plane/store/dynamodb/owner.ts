import { StoreUnavailable } from "../store.js";
import type { Calls } from "./calls.js";

/** Whose mesh a table holds: all who write to it must make the same ARNs and keep the same limits. */
export interface TableOwner {
  /** The account of the control plane. */
  readonly account: string;
  /** The region in its ARNs. */
  readonly region: string;
  /** How much there may be of each thing, as JSON. */
  readonly limits?: string | undefined;
}

const KEY = { pk: { S: "control-plane" }, sk: { S: "control-plane" } };

/**
 * Makes a table that of a control plane, or says whose it is. Limits may change: those that were set last hold for who
 * writes to the table without a control plane.
 */
export async function claimTable(calls: Calls, { account, region, limits }: TableOwner): Promise<void> {
  try {
    await calls.read(
      (client, options) =>
        client.updateItem(
          {
            TableName: calls.table,
            Key: KEY,
            ConditionExpression: "attribute_not_exists(pk) OR (account = :account AND #region = :region)",
            UpdateExpression: `SET account = :account, #region = :region${limits === undefined ? "" : ", limits = :limits"}`,
            ExpressionAttributeNames: { "#region": "region" },
            ExpressionAttributeValues: {
              ":account": { S: account },
              ":region": { S: region },
              ...(limits !== undefined && { ":limits": { S: limits } }),
            },
          },
          options,
        ),
      5_000,
    );
  } catch (error) {
    if (((error as Error).cause as Error | undefined)?.name !== "ConditionalCheckFailedException")
      throw error;
    const owner = await tableOwner(calls);
    throw new StoreUnavailable(
      `the DynamoDB table ${calls.table} holds the mesh of account ${owner?.account} in ${owner?.region}, not of account ` +
        `${account} in ${region}. Start with --account ${owner?.account} --region ${owner?.region}, or give another table, by --table NAME`,
    );
  }
}

/** undefined where no control plane has used the table yet. */
export async function tableOwner(calls: Calls): Promise<TableOwner | undefined> {
  const { Item } = await calls.read(
    (client, options) => client.getItem({ TableName: calls.table, Key: KEY, ConsistentRead: true }, options),
    5_000,
  );
  if (Item === undefined) return undefined;
  return { account: Item.account?.S ?? "", region: Item.region?.S ?? "", limits: Item.limits?.S };
}
