import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { configure, SettingsError } from "../settings.js";
import { check } from "./check.js";
import { declaredBy, declaredIn, UnreadableFile } from "./documents.js";
import { type Format, formats, isStopped, report } from "./report.js";

/** How to read a mesh of a running control plane, which those bring who know how to call one. */
export interface RunningMeshes {
  addOptions(command: Command): Command;
  /** undefined where the options name no mesh. `from` stands where the name of a file does. */
  read(options: object): Promise<{ readonly from: string; readonly entities: readonly object[] } | undefined>;
  /** Whether an error is for the user to read. */
  isExpected(error: unknown): error is Error;
}

interface Options {
  readonly settings?: string;
  readonly format: Format;
}

/**
 * `appmesh check [FILE…] [--mesh NAME]`: exit code 0 where nothing mandatory was found, 1 where it was, 2 where it could
 * not be judged.
 */
export function checkCommand(running?: RunningMeshes): Command {
  const command = new Command("check")
    .description("judge meshes in files, or of a running control plane, by the rules of the policy pack")
    .argument(
      "[file...]",
      "AWS CLI input or output, CloudFormation templates, Kubernetes objects; - for standard input",
    )
    .option("--settings <file>", "settings of the policy pack, a JSON file")
    .addOption(new Option("--format <format>", "how to tell").choices(formats).default("text"))
    .action(async (files: string[], options: Options) => {
      const { settings, format } = options;
      try {
        const configuration = configure(settings === undefined ? {} : parsed(settings));
        const mesh = await running?.read(options);
        if (files.length === 0 && mesh === undefined)
          throw new UnreadableFile(
            "name the files to judge, or the mesh of a running control plane by --mesh",
          );
        const declared = [
          ...files.flatMap((file) => declaredIn(file, read(file))),
          ...(mesh?.entities ?? []).flatMap((entity) => declaredBy(mesh?.from ?? "", entity) ?? []),
        ];
        const checked = check(declared, configuration);
        process.stdout.write(`${report(checked, format)}\n`);
        if (isStopped(checked)) process.exitCode = 1;
      } catch (error) {
        if (
          !(error instanceof SettingsError || error instanceof UnreadableFile || running?.isExpected(error))
        )
          throw error;
        process.stderr.write(`appmesh check: ${(error as Error).message}\n`);
        process.exitCode = 2;
      }
    });
  return running ? running.addOptions(command) : command;
}

function read(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UnreadableFile(`${file}: ${(error as Error).message}`);
  }
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(read(file));
  } catch (error) {
    throw new UnreadableFile(`${file}: ${(error as Error).message}`);
  }
}
