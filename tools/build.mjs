// Builds every workspace: generated protobuf types first, then TypeScript. Incremental.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./setup/cache.mjs";
import { node, notes, root } from "./setup/clone.mjs";

const typescript = "node_modules/typescript/bin/tsc";

// `npm ci` ends with the `prepare` script, which is this one; set-up calls it by itself, to tell its errors apart.
if (!process.env.APPMESH_SKIP_BUILD) await withLock(join(notes, "build"), build);

async function build() {
  if (!existsSync(node) || !existsSync(join(root, typescript))) {
    return fail('the npm dependencies are not installed: run "npm ci"');
  }
  if (!existsSync(join(root, "node_modules/@types/mocha"))) return buildPlugin();
  if (!(await run("control-plane/envoy-protos.mjs")))
    return fail("Envoy's protobuf types could not be generated");
  for (const project of projects()) removeOrphans(project);
  // The generated SDK reads its version from the package.json beside its compiled code.
  mkdirSync(join(root, "sdk/nodejs/bin"), { recursive: true });
  copyFileSync(join(root, "sdk/nodejs/package.json"), join(root, "sdk/nodejs/bin/package.json"));
  if (!(await run(typescript, "-b"))) fail("TypeScript found the errors above");
}

/**
 * Only what the plugin is made of, and unchecked: all that can be done where the dependencies of development were left
 * out, as when Pulumi installs the plugin from its sources.
 */
async function buildPlugin() {
  const plain = ["--noCheck", "--types", "node", "--composite", "false", "--declaration", "false"];
  for (const project of withReferences("provider")) {
    if (!(await run(typescript, "--project", project, ...plain)))
      return fail(`${project} could not be compiled`);
  }
}

/** A project and those that it builds upon, which come first. */
function withReferences(project) {
  const { references = [] } = JSON.parse(readFileSync(join(root, project, "tsconfig.json"), "utf8"));
  const others = references.flatMap(({ path }) => withReferences(join(project, path)));
  return [...new Set([...others, project])];
}

async function run(...args) {
  const [code] = await once(spawn(node, args, { cwd: root, stdio: "inherit" }), "exit");
  return code === 0;
}

function fail(message) {
  console.error(`build: ${message}`);
  process.exitCode = 1;
}

/** The projects of the root tsconfig.json that write to dist/, beside sources of the same names. */
function projects() {
  const { references } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"));
  return references.map(({ path }) => path).filter((path) => !path.startsWith("sdk/"));
}

/** tsc leaves the output of deleted sources behind, and the test runner would run it. */
function removeOrphans(project) {
  const dist = join(root, project, "dist");
  if (!existsSync(dist)) return;
  for (const output of readdirSync(dist, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(output) || output.startsWith("gen/")) continue;
    const source = output.replace(/(\.d\.ts|\.js)$/, ".ts");
    if (!existsSync(join(root, project, source))) rmSync(join(dist, output));
  }
}
