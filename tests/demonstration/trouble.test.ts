// `npm start` in trouble: it says what failed and what to do, and leaves nothing behind.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/control-plane.js";
import { alive, below, until } from "../support/sidecar.js";
import { envoyPath, pulumiFolder } from "../support/tools.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const running = new Set<ChildProcess>();

/** A run of the demonstration, in a folder for temporary files of its own. */
class Run {
  output = "";
  readonly ended: Promise<number | null>;

  private constructor(
    private readonly child: ChildProcess,
    readonly temporary: string,
  ) {
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) => {
      child.once("close", (code) => {
        running.delete(child);
        resolve(code);
      });
    });
  }

  static async start(): Promise<Run> {
    const temporary = temporaryFolder();
    const PATH = [await pulumiFolder(), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
    const child = spawn(process.execPath, [join(root, "examples/shop/dist/main.js")], {
      env: { ...process.env, PATH, TMPDIR: temporary, APPMESH_ENVOY: await envoyPath() },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Run(child, temporary);
  }

  async says(text: string): Promise<void> {
    await until(() => this.output.includes(text) || !running.has(this.child));
    assert.ok(this.output.includes(text), this.output);
  }

  /** The one process below it whose command line has the text. */
  process(text: string): number {
    const found = this.processes(text);
    assert.equal(found.length, 1, `${found.length} processes with ${text}`);
    return found[0] as number;
  }

  processes(text = ""): readonly number[] {
    return below(this.child.pid as number, text);
  }

  get folder(): string {
    return join(this.temporary, this.folders()[0] as string);
  }

  /** The folders of runs; Pulumi and Envoy have others there. */
  folders(): readonly string[] {
    return readdirSync(this.temporary).filter((name) => name.startsWith("appmesh-shop-"));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  kill(): void {
    if (!running.has(this.child)) return;
    for (const pid of [...this.processes(), this.child.pid as number]) process.kill(pid, "SIGKILL");
  }
}

describe("npm start in trouble", function () {
  this.timeout(180_000);
  const runs: Run[] = [];
  afterEach(() => {
    for (const run of runs.splice(0)) run.kill();
  });
  const start = async (): Promise<Run> => {
    const run = await Run.start();
    runs.push(run);
    return run;
  };

  async function endsWith(run: Run, code: number, started: readonly number[]): Promise<void> {
    assert.equal(await run.ended, code, run.output);
    assert.deepEqual(started.filter(alive), []);
    assert.deepEqual(run.folders(), []);
  }
  /** Ends by itself, in order, and gives back what it said last. */
  async function lastWords(run: Run, started: readonly number[]): Promise<readonly string[]> {
    await endsWith(run, 1, started);
    const lines = run.output.trimEnd().split("\n");
    assert.equal(lines.at(-1), 'Everything that was started is stopped. "npm start" starts anew.');
    return lines.slice(
      lines.findIndex((line) => line.startsWith("this step failed")),
      -1,
    );
  }

  it("ends with its control plane", async () => {
    const run = await start();
    await run.says("✓ the control plane starts");
    const started = run.processes();
    process.kill(run.process(" serve --api "), "SIGKILL");
    const [step, reason] = await lastWords(run, started);
    assert.deepEqual(
      [step, reason],
      ["this step failed: pulumi up makes the mesh", "control-plane ended (SIGKILL):"],
    );
  });

  it("ends with an Envoy, and without the folder of the run, while traffic flows", async () => {
    const [one, other] = [await start(), await start()];
    const afterEnvoy = (async () => {
      await one.says("✓ the services start");
      const started = one.processes();
      const sidecar = one.process("sidecar --mesh shop --node storefront ");
      process.kill(below(sidecar, "--admin-address-path")[0] as number, "SIGKILL");
      return lastWords(one, started);
    })();
    const withoutFolder = (async () => {
      await other.says("✓ the services start");
      const started = other.processes();
      const { folder } = other;
      rmSync(folder, { recursive: true });
      return [folder, ...(await lastWords(other, started))];
    })();
    const [envoy, [folder, ...gone]] = await Promise.all([afterEnvoy, withoutFolder]);
    assert.deepEqual(envoy.slice(0, 2), [
      "this step failed: the weights move to 100/0",
      "storefront ended (exit code 1):",
    ]);
    assert.match(envoy.join("\n"), /Envoy ended by itself, with signal SIGKILL; the command is stopped/);
    assert.deepEqual(gone, [
      "this step failed: the weights move to 100/0",
      `the folder of this run, ${folder}, is gone: something has removed it meanwhile. Set TMPDIR to a folder that nobody cleans up.`,
    ]);
  });

  it("ends in the middle of everything at a signal, with nothing left", async () => {
    const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
    await Promise.all(
      Object.entries(signals).map(async ([signal, code]) => {
        const run = await start();
        await run.says("✓ the control plane starts");
        const started = run.processes();
        run.signal(signal as NodeJS.Signals);
        await endsWith(run, code, started);
        assert.doesNotMatch(run.output, /failed/);
      }),
    );
  });
});
