// `npm run sdk`: writes sdk/nodejs from provider/schema.json. With --check it writes nothing, and fails when what
// is there is not what would be written.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "./setup/clone.mjs";
import { ensureSdkGenerator } from "./setup/sdk-generator.mjs";
import { explained } from "./setup/step.mjs";

const language = "nodejs";
const schema = join(root, "provider/schema.json");
const sdk = join(root, "sdk", language);
/** What the build and npm leave in the SDK's folder. */
const notGenerated = /^(bin|node_modules)(\/|$)/;

await explained(async () => {
  const generator = await ensureSdkGenerator();
  const scratch = mkdtempSync(join(tmpdir(), "sdk-"));
  try {
    const out = join(scratch, language);
    execFileSync(generator, ["-schema", schema, "-language", language, "-out", out], { stdio: "inherit" });
    finish(out);
    const differences = compare(files(out), files(sdk));
    if (process.argv.includes("--check")) report(differences);
    else apply(differences);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

/** Settles what the generator leaves to whoever publishes: where the compiled code is, and today's TypeScript. */
function finish(folder) {
  edit(join(folder, "package.json"), (manifest) => {
    const { name, version, description, keywords, homepage, repository, license, ...rest } = manifest;
    const { typescript, "@types/node": nodeTypes } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    ).devDependencies;
    return {
      ...{ name, version, description, keywords, homepage, repository, license },
      main: "bin/index.js",
      types: "bin/index.d.ts",
      files: ["bin"],
      ...rest,
      devDependencies: { "@types/node": nodeTypes, typescript },
    };
  });
  edit(join(folder, "tsconfig.json"), ({ compilerOptions, files }) => ({
    compilerOptions: {
      ...compilerOptions,
      target: "es2022",
      module: "node16",
      moduleResolution: "node16",
      types: ["node"],
      rootDir: ".",
      composite: true,
      skipLibCheck: true,
      tsBuildInfoFile: "bin/.tsbuildinfo",
    },
    files,
  }));
}

function edit(path, change) {
  writeFileSync(path, `${JSON.stringify(change(JSON.parse(readFileSync(path, "utf8"))), null, 4)}\n`);
}

/** Path below the folder → content. */
function files(folder) {
  const found = new Map();
  if (!existsSync(folder)) return found;
  const visit = (below) => {
    for (const entry of readdirSync(join(folder, below))) {
      const path = join(below, entry);
      if (notGenerated.test(path)) continue;
      if (statSync(join(folder, path)).isDirectory()) visit(path);
      else found.set(path, readFileSync(join(folder, path), "utf8"));
    }
  };
  visit("");
  return found;
}

/** Path → the content that it should have, or null when it should not be there. */
function compare(wanted, found) {
  const differences = new Map();
  for (const [path, content] of wanted) if (found.get(path) !== content) differences.set(path, content);
  for (const path of found.keys()) if (!wanted.has(path)) differences.set(path, null);
  return differences;
}

function report(differences) {
  if (differences.size === 0) return;
  console.error(
    `sdk/${language} is not what provider/schema.json makes: run "npm run sdk" and commit what it writes`,
  );
  for (const path of differences.keys()) console.error(`  sdk/${language}/${path}`);
  process.exitCode = 1;
}

function apply(differences) {
  for (const [path, content] of differences) {
    const file = join(sdk, path);
    if (content === null) rmSync(file);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
  console.log(
    `sdk/${language}: ${differences.size === 0 ? "nothing to change" : `${differences.size} files written`}`,
  );
}
