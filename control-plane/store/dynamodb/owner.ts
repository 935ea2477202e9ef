import type { AttributeValue } from "@aws-sdk/client-dynamodb";
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
  /** The host part of the SPIFFE ids of proxies. */
  readonly trustDomain?: string | undefined;
  /** Whether the control plane has an access key from its environment, which is nowhere in the table. */
  readonly hasOwnKey?: boolean | undefined;
}

const KEY = { pk: { S: "control-plane" }, sk: { S: "control-plane" } };

/**
 * Makes a table that of a control plane, or says whose it is. All but the account and the region may change: what was set
 * last holds for who writes to the table without a control plane.
 */
export async function claimTable(calls: Calls, owner: TableOwner): Promise<void> {
  const { account, region, limits, trustDomain, hasOwnKey } = owner;
  const set: Record<string, AttributeValue> = {
    account: { S: account },
    region: { S: region },
    ...(limits !== undefined && { limits: { S: limits } }),
    ...(trustDomain !== undefined && { trustDomain: { S: trustDomain } }),
    ...(hasOwnKey !== undefined && { hasOwnKey: { BOOL: hasOwnKey } }),
  };
  const names = Object.keys(set);
  try {
    await calls.read(
      (client, options) =>
        client.updateItem(
          {
            TableName: calls.table,
            Key: KEY,
            ConditionExpression: "attribute_not_exists(pk) OR (#account = :account AND #region = :region)",
            UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
            ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
            ExpressionAttributeValues: Object.fromEntries(
              names.map((name) => [`:${name}`, set[name] as AttributeValue]),
            ),
          },
          options,
        ),
      5_000,
    );
  } catch (error) {
    if (((error as Error).cause as Error | undefined)?.name !== "ConditionalCheckFailedException")
      throw error;
    const { account: other, region: there } = (await tableOwner(calls)) ?? {};
    throw new StoreUnavailable(
      `the DynamoDB table ${calls.table} holds the mesh of account ${other} in ${there}, not of account ` +
        `${account} in ${region}. Start with --account ${other} --region ${there}, or give another table, by --table NAME`,
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
  return {
    account: Item.account?.S ?? "",
    region: Item.region?.S ?? "",
    limits: Item.limits?.S,
    trustDomain: Item.trustDomain?.S,
    hasOwnKey: Item.hasOwnKey?.BOOL,
  };
}
