// A program in another language, run inline by that language's own Automation API: a process that reads commands, one
// a line ("config KEY VALUE", "preview", "up", "refresh", "destroy"), and answers each by a line of JSON.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../support/control-plane.js";
import { pulumiFolder } from "../support/tools.js";

const bin = fileURLToPath(new URL("../../../node_modules/.bin", import.meta.url));

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Answer {
  /** How many resources were, or would be, created, updated and so on, by the engine's words. */
  readonly changes?: Readonly<Record<string, number>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Of Python's driver, after "preview steps" and so on: what is done to what, "create aws:ecs/cluster:Cluster shop". */
  readonly steps?: readonly string[];
  /** Why the command failed. */
  readonly error?: string;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Driver {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #stderr = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    running.add(child);
    // A test that fails before it ends its driver must not keep this process from its end.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) (stream as Socket).unref();
    child.once("exit", () => running.delete(child));
    child.stderr?.setEncoding("utf8").on("data", (text) => (this.#stderr += text));
    this.#answers = createInterface({ input: child.stdout as Socket })[Symbol.asyncIterator]();
  }

  /** A stack of its own, in a file backend of its own, whose provider talks to the control plane at this URL. */
  static async start({ program, args, env }: Command, endpoint: string): Promise<Driver> {
    const folder = temporaryFolder();
    const child = spawn(program, [...args, folder], {
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: [await pulumiFolder(), bin, process.env.PATH].join(delimiter),
        PULUMI_HOME: join(folder, "home"),
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        APPMESH_ENDPOINT: endpoint,
        ...env,
      },
    });
    return new Driver(child);
  }

  async do(...command: readonly string[]): Promise<Answer> {
    this.#child.stdin?.write(`${command.join(" ")}\n`);
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done)
        throw new Error(`the program ended before it answered "${command.join(" ")}":\n${this.#stderr}`);
      const [, json] = /^answer (.*)$/.exec(value) ?? [];
      if (json === undefined) continue; // What the language's own tools print.
      const answer: Answer = JSON.parse(json);
      if (answer.error) throw new Error(`${command.join(" ")}: ${answer.error}`);
      return answer;
    }
  }

  async stop(): Promise<void> {
    const ended = this.#child.exitCode === null ? once(this.#child, "exit") : undefined;
    this.#child.stdin?.end();
    await ended;
  }
}
