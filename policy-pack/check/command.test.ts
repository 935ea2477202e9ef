// The command, as the programs that bring it run it.
import { deepEqual } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCommand, type RunningMeshes } from "./command.js";

interface Ended {
  readonly code: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the command writes, and the exit code that it asks for. */
async function run(args: readonly string[], running?: RunningMeshes): Promise<Ended> {
  const written = { stdout: "", stderr: "" };
  const before = { code: process.exitCode, stdout: process.stdout.write, stderr: process.stderr.write };
  process.exitCode = undefined;
  for (const stream of ["stdout", "stderr"] as const)
    process[stream].write = ((text: string) => {
      written[stream] += text;
      return true;
    }) as typeof process.stdout.write;
  try {
    await checkCommand(running).parseAsync(args, { from: "user" });
    return { ...written, code: process.exitCode };
  } finally {
    process.stdout.write = before.stdout;
    process.stderr.write = before.stderr;
    process.exitCode = before.code;
  }
}

describe("the command check", () => {
  const folder = mkdtempSync(join(tmpdir(), "appmesh-check-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  const mesh = (type: string) => ({ meshName: "shop", spec: { egressFilter: { type } } });
  const open = file("open.json", mesh("ALLOW_ALL"));
  const shut = file("shut.json", mesh("DROP_ALL"));
  const finding = (at: string, level: string) =>
    `${at}: mesh shop: [${level}] egress-drop-all: spec.egressFilter.type: ALLOW_ALL lets traffic out to any address; set it to DROP_ALL.`;
  const failed = (message: string): Ended => ({
    code: 2,
    stdout: "",
    stderr: `appmesh check: ${message}\n`,
  });

  it("ends with 1 where something mandatory was found, in any of the files", async () => {
    deepEqual(await run([shut]), {
      code: undefined,
      stdout: "nothing was found in 1 resource\n",
      stderr: "",
    });
    deepEqual(await run([shut, open]), {
      code: 1,
      stdout: `${finding(open, "mandatory")}\n1 found in 2 resources, of which 1 is mandatory\n`,
      stderr: "",
    });
  });

  it("follows settings, and tells in the format that is asked for", async () => {
    const settings = file("settings.json", { all: "disabled", rules: { "egress-drop-all": "advisory" } });
    deepEqual(await run([open, "--settings", settings]), {
      code: undefined,
      stdout: `${finding(open, "advisory")}\n1 found in 1 resource, of which 0 are mandatory\n`,
      stderr: "",
    });
    const { stdout } = await run([shut, "--settings", settings, "--format", "json"]);
    deepEqual(JSON.parse(stdout), { judged: 1, violations: [], open: [], exemptions: [] });
  });

  it("ends with 2 where it cannot judge, and says why", async () => {
    deepEqual(
      await run([]),
      failed("name the files to judge, or the mesh of a running control plane by --mesh"),
    );
    const none = join(folder, "none.json");
    deepEqual(await run([none]), failed(`${none}: ENOENT: no such file or directory, open '${none}'`));
    const other = file("other.json", { a: 1 });
    deepEqual(
      await run([other]),
      failed(
        `${other}: it is no input or output of the AWS CLI for App Mesh or of a task definition, no template of CloudFormation, and no Kubernetes object`,
      ),
    );
    const wrong = file("wrong.json", { preset: "loose" });
    deepEqual(
      await run([open, "--settings", wrong]),
      failed(
        'the settings of the policy pack cannot be followed:\n  preset: "loose" was given; any of baseline, strict, zero-trust is allowed',
      ),
    );
    const broken = file("broken.json", "{");
    const { code, stderr } = await run([open, "--settings", broken]);
    deepEqual([code, stderr.startsWith(`appmesh check: ${broken}: Expected property name`)], [2, true]);
  });

  it("judges a running mesh by who can read it, whose errors it tells", async () => {
    class Refused extends Error {}
    const reading = (read: RunningMeshes["read"]): RunningMeshes => ({
      addOptions: (command) => command.option("--mesh <name>"),
      read,
      isExpected: (error): error is Error => error instanceof Refused,
    });
    const entities = [mesh("ALLOW_ALL"), { nothing: "of a mesh" }];
    const there = reading(async (options) =>
      "mesh" in options ? { from: "http://here", entities } : undefined,
    );
    deepEqual(await run(["--mesh", "shop"], there), {
      code: 1,
      stdout: `${finding("http://here", "mandatory")}\n1 found in 1 resource, of which 1 is mandatory\n`,
      stderr: "",
    });
    deepEqual((await run([shut], there)).code, undefined);
    deepEqual(
      await run([], there),
      failed("name the files to judge, or the mesh of a running control plane by --mesh"),
    );
    deepEqual(
      await run(
        [],
        reading(() => Promise.reject(new Refused("nobody answers"))),
      ),
      failed("nobody answers"),
    );
    const broken = reading(() => Promise.reject(new Error("the program is wrong")));
    const thrown = await run([], broken).then(
      () => undefined,
      (error: Error) => error.message,
    );
    deepEqual(thrown, "the program is wrong");
  });

  it("says what it is", () => {
    const command = checkCommand();
    deepEqual(
      [command.name(), command.description(), command.usage(), command.options.map(({ flags }) => flags)],
      [
        "check",
        "judge meshes in files, or of a running control plane, by the rules of the policy pack",
        "[options] [file...]",
        ["--settings <file>", "--format <format>"],
      ],
    );
  });
});
