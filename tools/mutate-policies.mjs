// Mutation testing of the policy pack: changes its conditions one by one, and tells which changes no test notices.
//
//   tsc -b policy-pack && node tools/mutate-policies.mjs [--fresh] [PATTERN…]
//
// Patterns name compiled files below policy-pack/dist, such as 'subjects/*.js'; without any, all are taken. It goes a few files at
// a time, on one core, and keeps in the user's cache what it found: a run that was stopped goes on where it was, and a later one
// tries again only what stands in changed lines or has other tests. --fresh forgets what is kept.
//
// Stryker is no dependency of the project: it is installed into the cache, and works on a copy.
// What is evaluated once while modules load (names and texts of rules) is left out: RULES.md's test holds it word for word.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, matchesGlob } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, makeOnce } from "./setup/cache.mjs";

/** Stryker 10 runs Mocha 11; the tests use nothing that differs in the project's own. */
const packages = ["@stryker-mutator/core@10.0.0", "@stryker-mutator/mocha-runner@10.0.0", "mocha@11.8.0"];
/** As much code as is done in some minutes, in bytes: all tests run once before each part. */
const partSize = 16_000;
const untested = ["**/*.test.js", "testing/**", "main.js", "index.js", "write-rules-page.js"];

const root = fileURLToPath(new URL("..", import.meta.url));
const pack = join(root, "policy-pack");
const isFresh = process.argv.includes("--fresh");
const patterns = process.argv.slice(2).filter((each) => each !== "--fresh");

const tools = await makeOnce("stryker-10.0.0-mocha-11.8.0", (folder) => {
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--legacy-peer-deps", ...packages], {
    cwd: folder,
    stdio: "inherit",
  });
});
const kept = join(cacheFolder, "mutation", "policy-pack.json");
mkdirSync(dirname(kept), { recursive: true });
if (isFresh) rmSync(kept, { force: true });

const work = mkdtempSync(join(tmpdir(), "appmesh-mutation-"));
try {
  for (const name of ["dist", "package.json", "README.md", "RULES.md", "PulumiPolicy.yaml"])
    cpSync(join(pack, name), join(work, name), { recursive: true });
  linkModules(join(work, "node_modules"), [join(tools, "node_modules"), join(root, "node_modules")]);
  const files = filesOf(patterns.length > 0 ? patterns : ["**/*.js"]);
  if (files.length === 0)
    throw new Error(`no compiled file of the policy pack is called ${patterns.join(" or ")}`);
  const parts = partsOf(files);
  for (const [index, part] of parts.entries()) {
    console.log(`\nPart ${index + 1} of ${parts.length}: ${part.join(", ")}`);
    mutate(part);
  }
  print(files);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function filesOf(patterns) {
  const dist = join(work, "dist");
  return patterns
    .flatMap((pattern) => globSync(pattern, { cwd: dist }))
    .filter((file) => file.endsWith(".js") && !untested.some((pattern) => matchesGlob(file, pattern)))
    .toSorted()
    .filter((file, index, all) => file !== all[index - 1]);
}

/** Files of one folder at a time, and not too many of them. */
function partsOf(files) {
  const parts = [];
  let folder;
  let size = 0;
  for (const file of files) {
    const own = statSync(join(work, "dist", file)).size;
    if (dirname(file) !== folder || size + own > partSize) {
      parts.push([]);
      size = 0;
    }
    folder = dirname(file);
    size += own;
    parts.at(-1).push(file);
  }
  return parts;
}

function mutate(files) {
  writeFileSync(
    join(work, "stryker.config.json"),
    JSON.stringify({
      testRunner: "mocha",
      mochaOptions: { spec: ["dist/**/*.test.js"] },
      mutate: files.map((file) => `dist/${file}`),
      plugins: ["@stryker-mutator/mocha-runner"],
      coverageAnalysis: "perTest",
      ignoreStatic: true,
      inPlace: true,
      incremental: true,
      incrementalFile: kept,
      concurrency: 1,
      timeoutMS: 15_000,
      reporters: ["json"],
      logLevel: "warn",
    }),
  );
  const stryker = join(tools, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const { status, signal } = spawnSync(process.execPath, [stryker, "run"], { cwd: work, stdio: "inherit" });
  if (status !== 0) throw new Error(`Stryker ended with ${status ?? signal}`);
}

/** One folder of modules of several, those before the others: Stryker's own, then the project's. */
function linkModules(to, from) {
  mkdirSync(to);
  for (const modules of from) {
    for (const name of readdirSync(modules)) {
      try {
        symlinkSync(join(modules, name), join(to, name));
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
    }
  }
}

/** What no test noticed, and how much was noticed, by folder. */
function print(files) {
  const report = JSON.parse(readFileSync(kept, "utf8")).files;
  const folders = new Map();
  for (const file of files) {
    const { mutants = [], source = "" } = report[`dist/${file}`] ?? {};
    const lines = source.split("\n");
    const folder = dirname(file) === "." ? "the pack itself" : dirname(file);
    const counts = folders.get(folder) ?? { noticed: 0, all: 0 };
    folders.set(folder, counts);
    for (const { status, location, mutatorName, replacement } of mutants) {
      if (["Ignored", "CompileError", "RuntimeError"].includes(status)) continue;
      counts.all++;
      if (status === "Killed" || status === "Timeout") {
        counts.noticed++;
        continue;
      }
      const { start, end } = location;
      console.log(
        `${file}:${start.line}:${start.column} ${mutatorName}${status === "NoCoverage" ? ", no test" : ""}`,
      );
      for (const line of lines.slice(start.line - 1, end.line)) console.log(`    ${line.trim()}`);
      console.log(
        `  with ${lines[start.line - 1].slice(start.column - 1, start.line === end.line ? end.column - 1 : undefined)}`,
      );
      console.log(`  as   ${replacement}`);
    }
  }
  const all = [...folders.values()];
  const sum = (name) => all.reduce((total, counts) => total + counts[name], 0);
  console.log("\nChanges that a test notices, by folder:");
  for (const [name, { noticed, all }] of [
    ...folders,
    ["in all", { noticed: sum("noticed"), all: sum("all") }],
  ])
    console.log(
      `${name.padEnd(28)}${noticed} of ${all}`.padEnd(48),
      `${((100 * noticed) / Math.max(all, 1)).toFixed(1)} %`,
    );
}
