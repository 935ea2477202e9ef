import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a command may take to end once it is asked to. */
const stopMilliseconds = 10_000;

/** A program of the user's, in a process group of its own with all that it starts. */
export class RunningCommand {
  readonly pid: number;
  /** Its exit code, or 128 and the number of the signal that ended it, as shells have it. */
  readonly ended: Promise<number>;

  private constructor(child: ChildProcess) {
    this.pid = child.pid as number;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) =>
        resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]),
      );
    });
  }

  static async start(
    [file, ...args]: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
  ): Promise<RunningCommand> {
    const child = spawn(file, args, { env, stdio: "inherit", detached: true });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return new RunningCommand(child);
  }

  /** Sends a signal to it and all that it started; 0 only asks whether anything is left. */
  signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.pid, signal);
    } catch {
      return false;
    }
  }

  /** Ends it and what it left behind: first by SIGTERM, then by force. */
  async stop(): Promise<void> {
    if (!this.signal("SIGTERM")) return;
    for (const until = Date.now() + stopMilliseconds; Date.now() < until; ) {
      await sleep(20);
      if (!this.signal(0)) return;
    }
    this.signal("SIGKILL");
  }
}
