// One container: a process in a sandbox, what it says, and what is asked of it.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Namespace } from "../namespaces.js";
import { until } from "../sidecar.js";
import type { Action, ContainerSpec } from "./container-group.js";
import { hidden, type Image } from "./images.js";
import { enter, joined, type Place, sandboxed, sandboxScript } from "./sandbox.js";

export interface Outcome {
  /** 128 and the signal's number for one that a signal ended, as Docker says it. */
  readonly code: number;
  readonly at: number;
}

/** One run of a container's command. */
export class Container {
  /** When it was started, by Date.now(). */
  readonly startedAt = Date.now();
  readonly ended: Promise<Outcome>;
  outcome: Outcome | undefined;
  /** When it was asked to end. */
  stopAskedAt: number | undefined;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #log = "";
  #pid: number | undefined;
  #left: Promise<unknown> | undefined;

  constructor(
    readonly spec: ContainerSpec,
    private readonly image: Image,
    private readonly space: Namespace,
    private readonly place: Omit<Place, "stage">,
    run: number,
  ) {
    this.#folder = join(space.folder, `${spec.name}-${run}`);
    const stage = join(this.#folder, "stage");
    mkdirSync(stage, { recursive: true, mode: 0o711 });
    const script = join(this.#folder, "start.sh");
    writeFileSync(script, sandboxScript(spec, image, { ...place, stage }), { mode: 0o600 });
    const [program, args] = space.inside(...sandboxed(script));
    const { output, heard } = this.#output();
    this.#child = spawn(program, args, { stdio: ["ignore", output, output] });
    closeSync(output);
    this.ended = new Promise((resolve) => {
      this.#child.once("exit", async (code, signal) => {
        // All that it has said is heard first.
        await heard;
        this.outcome = { code: code ?? 128 + (signals[signal ?? "SIGKILL"] ?? 9), at: Date.now() };
        resolve(this.outcome);
      });
    });
  }

  /** A pipe, which programs may open again as /dev/stdout, whoever they are: sockets cannot be. */
  #output(): { readonly output: number; readonly heard: Promise<void> } {
    const path = join(this.#folder, "output");
    spawnFifo(path);
    const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writing = openSync(path, constants.O_WRONLY);
    const socket = new Socket({ fd: reading, readable: true, writable: false });
    socket.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
    });
    const heard = new Promise<void>((resolve) => {
      socket.on("error", () => resolve());
      socket.once("close", () => resolve());
    });
    return { output: writing, heard };
  }

  /** Everything that it has printed so far. */
  get log(): string {
    return this.#log;
  }

  /** The id of its first process, as this machine sees it. */
  async pid(): Promise<number> {
    if (this.#pid !== undefined) return this.#pid;
    await until(() => {
      const children = readOr(`/proc/${this.#child.pid}/task/${this.#child.pid}/children`);
      const pid = Number(children.split(" ")[0]);
      const command = pid > 0 ? readOr(`/proc/${pid}/cmdline`) : "";
      // Before that, it puts its file system together and gives its rights away.
      const preparing = command.includes(this.#folder) || command.startsWith(hidden.tools);
      if (command !== "" && !preparing) this.#pid = pid;
      return this.#pid !== undefined || this.outcome !== undefined;
    }, 5);
    if (this.#pid === undefined) throw new Error(`${this.spec.name} has ended: ${this.#log}`);
    return this.#pid;
  }

  /** Runs a command in it, as its user and with its environment. */
  async run(command: readonly string[], timeout?: number): Promise<{ code: number; output: string }> {
    const { hostname } = this.place;
    const [program = "", ...args] = [
      ...joined(await this.pid()),
      ...enter(this.spec, this.image, hostname, command),
    ];
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    let limit: NodeJS.Timeout | undefined;
    const code = await new Promise<number | null>((resolve) => {
      child.once("error", () => resolve(127));
      child.once("close", resolve);
      // What the command has started may go on, as with Docker, and is not waited for.
      const late = () => {
        child.kill("SIGKILL");
        resolve(137);
      };
      if (timeout !== undefined) limit = setTimeout(late, timeout);
    });
    clearTimeout(limit);
    return { code: code ?? 137, output };
  }

  /** Whether the action succeeds. */
  async does(action: Action, timeout?: number): Promise<boolean> {
    try {
      if ("command" in action) return (await this.run(action.command, timeout)).code === 0;
      if ("sleep" in action) {
        await sleep(action.sleep, undefined, { ref: false });
        return true;
      }
      const signal = AbortSignal.timeout(timeout ?? 60_000);
      if ("http" in action) {
        const { port, path, headers = {} } = action.http;
        const url = `http://${this.space.address}:${port}${path}`;
        const response = await fetch(url, { headers, signal, redirect: "manual" });
        await response.arrayBuffer();
        return response.status >= 200 && response.status < 400;
      }
      return await connects(this.space.address, action.tcp.port, signal);
    } catch {
      return false;
    }
  }

  /** Does, once, what it is to do before it is asked to end. */
  leave(): Promise<unknown> {
    const { preStop } = this.spec;
    this.#left ??= preStop ? this.does(preStop) : Promise.resolve();
    return this.#left;
  }

  /** Asks it to end, and sees to it that it does. */
  async stop(): Promise<Outcome> {
    if (this.outcome) return this.outcome;
    this.stopAskedAt = Date.now();
    const deadline = sleep(this.spec.stopTimeout, undefined, { ref: false });
    await Promise.race([this.leave(), deadline, this.ended]);
    this.signal("SIGTERM");
    await Promise.race([this.ended, deadline]);
    if (!this.outcome) this.kill();
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.outcome) return;
    if (this.#pid !== undefined) killed(this.#pid, signal);
    // It has not come as far as its command.
    else this.kill();
  }

  /** Ends all of its processes at once. */
  kill(): void {
    // Envoy sees to it that it is asked to end, and not killed, where its parent is: it is killed by itself.
    if (this.#pid !== undefined && !this.outcome) killed(this.#pid, "SIGKILL");
    this.#child.kill("SIGKILL");
  }

  /** Removes its files. Its log stays. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function killed(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has just ended.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const signals: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGKILL: 9,
  SIGTERM: 15,
  SIGSEGV: 11,
  SIGABRT: 6,
  SIGINT: 2,
};

function spawnFifo(path: string): void {
  const { status, stderr } = spawnSync("mkfifo", [path], { encoding: "utf8" });
  if (status !== 0) throw new Error(`mkfifo ${path}: ${stderr}`);
  chmodSync(path, 0o666);
}

const readOr = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

const connects = (host: string, port: number, signal: AbortSignal) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
