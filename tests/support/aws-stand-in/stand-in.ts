// Puts a stand-in for somebody else's provider plugin where the engine looks for the real one: on PATH.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../control-plane.js";
import type { Call } from "./definition.js";

const main = fileURLToPath(new URL("./main.js", import.meta.url));

/** What a stand-in was asked. */
export class StandIn {
  constructor(readonly record: string) {}

  /** Every call since the last time that this was asked, in their order. */
  take(): readonly Call[] {
    if (!existsSync(this.record)) return [];
    const lines = readFileSync(this.record, "utf8").split("\n");
    writeFileSync(this.record, "");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  /** The inputs of every resource that was made, by type and name. */
  made(): Readonly<Record<string, Call["inputs"]>> {
    const created = this.take().filter(({ call, preview }) => call === "create" && !preview);
    return Object.fromEntries(created.map(({ type, name, inputs }) => [`${type} ${name}`, inputs]));
  }
}

/** The stand-in that a module of this folder defines, `aws`, on PATH for every engine that this process starts. */
export function putStandIn(name: string): StandIn {
  const folder = temporaryFolder();
  const record = join(folder, "calls");
  const definition = new URL(`./${name}.js`, import.meta.url).href;
  const executable = join(folder, `pulumi-resource-${name}`);
  const words = [process.execPath, main, definition, record].map((word) => `'${word}'`).join(" ");
  writeFileSync(executable, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(executable, 0o755);
  process.env.PATH = [folder, process.env.PATH].join(delimiter);
  return new StandIn(record);
}
