// `npm run sdk`: writes what is generated and committed: provider/schema.json from the model, and sdk/nodejs from
// that schema. With --check it writes nothing, and fails when what is there is not what would be written.
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
import { node, root } from "./setup/clone.mjs";
import { ensureSdkGenerator } from "./setup/sdk-generator.mjs";
import { explained } from "./setup/step.mjs";

const language = "nodejs";
const schema = "provider/schema.json";
const sdk = `sdk/${language}`;
/** What the build and npm leave in the SDK's folder. */
const notGenerated = /^(bin|node_modules)(\/|$)/;

/** Path from the root of the clone → content, of all that is generated. */
function generate(generator, scratch) {
  const text = execFileSync(node, [join(root, "provider/dist/schema/main.js")], { encoding: "utf8" });
  const schemaFile = join(scratch, "schema.json");
  writeFileSync(schemaFile, text);
  const out = join(scratch, language);
  execFileSync(generator, ["-schema", schemaFile, "-language", language, "-out", out], { stdio: "inherit" });
  finish(out);
  return new Map([...files(out, sdk), [schema, text]]);
}

/** Settles what the generator leaves to whoever publishes: where the compiled code is, and today's TypeScript. */
function finish(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { name, version, description, keywords, homepage, repository, license, ...rest } = manifest;
  const { typescript, "@types/node": nodeTypes } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  ).devDependencies;
  write(join(folder, "package.json"), {
    ...{ name, version, description, keywords, homepage, repository, license },
    main: "bin/index.js",
    types: "bin/index.d.ts",
    files: ["bin"],
    ...rest,
    devDependencies: { "@types/node": nodeTypes, typescript },
  });
  write(join(folder, "tsconfig.json"), {
    compilerOptions: {
      outDir: "bin",
      rootDir: ".",
      target: "es2022",
      module: "node16",
      types: ["node"],
      strict: true,
      noFallthroughCasesInSwitch: true,
      declaration: true,
      sourceMap: true,
      stripInternal: true,
      skipLibCheck: true,
      composite: true,
      tsBuildInfoFile: "bin/.tsbuildinfo",
    },
    include: ["**/*.ts"],
    exclude: ["bin", "node_modules"],
  });
}

const write = (path, json) => writeFileSync(path, `${JSON.stringify(json, null, 2)}\n`);

/** The generated files below a folder: path, below `prefix`, → content. */
function files(folder, prefix) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((path) => !notGenerated.test(path) && statSync(join(folder, path)).isFile())
    .map((path) => [join(prefix, path), readFileSync(join(folder, path), "utf8")]);
}

function file(path) {
  return existsSync(join(root, path)) ? [[path, readFileSync(join(root, path), "utf8")]] : [];
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
    'these files are not what the model makes of them: run "npm run sdk" and commit what it writes',
  );
  for (const path of differences.keys()) console.error(`  ${path}`);
  process.exitCode = 1;
}

function apply(differences) {
  for (const [path, content] of differences) {
    const target = join(root, path);
    if (content === null) rmSync(target);
    else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
  }
  console.log(
    differences.size === 0 ? "nothing to change" : `written: ${[...differences.keys()].join(", ")}`,
  );
}

await explained(async () => {
  const generator = await ensureSdkGenerator();
  const scratch = mkdtempSync(join(tmpdir(), "sdk-"));
  try {
    const wanted = generate(generator, scratch);
    const found = new Map([...files(join(root, sdk), sdk), ...file(schema)]);
    const differences = compare(wanted, found);
    if (process.argv.includes("--check")) report(differences);
    else apply(differences);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
