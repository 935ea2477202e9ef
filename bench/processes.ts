import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const running = new Set<Program>();

/** A process that the benchmark started, and what the machine says of it. */
export class Program {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #exited: Promise<unknown>;
  #errors = "";
  readonly #watches = new Set<() => void>();
  readonly #lines: string[] = [];
  readonly #readers: ((line: string | undefined) => void)[] = [];

  constructor(name: string, command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.#name = name;
    this.#child = spawn(command, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
    this.#exited = once(this.#child, "exit");
    this.#exited.catch(() => {}); // told by `lines` and by `stop`
    if (this.#child.pid === undefined) throw new Error(`${name} could not be started (${command})`);
    this.pid = this.#child.pid;
    this.#child.stdin?.on("error", () => {}); // it ended: the next read says so
    this.#child.stderr?.on("data", (text) => {
      this.#errors = (this.#errors + text).slice(-4000);
      for (const watch of this.#watches) watch();
    });
    const output = this.#child.stdout;
    if (output === null) throw new Error("unreachable: stdout is a pipe");
    const lines = createInterface({ input: output });
    lines.on("line", (line) => {
      const reader = this.#readers.shift();
      if (reader) reader(line);
      else if (this.#lines.length < 1000) this.#lines.push(line);
    });
    lines.on("close", () => {
      for (const reader of this.#readers.splice(0)) reader(undefined);
    });
    running.add(this);
    this.#exited.finally(() => running.delete(this)).catch(() => {});
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async line(): Promise<string> {
    const line =
      this.#lines.shift() ??
      (await new Promise<string | undefined>((resolve) => this.#readers.push(resolve)));
    if (line === undefined) throw this.ended();
    return line;
  }

  /** What the first group of the pattern matches in the standard error from now on. */
  errorLine(pattern: RegExp): Promise<string> {
    this.#errors = "";
    return new Promise((resolve, reject) => {
      const watch = () => {
        const found = pattern.exec(this.#errors)?.[1];
        if (found === undefined) return;
        this.#watches.delete(watch);
        resolve(found);
      };
      this.#watches.add(watch);
      this.#exited.then(() => reject(this.ended()), reject);
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  ended(): Error {
    const outcome = this.#child.signalCode ?? this.#child.exitCode ?? "unknown";
    return new Error(
      `${this.#name} ended early (${outcome}): ${this.#errors.trim() || this.#lines.join("\n") || "it said nothing"}`,
    );
  }

  /** CPU time used so far, user and system, in ms. The machine counts it in steps of 10 ms. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** CPU time used so far by all of its threads, in ms, to the microsecond. */
  exactCpuMs(): number {
    return exactCpuMs(this.pid);
  }

  /** Resident memory, in KiB. */
  residentKiB(): number {
    return residentKiB(this.pid);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (!this.isRunning) return;
    this.#child.kill(signal);
    const stubborn = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#exited;
    clearTimeout(stubborn);
  }

  killNow(): void {
    this.#child.kill("SIGKILL");
  }
}

/** CPU time of this process and of those that it started and that have ended, in ms, in steps of 10. */
export function cpuOfFamilyMs(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // utime, stime, cutime and cstime of proc(5).
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 10;
}

export function exactCpuMs(pid: number): number {
  const threads = `/proc/${pid}/task`;
  const nanos = readdirSync(threads).map((thread) => {
    const schedstat = readFileSync(`${threads}/${thread}/schedstat`, "utf8");
    return Number(schedstat.split(" ")[0]);
  });
  return nanos.reduce((sum, spent) => sum + spent, 0) / 1e6;
}

export function residentKiB(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]);
}

/** Ends, by their ids, all that is still running: nothing outlives the benchmark. */
export function endAll(): void {
  for (const program of running) program.killNow();
}

/** CLOCK_MONOTONIC in ms: the fake proxies read the same clock. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
