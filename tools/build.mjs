// Builds every workspace: generated protobuf types first, then TypeScript. Incremental.
import { execFileSync } from "node:child_process";
import { existsSync, globSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: "inherit" });

run("control-plane/envoy-protos.mjs");
// tsc leaves the output of deleted sources behind, and the test runner would run it.
for (const output of globSync("{model,control-plane,provider,tests,bench,examples/*}/dist/**/*.{js,d.ts}", { cwd: root })) {
  const source = output.replace("/dist/", "/").replace(/\.d\.ts$|\.js$/, ".ts");
  if (!existsSync(join(root, source))) rmSync(join(root, output));
}
run("node_modules/typescript/bin/tsc", "-b");
