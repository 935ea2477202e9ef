import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { succeeds } from "./command.mjs";
import { markName, survivors } from "./survivors.mjs";

const module = new URL("./command.mjs", import.meta.url).href;

describe("a command of the checks", () => {
  const outcome = async (command, args, options, env = {}) => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { succeeds } from ${JSON.stringify(module)};
         console.log(await succeeds(${JSON.stringify(command)}, ${JSON.stringify(args)}, ${JSON.stringify(options)}));`,
      ],
      { env: { ...process.env, ...env } },
    );
    return { stdout, stderr };
  };

  it("is good when it ends with 0", async () => {
    assert.deepEqual(await outcome("true", [], { minutes: 1 }), { stdout: "true\n", stderr: "" });
  });

  it("is bad, and says why, when it does not", async () => {
    assert.deepEqual(await outcome("sh", ["-c", "exit 4"], { minutes: 1 }), {
      stdout: "false\n",
      stderr: '✗ "sh -c exit 4" ended with exit code 4\n',
    });
    assert.deepEqual(await outcome("no-such-program", [], { minutes: 1 }), {
      stdout: "false\n",
      stderr: '✗ "no-such-program" cannot be run: spawn no-such-program ENOENT\n',
    });
  });

  it("says everything at its end where its output is gathered, even if a process outlives it", async () => {
    const script = "echo one; echo two >&2; sleep 20 >&2 & exit 3";
    assert.deepEqual(await outcome("sh", ["-c", script], { minutes: 1, gathered: true }), {
      stdout: "one\ntwo\nfalse\n",
      stderr: `✗ "sh -c ${script}" ended with exit code 3\n`,
    });
  });

  it("tells the CPU time of all that it waited for", async function () {
    if (process.platform !== "linux") this.skip();
    const busy = "const from = process.cpuUsage().user; while (process.cpuUsage().user - from < 300_000);";
    let spent = 0;
    const good = await succeeds("sh", ["-c", `"$0" -e '${busy}'; true`, process.execPath], {
      minutes: 1,
      spent: (seconds) => {
        spent += seconds;
      },
    });
    assert.equal(good, true);
    assert.ok(spent >= 0.25 && spent < 5, `${spent}`);
  });

  it("is ended with all that it started when it runs too long", async () => {
    const mark = randomUUID();
    assert.deepEqual(
      await outcome("sh", ["-c", "sleep 300 & sleep 300"], { minutes: 0.005 }, { [markName]: mark }),
      {
        stdout: "false\n",
        stderr: '✗ "sh -c sleep 300 & sleep 300" was ended: it ran longer than 0.005 minutes\n',
      },
    );
    assert.deepEqual(await survivors(mark), []);
  });
});
