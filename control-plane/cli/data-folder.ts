import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";

/** The folder of the store, for all commands that use one. */
export const dataOption = (description: string): Option =>
  new Option("--data <dir>", description).argParser(folder);

/** As the XDG Base Directory Specification has it, which asks for relative paths to be ignored. */
export function defaultDataFolder(): string {
  const { XDG_DATA_HOME } = process.env;
  const base =
    XDG_DATA_HOME && isAbsolute(XDG_DATA_HOME) ? XDG_DATA_HOME : join(homedir(), ".local", "share");
  return join(base, "appmesh");
}

function folder(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must name a folder.");
  return resolve(text);
}
