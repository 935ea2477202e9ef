// Builds every workspace: generated protobuf types first, then TypeScript. Incremental.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { node, root } from "./setup/clone.mjs";

// `npm ci` ends with the `prepare` script, which is this one; set-up calls it by itself, to tell its errors apart.
if (process.env.APPMESH_SKIP_BUILD) process.exit(0);

const typescript = "node_modules/typescript/bin/tsc";
if (!existsSync(node) || !existsSync(join(root, typescript)))
  fail('the npm dependencies are not installed: run "npm ci"');

function fail(message) {
  console.error(`build: ${message}`);
  process.exit(1);
}

const run = (...args) => spawnSync(node, args, { cwd: root, stdio: "inherit" }).status === 0;

/** The projects of the root tsconfig.json that write to dist/, beside sources of the same names. */
const projects = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"))
  .references.map(({ path }) => path)
  .filter((path) => !path.startsWith("sdk/"));

// tsc leaves the output of deleted sources behind, and the test runner would run it.
function removeOrphans(project) {
  const dist = join(root, project, "dist");
  if (!existsSync(dist)) return;
  for (const output of readdirSync(dist, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(output) || output.startsWith("gen/")) continue;
    // Generated code is JavaScript already: dist/gen only leads to it.
    if (output.startsWith("gen/")) continue;
    const source = output.replace(/(\.d\.ts|\.js)$/, ".ts");
    if (!existsSync(join(root, project, source))) rmSync(join(dist, output));
  }
}

if (!run("control-plane/envoy-protos.mjs"))
  fail("Envoy's protobuf types could not be generated (control-plane/envoy-protos.mjs)");
projects.forEach(removeOrphans);
// The generated SDK reads its version from the package.json beside its compiled code.
mkdirSync(join(root, "sdk/nodejs/bin"), { recursive: true });
copyFileSync(join(root, "sdk/nodejs/package.json"), join(root, "sdk/nodejs/bin/package.json"));
if (!run(typescript, "-b")) fail("TypeScript found the errors above");
