// `npm run sdk`: writes what is generated and committed: provider/schema.json from the model, and from that schema the
// SDK of every language and the pages of docs/reference. With --check it writes nothing, and fails when what is there is not what would be written.
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
import { finish } from "./sdk/finish.mjs";
import { node, root } from "./setup/clone.mjs";
import { ensureSdkGenerators } from "./setup/sdk-generator.mjs";
import { explained } from "./setup/step.mjs";

const schema = "provider/schema.json";
const reference = "docs/reference";
const sdk = (language) => join("sdk", language);
/** Hand-written files that a language's SDK carries, if there are any. */
const extra = (language) => join(root, "tools/sdk-gen/extra", language);
/** What builds, package managers and Python leave in an SDK's folder: git ignores it all. */
const notGenerated = /(^|\/)(bin|node_modules|obj|target|build|dist|__pycache__|[^/]*\.egg-info)(\/|$)/;

/** The languages whose examples Pulumi's generators write → the generator. */
const written = { typescript: "nodejs", python: "python", go: "go", csharp: "dotnet" };

/** The schema with its examples, which are written by means of the schema without them. */
function schemaText(generators, scratch) {
  const file = (name) => join(scratch, name);
  const print = (...args) => execFileSync(node, [join(root, "provider/dist/schema/main.js"), ...args]);
  writeFileSync(file("bare.json"), print("bare"));
  writeFileSync(file("pcl.json"), print("pcl"));
  const programs = {};
  for (const [name, language] of Object.entries(written)) {
    const args = ["-schema", file("bare.json"), "-language", language, "-programs", file("pcl.json")];
    execFileSync(generators[language], [...args, "-out", file("programs.json")], { stdio: "inherit" });
    programs[name] = JSON.parse(readFileSync(file("programs.json"), "utf8"));
  }
  writeFileSync(file("written.json"), JSON.stringify(programs));
  return print("full", file("written.json"));
}

/** Path from the root of the clone → content, of all that is generated. */
function generate(generators, scratch) {
  const text = schemaText(generators, scratch);
  const schemaFile = join(scratch, "schema.json");
  writeFileSync(schemaFile, text);
  const content = new Map([[schema, text]]);
  for (const [language, generator] of Object.entries(generators)) {
    const out = join(scratch, language);
    const extras = existsSync(extra(language)) ? ["-extra", extra(language)] : [];
    execFileSync(generator, ["-schema", schemaFile, "-language", language, "-out", out, ...extras], {
      stdio: "inherit",
    });
    finish[language](out, JSON.parse(text));
    for (const [path, bytes] of files(out, sdk(language))) content.set(path, bytes);
  }
  const pages = execFileSync(node, [join(root, "provider/dist/schema/pages/main.js"), schemaFile], {
    maxBuffer: 64 << 20,
  });
  for (const [name, page] of Object.entries(JSON.parse(pages))) {
    content.set(join(reference, name), Buffer.from(page));
  }
  return content;
}

/** The generated files below a folder: path, below `prefix`, → content. */
function files(folder, prefix) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((path) => !notGenerated.test(path) && statSync(join(folder, path)).isFile())
    .map((path) => [join(prefix, path), readFileSync(join(folder, path))]);
}

function file(path) {
  return existsSync(join(root, path)) ? [[path, readFileSync(join(root, path))]] : [];
}

/** Path → the content that it should have, or null when it should not be there. */
function compare(wanted, found) {
  const differences = new Map();
  for (const [path, content] of wanted) if (!found.get(path)?.equals(content)) differences.set(path, content);
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
  const generators = await ensureSdkGenerators();
  const scratch = mkdtempSync(join(tmpdir(), "sdk-"));
  try {
    const wanted = generate(generators, scratch);
    const found = new Map([
      ...Object.keys(generators).flatMap((language) => files(join(root, sdk(language)), sdk(language))),
      ...files(join(root, reference), reference),
      ...file(schema),
    ]);
    const differences = compare(wanted, found);
    if (process.argv.includes("--check")) report(differences);
    else apply(differences);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
