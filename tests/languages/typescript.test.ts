import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../compat/run.js";
import { temporaryFolder } from "../support/control-plane.js";
import { canaryStory } from "./story.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const modules = join(root, "node_modules");
const env = { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };

/** The example and its driver in a folder of their own, compiled against the SDK as npm packs it. */
async function compiled(): Promise<string> {
  const folder = temporaryFolder();
  const sdk = join(folder, "node_modules/@pulumi-appmesh/appmesh");
  mkdirSync(sdk, { recursive: true });
  const packed = await succeeds(
    "npm",
    "pack",
    join(root, "sdk/nodejs"),
    "--json",
    "--pack-destination",
    folder,
  );
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  await succeeds("tar", "-xzf", join(folder, filename), "-C", sdk, "--strip-components=1");
  // In the place of what npm would fetch: the packages that the example names, beside the SDK.
  for (const name of ["@pulumi/pulumi", "@types/node"]) {
    mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(join(modules, name), join(folder, "node_modules", name));
  }
  cpSync(join(root, "examples/canary-typescript"), folder, { recursive: true });
  cpSync(join(root, "tests/languages/typescript/driver.ts"), join(folder, "driver.ts"));
  const config = JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8"));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ ...config, files: ["index.ts", "driver.ts"] }),
  );
  await succeeds(process.execPath, join(modules, "typescript/bin/tsc"), "-p", folder);
  return join(folder, "bin/driver.js");
}

async function succeeds(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, env);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

canaryStory("TypeScript, with the SDK as npm packs it", async () => ({
  program: process.execPath,
  args: [await compiled()],
}));
