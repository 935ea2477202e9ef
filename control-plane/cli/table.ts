import { Command } from "commander";
import { Calls } from "../store/dynamodb/calls.js";
import { createTable } from "../store/dynamodb/create-table.js";
import { claimTable } from "../store/dynamodb/owner.js";
import { StoreUnavailable } from "../store/store.js";
import { accountId } from "./options.js";
import { addTableOptions, NoStore, type StoreOptions, tableOf } from "./store-options.js";

interface CreateOptions extends StoreOptions {
  kmsKey?: string;
  account?: string;
  deletable?: true;
}

export function tableCommand(): Command {
  return new Command("table").description("make the DynamoDB table that control planes share").addCommand(
    addTableOptions(new Command("create"), "to make")
      .description(
        "make a table: on demand, encrypted, protected from deletion, recoverable to any point of 35 days; " +
          "a table that is there gets what it lacks of the last, and of the time to live of what passes",
      )
      .option("--kms-key <arn>", "KMS key that encrypts it (default: the one that AWS manages for DynamoDB)")
      .option(
        "--account <id>",
        "account of the control plane that will use it (default: that of the first one)",
        accountId,
      )
      .option("--deletable", "do not protect it from deletion")
      .action(create),
  );
}

async function create(options: CreateOptions): Promise<void> {
  let calls: Calls | undefined;
  try {
    const place = tableOf(options);
    calls = await Calls.open(place);
    const outcome = await createTable(calls, { kmsKey: options.kmsKey, deletable: options.deletable });
    if (options.account !== undefined) {
      await claimTable(calls, { account: options.account, region: place.region });
    }
    process.stdout.write(
      `table ${place.table} in ${place.region} ${outcome === "created" ? "is made" : "is as it should be"}\n`,
    );
  } catch (error) {
    if (![NoStore, StoreUnavailable].some((known) => error instanceof known)) throw error;
    process.stderr.write(`appmesh table: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    calls?.close();
  }
}
