import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { checkBackup } from "../backup/check.js";
import { BackupError, isIdentity, readBackup, writeBackup } from "../backup/document.js";
import { ChangeTooLarge, StoreUnavailable } from "../store/store.js";
import {
  addStoreOptions,
  NoStore,
  openNamedStore,
  openReplaceable,
  type StoreOptions,
} from "./store-options.js";

interface ExportOptions extends StoreOptions {
  output?: string;
  withIdentity?: boolean;
}

interface ImportOptions extends StoreOptions {
  replace?: boolean;
}

export const exportCommand = (): Command =>
  addStoreOptions(new Command("export"), "to read")
    .description("write everything in a store, at one revision, as JSON lines")
    .option("--output <file>", "file to write, which only this user may read (default: standard output)")
    .option(
      "--with-identity",
      "also access keys, authorities and tokens with their secrets; needs --output (default: none of them)",
    )
    .action((options: ExportOptions) => explained("export", () => exportData(options)));

export const importCommand = (): Command =>
  addStoreOptions(new Command("import-data"), "to write")
    .description(
      "bring an export into a store, whole or not at all; what was interrupted, the same command finishes",
    )
    .argument("<file>", "what appmesh export wrote; - for standard input")
    .option("--replace", "replace what the store holds (default: it must be empty)")
    .action((file: string, options: ImportOptions) =>
      explained("import-data", () => importData(file, options)),
    );

async function exportData({
  output,
  withIdentity: identity = false,
  ...place
}: ExportOptions): Promise<void> {
  if (identity && output === undefined) {
    throw new BackupError(
      "--with-identity writes secrets, which have no place on a terminal or in a log: give a file, by --output FILE",
    );
  }
  const store = await openNamedStore(place, { exists: true });
  try {
    const lines = writeBackup({ ...(await store.load()), identity });
    if (output === undefined) await print(lines);
    else writeWhole(output, lines);
  } finally {
    await store.close();
  }
}

async function importData(file: string, { replace = false, ...place }: ImportOptions): Promise<void> {
  const backup = readBackup(readText(file));
  checkBackup(backup);
  const store = await openReplaceable(place);
  try {
    const revision = await store.replace((before, isUnfinished) => {
      if (before.size > 0 && !replace && !isUnfinished) {
        throw new BackupError(
          `the store holds ${before.size} records. Give an empty one, or replace what it holds, by --replace`,
        );
      }
      // Who may call is not touched by a backup that does not say it.
      const kept = backup.identity ? [] : [...before].filter(([key]) => isIdentity(key));
      return new Map([...backup.records, ...kept]);
    });
    process.stdout.write(
      `${backup.records.size} records of revision ${backup.revision} are at revision ${revision}\n`,
    );
  } finally {
    await store.close();
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new BackupError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function print(lines: Iterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(lines), process.stdout, { end: false });
  } catch (error) {
    throw new BackupError(`standard output cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes a file whole or not at all: what is there already may be the last backup, and stays until the next one is there. */
function writeWhole(output: string, lines: Iterable<string>): void {
  let unfinished: string | undefined;
  try {
    const before = statSync(output, { throwIfNoEntry: false });
    // What is no file, such as a pipe, cannot be put in the place of another.
    const place = before?.isFile() ? realpathSync(output) : output;
    unfinished = before === undefined || before.isFile() ? `${place}.unfinished` : undefined;
    const file = openSync(unfinished ?? place, "w", 0o600);
    try {
      // One that was there before may have been everybody's.
      if (unfinished) fchmodSync(file, 0o600);
      for (const line of lines) writeFileSync(file, line);
      if (unfinished) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (unfinished) renameSync(unfinished, place);
  } catch (error) {
    if (unfinished) rmSync(unfinished, { force: true });
    throw new BackupError(`${output} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

async function explained(command: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const known = [BackupError, NoStore, StoreUnavailable, ChangeTooLarge];
    if (!known.some((type) => error instanceof type)) throw error;
    process.stderr.write(`appmesh ${command}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
