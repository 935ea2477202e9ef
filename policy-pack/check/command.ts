import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { configure, SettingsError } from "../settings.js";
import { check } from "./check.js";
import { declaredIn, UnreadableFile } from "./documents.js";
import { type Format, formats, isStopped, report } from "./report.js";

/** `appmesh check FILE…`: exit code 0 where nothing mandatory was found, 1 where it was, 2 where it could not be judged. */
export function checkCommand(): Command {
  return new Command("check")
    .description("judge meshes in files by the rules of the policy pack")
    .argument(
      "<file...>",
      "AWS CLI input or output, CloudFormation templates, Kubernetes objects; - for standard input",
    )
    .option("--settings <file>", "settings of the policy pack, a JSON file")
    .addOption(new Option("--format <format>", "how to tell").choices(formats).default("text"))
    .action((files: string[], { settings, format }: { settings?: string; format: Format }) => {
      try {
        const configuration = configure(settings === undefined ? {} : parsed(settings));
        const declared = files.flatMap((file) => declaredIn(file, read(file)));
        const checked = check(declared, configuration);
        process.stdout.write(`${report(checked, format)}\n`);
        if (isStopped(checked)) process.exitCode = 1;
      } catch (error) {
        if (!(error instanceof SettingsError || error instanceof UnreadableFile)) throw error;
        process.stderr.write(`appmesh check: ${error.message}\n`);
        process.exitCode = 2;
      }
    });
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
