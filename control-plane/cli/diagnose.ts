import { Command } from "commander";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { ApiError, callApi } from "./api-client.js";
import { type ApiOptions, addApiOptions, apiClientOf } from "./api-options.js";
import { EnvironmentError } from "./credentials.js";
import { meshName, misuseEndsWith } from "./options.js";

interface Options extends ApiOptions {
  readonly mesh: string;
  readonly json?: true;
}

/** For scripts: whether there are errors, or whether that could not be found out. */
const ERRORS = 1;
const UNKNOWN = 2;

export function diagnoseCommand(): Command {
  const command = new Command("diagnose")
    .description("list everything in a mesh that does not do what it says, and what to do about it")
    .requiredOption("--mesh <name>", "name of the mesh", meshName);
  return addApiOptions(misuseEndsWith(UNKNOWN, command))
    .option("--json", "print JSON, as the API gives it")
    .addHelpText(
      "after",
      "\nThe call is signed with the access key in APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY, if there is one." +
        `\nExit status: 0 without errors, ${ERRORS} with errors, ${UNKNOWN} where the mesh could not be looked at, or the command was called wrongly.`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  try {
    const diagnostics = await everything(options);
    process.stdout.write(
      options.json ? `${JSON.stringify({ diagnostics }, null, 2)}\n` : table(options, diagnostics),
    );
    if (diagnostics.some(({ severity }) => severity === "error")) process.exitCode = ERRORS;
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof EnvironmentError)) throw error;
    process.stderr.write(`appmesh diagnose: ${error.message}\n`);
    process.exitCode = UNKNOWN;
  }
}

/** All pages. */
async function everything(options: Options): Promise<Diagnostic[]> {
  const { mesh, meshOwner } = options;
  const client = apiClientOf(options);
  const all: Diagnostic[] = [];
  let nextToken: string | undefined;
  do {
    const query = new URLSearchParams({
      mesh,
      ...(meshOwner !== undefined && { meshOwner }),
      ...(nextToken !== undefined && { nextToken }),
    });
    const page = (await callApi(client, "GET", `/v1/diagnostics?${query}`)) as {
      diagnostics: Diagnostic[];
      nextToken?: string;
    };
    all.push(...page.diagnostics);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return all;
}

/** A line for each, with what it says and what to do below it. */
function table({ mesh }: Options, diagnostics: readonly Diagnostic[]): string {
  const rows = diagnostics.map(({ severity, code, entity, path }) => [severity, code, entity, path]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => (row[column] as string).length)));
  const lines = diagnostics.flatMap(({ message, remedy }, n) => [
    (rows[n] as string[])
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
    `    ${message}.`,
    `    ${remedy}`,
  ]);
  const count = (severity: string) => diagnostics.filter((one) => one.severity === severity).length;
  const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  const total = `mesh ${mesh}: ${plural(count("error"), "error")}, ${plural(count("warning"), "warning")}`;
  return `${[...lines, total].join("\n")}\n`;
}
