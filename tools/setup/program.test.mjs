import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "./clone.mjs";

const module = new URL("./program.mjs", import.meta.url).href;

describe("a program that a command of tools/ runs in its place", () => {
  let folder;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "program-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (text, ...args) => {
    writeFileSync(join(folder, "main.mjs"), text);
    const main = relative(root, join(folder, "main.mjs"));
    const script = `
      import { runProgram } from ${JSON.stringify(module)};
      await runProgram(${JSON.stringify(main)}, ${JSON.stringify(args)}, { pulumi: "/the/pulumi/folder" });`;
    return spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  };
  const end = async (command) => {
    let output = "";
    command.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    const [code] = await once(command, "close");
    return { code, output };
  };

  it("gets the arguments, and Pulumi first on PATH; its exit code is kept", async () => {
    const main = `console.log(process.argv.slice(2).join(), process.env.PATH.split(":")[0]); process.exitCode = 7;`;
    assert.deepEqual(await end(run(main, "--check", "x")), {
      code: 7,
      output: "--check,x /the/pulumi/folder\n",
    });
  });

  it("gets the signals", async () => {
    const main = `
      const alive = setInterval(() => {}, 1000);
      process.on("SIGTERM", () => { console.log("cleaning up"); clearInterval(alive); process.exitCode = 3; });
      console.log("ready");`;
    const command = run(main);
    await once(command.stdout, "readable");
    command.kill("SIGTERM");
    assert.deepEqual(await end(command), { code: 3, output: "ready\ncleaning up\n" });
  });

  it("ends the command with 128 and the signal's number when a signal ended it", async () => {
    assert.deepEqual(await end(run(`process.kill(process.pid, "SIGKILL");`)), { code: 137, output: "" });
  });
});
