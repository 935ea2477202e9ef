import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const module = new URL("./step.mjs", import.meta.url).href;

describe("a step of set-up", () => {
  let home;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "step-test-"));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const log = () => join(home, "pulumi-appmesh/logs/brewing-tea.log");
  /** What a command prints that is made of one step, with the times taken out. */
  const outcome = (work) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { explained, step } from ${JSON.stringify(module)};
         await explained(async () => {
           console.log(await step("brewing tea", "buy a kettle", async (run) => { ${work} }));
         });`,
      ],
      { env: { ...process.env, XDG_CACHE_HOME: home }, encoding: "utf8" },
    );
    return { status, stdout, stderr: stderr.replaceAll(/\d+\.\d s/g, "T s") };
  };

  it("says that it runs and how long it took, and keeps what its commands print in a log", () => {
    assert.deepEqual(outcome(`return run("sh", ["-c", "echo hot; echo steam >&2"]);`), {
      status: 0,
      stdout: "hot\n\n",
      stderr: "… brewing tea\n✓ brewing tea (T s)\n",
    });
    assert.deepEqual(readFileSync(log(), "utf8").split("\n").sort(), [
      "",
      "$ sh -c echo hot; echo steam >&2",
      "hot",
      "steam",
    ]);
  });

  it("shows the end of the log and the way out when a command fails", () => {
    assert.deepEqual(outcome(`await run("sh", ["-c", "echo no water >&2; exit 3"]);`), {
      status: 1,
      stdout: "",
      stderr: `… brewing tea
✗ brewing tea failed after T s: "sh -c" ended with exit code 3
    $ sh -c echo no water >&2; exit 3
    no water
  the whole log: ${log()}
  way out: buy a kettle
`,
    });
  });

  it("names a program that is not there", () => {
    assert.deepEqual(outcome(`await run("no-such-kettle", []);`), {
      status: 1,
      stdout: "",
      stderr: `… brewing tea
✗ brewing tea failed after T s: there is no program "no-such-kettle" on PATH
    $ no-such-kettle
  the whole log: ${log()}
  way out: buy a kettle
`,
    });
  });
});
