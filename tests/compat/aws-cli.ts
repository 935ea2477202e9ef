import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ControlPlane } from "../support/control-plane.js";
import { python } from "../support/tools.js";

export interface CliOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `aws appmesh …`, run as often as it is asked to, in one process of Python. */
export class AwsCli {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  /** The commands that have been run. */
  readonly called = new Set<string>();

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.pipe(process.stderr);
  }

  static async start(controlPlane: Pick<ControlPlane, "env">): Promise<AwsCli> {
    const program = fileURLToPath(new URL("../../compat/aws_cli.py", import.meta.url));
    return new AwsCli(spawn(await python(), [program], { env: { ...process.env, ...controlPlane.env } }));
  }

  async run(...args: string[]): Promise<CliOutcome> {
    this.called.add(args[0] ?? "");
    this.#child.stdin.write(`${JSON.stringify(["appmesh", ...args])}\n`);
    const { done, value } = await this.#answers.next();
    assert.ok(!done, `the AWS CLI ended while it ran ${args.join(" ")}`);
    return JSON.parse(value);
  }

  /** What a command that succeeds prints. */
  async text(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    assert.equal(code, 0, `aws appmesh ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into outputs of every kind.
  async json(...args: string[]): Promise<any> {
    return JSON.parse(await this.text(...args, "--output", "json"));
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    assert.deepEqual(await ended, [0, null]);
  }
}
