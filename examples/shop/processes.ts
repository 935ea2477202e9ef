import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a process may take from SIGTERM to its end before it is killed, in ms. */
const GRACE = 15_000;

/** The processes that a run has started, each with a log file of its own. All of them end with the run. */
export class Processes {
  readonly #running = new Map<string, ChildProcess>();

  constructor(readonly logs: string) {}

  /** Starts a process; a line of its output goes to `<name>.log`. `failed` is called if it ends by itself. */
  start(
    name: string,
    command: readonly string[],
    env: NodeJS.ProcessEnv,
    failed: (error: Error) => void,
  ): ChildProcess {
    const [program = "", ...args] = command;
    const log = createWriteStream(this.logFile(name)).on("error", (error) =>
      failed(new Error(`the log of ${name} cannot be written: ${error.message}`)),
    );
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#running.set(name, child);
    child.on("error", (error) => failed(new Error(`${name} could not be started: ${error.message}`)));
    child.on("exit", (code, signal) => {
      if (!this.#running.delete(name)) return;
      failed(new Error(`${name} ended (${signal ?? `exit code ${code}`}):\n${this.tail(name)}`));
    });
    return child;
  }

  logFile(name: string): string {
    return join(this.logs, `${name}.log`);
  }

  /** The last lines of a process's output. */
  tail(name: string, lines = 15): string {
    try {
      return readFileSync(this.logFile(name), "utf8").trimEnd().split("\n").slice(-lines).join("\n");
    } catch {
      return "";
    }
  }

  /** Ends every process, the last started first, and waits until all are gone. */
  async stop(): Promise<void> {
    const running = [...this.#running.entries()].reverse();
    this.#running.clear();
    await Promise.all(
      running.map(async ([, child]) => {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
        const gone = once(child, "exit");
        child.kill("SIGTERM");
        await Promise.race([gone, sleep(GRACE, undefined, { ref: false }).then(() => child.kill("SIGKILL"))]);
        await gone;
      }),
    );
  }
}
