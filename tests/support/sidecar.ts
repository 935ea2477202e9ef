// A real `appmesh sidecar`, and the processes below it.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { envoyPath } from "./tools.js";

const appmesh = fileURLToPath(new URL("../../../control-plane/bin/appmesh", import.meta.url));
const running = new Set<ChildProcess>();
process.once("exit", () => {
  // What is below it ends with it.
  for (const child of running) child.kill("SIGKILL");
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Sidecar {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid as number;
    running.add(child);
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      });
    });
  }

  static async start(
    args: readonly string[],
    command: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Sidecar> {
    const child = spawn(appmesh, ["sidecar", ...args, "--", ...command], {
      env: { ...process.env, APPMESH_ENVOY: await envoyPath(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Sidecar(child);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until it has printed the text, on either stream. */
  async says(text: string): Promise<void> {
    await until(() => this.stdout.includes(text) || this.stderr.includes(text) || !running.has(this.#child));
    if (!this.stdout.includes(text) && !this.stderr.includes(text)) {
      throw new Error(`the sidecar never said ${JSON.stringify(text)}:\n${this.stdout}${this.stderr}`);
    }
  }

  /** The process id of its Envoy. */
  async envoy(): Promise<number> {
    let found: number | undefined;
    // Often, since it may be there only for as long as a short command runs.
    await until(() => {
      found = children(this.pid).find((pid) => commandLine(pid).includes("--admin-address-path"));
      return found !== undefined;
    }, 5);
    return found as number;
  }

  /** HOST:PORT of its Envoy's admin interface. */
  admin(): string {
    return /admin http:\/\/(\S+)/.exec(this.stderr)?.[1] ?? "";
  }
}

/** Waits until it holds, and fails if it never does. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  everyMillis = 50,
  patienceMillis = 60_000,
): Promise<void> {
  for (const end = Date.now() + patienceMillis; Date.now() < end; await sleep(everyMillis)) {
    if (await holds()) return;
  }
  throw new Error(`it does not come true: ${holds}`);
}

/** Whether a process runs. One that has ended and that nobody asked after does not. */
export function alive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** The processes below a process whose command line has this text. */
export function below(pid: number, text: string): readonly number[] {
  return children(pid).flatMap((child) => [
    ...(commandLine(child).replaceAll("\0", " ").includes(text) ? [child] : []),
    ...below(child, text),
  ]);
}

const children = (pid: number): readonly number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
};
