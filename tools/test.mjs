// `npm test`: sets up what is missing, then makes every check there is, each part timed; goes on when one fails.
//
//   npm test                          all parts
//   npm test -- --only unit,lint      some parts
//   npm test -- --grep "retry policy" the tests of that name
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuilt } from "./setup/build.mjs";
import { node, root } from "./setup/clone.mjs";
import { ensureDependencies } from "./setup/dependencies.mjs";
import { StepFailed, seconds } from "./setup/step.mjs";
import { setUpForTests, setUpTools } from "./setup.mjs";
import { succeeds } from "./test/command.mjs";
import { reportCoverage } from "./test/coverage.mjs";
import { forget } from "./test/covered.mjs";
import { crossRoom } from "./test/cross-room.mjs";
import { mocha, testFiles } from "./test/mocha.mjs";
import { markName, survivors } from "./test/survivors.mjs";

const rooms = ["model", "control-plane", "provider", "policy-pack", "bench", "examples/shop"];
const run = randomUUID();
const mark = (part) => `${part}-${run}`;
const color = process.stdout.isTTY === true;
const inClone = (path) => join(root, path);

const { values: options } = parseArgs({
  options: { only: { type: "string" }, grep: { type: "string" } },
});

const one = (good) => ({ passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0 });
/** Title and reason of every test that failed, and of those that held when tried again: told at the end, to be found. */
const failures = [];
const unsteady = [];
/** Which test files took longest. */
const times = [];
const none = () => ({ passed: 0, failed: 0, skipped: 0 });
const add = (total, counts) => {
  for (const key of Object.keys(total)) total[key] += counts[key];
};
const skip = (reason) => {
  console.error(`- skipped: ${reason}`);
  return { ...none(), skipped: 1 };
};
const check = async (program, ...args) =>
  one(await succeeds(node, [inClone(program), ...args], { cwd: root, minutes: 10 }));
const step = async (work) => {
  try {
    await work();
    return one(true);
  } catch (error) {
    if (!(error instanceof StepFailed)) console.error(error);
    return one(false);
  }
};
const mochaOptions = [
  color ? "--color" : "--no-color",
  ...(process.env.CI ? ["--forbid-only"] : []),
  ...(options.grep ? ["--grep", options.grep] : []),
];

/** What every other part stands on: always done. */
const foundation = {
  dependencies: () => step(ensureDependencies),
  build: () => step(ensureBuilt),
  tools: () =>
    step(async () => {
      await setUpTools();
      await setUpForTests();
    }),
};

const parts = {
  lint: () =>
    check(
      "node_modules/@biomejs/biome/bin/biome",
      ...["ci", "--error-on-warnings", "--diagnostic-level=warn", `--colors=${color ? "force" : "off"}`, "."],
    ),
  // The schema and the SDK, as the model makes them.
  sdk: () => {
    if (spawnSync("go", ["version"]).status !== 0)
      return skip("the SDK cannot be generated to compare it: there is no Go");
    return check("tools/sdk.mjs", "--check");
  },
  // Tests of one room share nothing: two files at a time.
  unit: () =>
    mocha(
      [
        ...testFiles(
          rooms.map((room) => `${room}/dist`),
          ".test.js",
        ),
        ...testFiles(["tools"], ".test.mjs"),
      ],
      ["--parallel", "--jobs", "2", ...mochaOptions],
      mark("unit"),
      failures,
    ),
  "cross-room": async () => {
    const outcome = await crossRoom(mochaOptions, mark("cross-room"), () => process.exitCode === 130);
    failures.push(...outcome.failures);
    unsteady.push(...outcome.unsteady);
    times.push(outcome.described);
    return outcome.counts;
  },
  coverage: async () => one(await reportCoverage()),
  demonstration: async () =>
    one(
      await succeeds(process.execPath, [inClone("tools/start.mjs"), "--check"], {
        cwd: root,
        env: { ...process.env, [markName]: mark("demonstration") },
        minutes: 15,
      }),
    ),
  processes: leftNothingBehind,
};

async function leftNothingBehind() {
  let good = true;
  for (const part of Object.keys(parts)) {
    for (const { pid, command } of await survivors(mark(part))) {
      good = false;
      console.error(`✗ the part "${part}" left process ${pid} behind: ${command}`);
      end(pid);
    }
  }
  return one(good);
}

function end(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has just ended by itself.
    if (error.code !== "ESRCH") throw error;
  }
}

function chosen() {
  if (options.only) {
    const names = options.only.split(",");
    const unknown = names.filter((name) => !(name in parts));
    if (unknown.length > 0)
      throw new Error(`--only ${unknown.join()}: expected any of ${Object.keys(parts).join()}`);
    return names;
  }
  return options.grep ? ["unit", "cross-room", "processes"] : Object.keys(parts);
}

const wanted = chosen();
// What earlier tests covered says nothing about these.
if (wanted.includes("unit") || wanted.includes("cross-room")) forget();
const total = none();
const lines = [];
for (const [name, part] of [...Object.entries(foundation), ...wanted.map((name) => [name, parts[name]])]) {
  console.log(`\n== ${name}`);
  const started = Date.now();
  const counts = await part();
  add(total, counts);
  lines.push(`${name.padEnd(15)}${seconds(started).padStart(9)}   ${describe(counts)}`);
  if (process.exitCode === 130) break;
  if (name === "dependencies" && counts.failed > 0) {
    lines.push("nothing else can run without the npm dependencies");
    break;
  }
}

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

for (const told of times) console.log(`\n== times\n\n${told}`);
if (unsteady.length > 0) console.log(`\n== failed at the first try\n\n${unsteady.join("\n\n")}`);
if (failures.length > 0) console.log(`\n== failed\n\n${failures.join("\n\n")}`);
console.log(`\n${lines.join("\n")}\n`);
console.log(describe(total));
if (total.failed > 0) process.exitCode ||= 1;
