// Puts the stand-in where the engine looks for plugins: in a folder of PATH.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../control-plane.js";
import type { Call } from "./plugin.js";

/** The stand-in for the plugin of Kubernetes. */
export interface KubernetesPlugin {
  /** What the engine asked for since the last time that this was asked, in their order. */
  take(): Call[];
}

/** Puts `pulumi-resource-kubernetes` on PATH for every engine that this process starts. It is given `env`. */
export function putKubernetesPlugin(env: Readonly<Record<string, string>>): KubernetesPlugin {
  const folder = temporaryFolder();
  const record = join(folder, "calls.jsonl");
  const executable = join(folder, "pulumi-resource-kubernetes");
  const main = fileURLToPath(new URL("./kubernetes.js", import.meta.url));
  const settings = Object.entries(env).map(([key, value]) => `export ${key}=${quoted(value)}\n`);
  writeFileSync(
    executable,
    `#!/bin/sh\n${settings.join("")}exec ${quoted(process.execPath)} ${quoted(main)} ${quoted(record)} "$@"\n`,
  );
  chmodSync(executable, 0o755);
  process.env.PATH = [folder, process.env.PATH].join(delimiter);
  return {
    take: () => {
      if (!existsSync(record)) return [];
      const lines = readFileSync(record, "utf8").split("\n");
      writeFileSync(record, "");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Call);
    },
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
