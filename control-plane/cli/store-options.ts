import type { Command } from "commander";
import type { TablePlace } from "../store/dynamodb/calls.js";
import type { Replaceable, Store } from "../store/store.js";
import { dataOption } from "./data-folder.js";
import { regionOption } from "./options.js";
import { dynamoDbEndpointOption, tableOption } from "./table-options.js";

/** Options of commands that work on a store itself. */
export interface StoreOptions {
  readonly data?: string;
  readonly table?: string;
  readonly region: string;
  readonly dynamodbEndpoint?: string;
}

export const addStoreOptions = (command: Command, what: string): Command =>
  addTableOptions(
    command.addOption(dataOption(`folder ${what}, of a control plane that does not run`)),
    what,
  );

export const addTableOptions = (command: Command, what: string): Command =>
  command
    .addOption(tableOption(`DynamoDB table ${what}`))
    .addOption(regionOption("region of the table"))
    .addOption(dynamoDbEndpointOption());

/** What no command that works on a store can do without. */
export class NoStore extends Error {
  override readonly name = "NoStore";
}

export const tableOf = ({ table, region: of, dynamodbEndpoint }: StoreOptions): TablePlace => {
  if (table === undefined) throw new NoStore("no table was given: name one by --table NAME");
  return { table, region: of, endpoint: dynamodbEndpoint };
};

/**
 * Opens the one store that is named; throws NoStore and StoreUnavailable. Whoever opens it closes it. `exists`: a folder in
 * which there is none was mistyped, rather than that one is made there.
 */
export async function openNamedStore(
  options: StoreOptions,
  { exists = false }: { exists?: boolean } = {},
): Promise<Store> {
  if (named(options) === "data") return openFolder(options, exists);
  const { DynamoStore } = await import("../store/dynamodb-store.js");
  return DynamoStore.open({ ...tableOf(options), follow: false, openMilliseconds: 10_000 });
}

/** The same, to have all that is in it replaced. */
export async function openReplaceable(options: StoreOptions): Promise<Replaceable> {
  if (named(options) === "data") return openFolder(options);
  const { ReplaceableTable } = await import("../store/dynamodb/replace-all.js");
  return ReplaceableTable.open(tableOf(options));
}

function named({ data, table }: StoreOptions): "data" | "table" {
  if (data !== undefined && table !== undefined) {
    throw new NoStore(
      "both a folder and a table were given: name one store, by --data DIR or by --table NAME",
    );
  }
  if (data === undefined && table === undefined) {
    throw new NoStore("no store was given: name one by --data DIR or by --table NAME");
  }
  return table === undefined ? "data" : "table";
}

async function openFolder({ data = "" }: StoreOptions, exists = false) {
  const { SqliteStore } = await import("../store/sqlite-store.js");
  if (exists && !SqliteStore.isIn(data)) {
    throw new NoStore(
      `no control plane has written into ${data}: there is no appmesh.db in it. Name the folder that appmesh serve has, by --data DIR`,
    );
  }
  return SqliteStore.open(data);
}
