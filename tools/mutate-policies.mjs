// Mutation testing of the policy pack: changes its conditions one by one, and tells which changes no test notices.
//
//   tsc -b policy-pack && node tools/mutate-policies.mjs [PATTERN…]
//
// Patterns name compiled files below policy-pack/dist, such as 'subjects/*.js'; without any, all are taken, which takes two cores
// about ten minutes. Stryker is no dependency of the project: it is installed into a folder of its own, and works on a copy.
// What is evaluated once while modules load (names and texts of rules) is left out: RULES.md's test holds it word for word.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Stryker 10 runs Mocha 11; the tests use nothing that differs in the project's own. */
const packages = ["@stryker-mutator/core@10.0.0", "@stryker-mutator/mocha-runner@10.0.0", "mocha@11.8.0"];
const root = fileURLToPath(new URL("..", import.meta.url));
const pack = join(root, "policy-pack");
const patterns = process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), "appmesh-mutation-"));
try {
  const tools = join(folder, "tools");
  mkdirSync(tools);
  writeFileSync(join(tools, "package.json"), '{ "private": true }');
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--legacy-peer-deps", ...packages], {
    cwd: tools,
    stdio: "inherit",
  });
  const work = join(folder, "policy-pack");
  for (const name of ["dist", "package.json", "README.md", "RULES.md", "PulumiPolicy.yaml"])
    cpSync(join(pack, name), join(work, name), { recursive: true });
  linkModules(join(work, "node_modules"), [join(tools, "node_modules"), join(root, "node_modules")]);
  const mutated = patterns.length > 0 ? patterns : ["**/*.js"];
  writeFileSync(
    join(work, "stryker.config.json"),
    JSON.stringify({
      testRunner: "mocha",
      mochaOptions: { spec: ["dist/**/*.test.js"] },
      mutate: [
        ...mutated.map((pattern) => `dist/${pattern}`),
        ...["**/*.test.js", "testing/**", "main.js", "index.js", "write-rules-page.js"].map(
          (pattern) => `!dist/${pattern}`,
        ),
      ],
      plugins: ["@stryker-mutator/mocha-runner"],
      coverageAnalysis: "perTest",
      ignoreStatic: true,
      inPlace: true,
      concurrency: 2,
      timeoutMS: 15_000,
      reporters: ["clear-text", "json"],
      clearTextReporter: { reportTests: false, allowColor: false },
    }),
  );
  const stryker = join(tools, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const { status } = spawnSync(process.execPath, [stryker, "run"], { cwd: work, stdio: "inherit" });
  if (status === 0) printFolders(join(work, "reports/mutation/mutation.json"));
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
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

function printFolders(report) {
  const folders = new Map();
  for (const [file, { mutants }] of Object.entries(JSON.parse(readFileSync(report, "utf8")).files)) {
    const name = dirname(file);
    const counts = folders.get(name) ?? { noticed: 0, all: 0 };
    for (const { status } of mutants) {
      if (["Ignored", "CompileError", "RuntimeError"].includes(status)) continue;
      counts.all++;
      if (status === "Killed" || status === "Timeout") counts.noticed++;
    }
    folders.set(name, counts);
  }
  const total = [...folders.values()].reduce(
    (sum, { noticed, all }) => ({ noticed: sum.noticed + noticed, all: sum.all + all }),
    { noticed: 0, all: 0 },
  );
  console.log("\nChanges that a test notices, by folder:");
  for (const [name, { noticed, all }] of [...folders, ["in all", total]])
    console.log(
      `${name.padEnd(28)}${noticed} of ${all}`.padEnd(48),
      `${((100 * noticed) / all).toFixed(1)} %`,
    );
}
