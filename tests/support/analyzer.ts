import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Makes in the folder what the engine starts for a policy pack in Node.js where Pulumi's language hosts are not installed, and
 * returns where: a folder for PATH.
 */
export function analyzerIn(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const file = join(bin, "pulumi-analyzer-policy-nodejs");
  const run = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${run}' "$@"\n`);
  chmodSync(file, 0o755);
  return bin;
}
