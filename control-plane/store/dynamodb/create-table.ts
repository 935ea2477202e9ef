import type { TableDescription } from "@aws-sdk/client-dynamodb";
import { StoreUnavailable } from "../store.js";
import { type Calls, failureOf } from "./calls.js";
import { HEAD } from "./layout.js";
import { tableOwner } from "./owner.js";
import { sleep } from "./table.js";

export interface CreateTableOptions {
  /** The KMS key by which DynamoDB encrypts the table. Default: the key that AWS manages for DynamoDB in the account. */
  readonly kmsKey?: string | undefined;
  /** Whether it can be deleted by one call. Default: false. */
  readonly deletable?: boolean | undefined;
}

const WAIT_MILLISECONDS = 120_000;

/**
 * Makes the table of a store: on demand, encrypted, with deletion protection, recovery to any point of the last 35 days, and
 * a log that passes. A table that is there already gets what it lacks of the last two; its records stay. Throws
 * StoreUnavailable for a table that another program has.
 */
export async function createTable(
  calls: Calls,
  options: CreateTableOptions = {},
): Promise<"created" | "exists"> {
  const TableName = calls.table;
  const outcome = await guarded(calls, async () => {
    try {
      await calls.send((client, signal) =>
        client.createTable(
          {
            TableName,
            BillingMode: "PAY_PER_REQUEST",
            KeySchema: [
              { AttributeName: "pk", KeyType: "HASH" },
              { AttributeName: "sk", KeyType: "RANGE" },
            ],
            AttributeDefinitions: [
              { AttributeName: "pk", AttributeType: "S" },
              { AttributeName: "sk", AttributeType: "S" },
            ],
            SSESpecification: {
              Enabled: true,
              SSEType: "KMS",
              ...(options.kmsKey !== undefined && { KMSMasterKeyId: options.kmsKey }),
            },
            DeletionProtectionEnabled: options.deletable !== true,
          },
          signal,
        ),
      );
      return "created" as const;
    } catch (error) {
      if ((error as Error).name === "ResourceInUseException") return "exists" as const;
      throw error;
    }
  });
  const table = await active(calls);
  if (outcome === "exists") await checkIsNobodysElse(calls, table);
  await guarded(calls, async () => {
    const { TimeToLiveDescription: ttl } = await calls.send((client, signal) =>
      client.describeTimeToLive({ TableName }, signal),
    );
    if (ttl?.TimeToLiveStatus !== "ENABLED" && ttl?.TimeToLiveStatus !== "ENABLING") {
      await calls.send((client, signal) =>
        client.updateTimeToLive(
          { TableName, TimeToLiveSpecification: { AttributeName: "expires", Enabled: true } },
          signal,
        ),
      );
    }
  });
  await guarded(calls, async () => {
    try {
      await calls.send((client, signal) =>
        client.updateContinuousBackups(
          { TableName, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
          signal,
        ),
      );
    } catch (error) {
      // DynamoDB Local has no backups.
      if ((error as Error).name !== "UnknownOperationException") throw error;
    }
  });
  return outcome;
}

/** A time to live would delete another program's items, and what a store writes would be among them. */
async function checkIsNobodysElse(calls: Calls, table: TableDescription): Promise<void> {
  const anothers = (why: string) =>
    new StoreUnavailable(
      `${calls.where} is another program's: ${why}. Nothing of it was changed. Give another one, by --table NAME`,
    );
  const { KeySchema = [], AttributeDefinitions = [] } = table;
  const typeOf = (name: string | undefined) =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  const keys = KeySchema.map(({ AttributeName: name }) => `${name} (${typeOf(name)})`).join(" and ");
  const ours = "pk (S) and sk (S)";
  if (keys !== ours) throw anothers(`its keys are ${keys}, and not ${ours}`);
  const { table: TableName } = calls;
  const { Item: head } = await calls.read(
    (client, signal) => client.getItem({ TableName, Key: HEAD, ConsistentRead: true }, signal),
    10_000,
  );
  if (head !== undefined || (await tableOwner(calls)) !== undefined) return;
  const { Items = [] } = await calls.read(
    (client, signal) => client.scan({ TableName, Limit: 1, ConsistentRead: true }, signal),
    10_000,
  );
  if (Items.length > 0) throw anothers("it holds items, and none of a control plane");
}

async function active(calls: Calls): Promise<TableDescription> {
  const end = performance.now() + WAIT_MILLISECONDS;
  for (let wait = 50; ; wait = Math.min(wait * 2, 2_000)) {
    const { Table } = await calls.read(
      (client, signal) => client.describeTable({ TableName: calls.table }, signal),
      10_000,
    );
    if (Table?.TableStatus === "ACTIVE") return Table;
    if (performance.now() > end) {
      throw calls.unavailable(
        new Error(`it is still ${Table?.TableStatus} after two minutes. Run this again`),
      );
    }
    await sleep(wait);
  }
}

/** All of it may be asked for twice. */
async function guarded<T>(calls: Calls, work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (failureOf(error) === "refused" || attempt === 4) throw calls.unavailable(error);
      await sleep(500 * 2 ** attempt);
    }
  }
}
