import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BootstrapJson } from "../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { logFormat } from "./envoy-log.js";
import { OutputPipe } from "./output.js";

export interface EnvoyOptions {
  readonly executable: string;
  readonly bootstrap: BootstrapJson;
  /** A folder of its own, for its configuration and its output. */
  readonly folder: string;
  readonly logLevel: string;
  /** How many threads serve traffic. */
  readonly concurrency: number;
  /** Each line of its log. */
  readonly onLog: (line: string) => void;
  /** Each line that it writes on its standard output: access logs. */
  readonly onOutput: (line: string) => void;
}

/** What a proxy has been told so far. */
export type Listening =
  | { readonly state: "waiting"; readonly for: "control plane" | "listeners" }
  | { readonly state: "listening" }
  | { readonly state: "refused"; readonly reason: string };

/** A running Envoy. */
export class Envoy {
  readonly pid: number;
  /** Settles when it has ended, however that came about. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #over = false;
  #admin: string | undefined;

  private constructor(child: ChildProcess, options: EnvoyOptions, outputs: readonly OutputPipe[]) {
    this.#child = child;
    this.#folder = options.folder;
    this.pid = child.pid as number;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#over = true;
        // What it said last may still be on its way.
        setTimeout(() => {
          for (const output of outputs) output.close();
          resolve(signal === null ? `code ${code}` : `signal ${signal}`);
        }, 50);
      });
    });
  }

  static async start(options: EnvoyOptions): Promise<Envoy> {
    const config = join(options.folder, "bootstrap.json");
    writeFileSync(config, JSON.stringify(options.bootstrap), { mode: 0o600 });
    const stdout = new OutputPipe(options.folder, "stdout", options.onOutput);
    const stderr = new OutputPipe(options.folder, "stderr", options.onLog);
    const child = spawn(
      options.executable,
      [
        ["--config-path", config],
        ["--admin-address-path", join(options.folder, "admin")],
        ["--log-level", options.logLevel],
        ["--log-format", logFormat],
        ["--concurrency", String(options.concurrency)],
        // Several on one machine do not meet; and when one drains, it asks every client at once to come back elsewhere.
        ["--disable-hot-restart"],
        ["--drain-strategy", "immediate"],
      ].flat(),
      // A process group of its own: a Ctrl-C in the terminal is for the application, which Envoy serves to its end.
      { detached: true, stdio: ["ignore", stdout.fd, stderr.fd] },
    );
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    stdout.handedOver();
    stderr.handedOver();
    return new Envoy(child, options, [stdout, stderr]);
  }

  /** HOST:PORT of its admin interface; undefined until it has one. */
  get admin(): string | undefined {
    if (this.#admin === undefined) {
      try {
        this.#admin = readFileSync(join(this.#folder, "admin"), "utf8").trim() || undefined;
      } catch {
        // Written once it listens.
      }
    }
    return this.#admin;
  }

  /** Whether it listens at the address, as the control plane told it to. */
  async listening(address: string): Promise<Listening> {
    const ready = await this.#ask("/ready");
    const dump = await this.#ask("/config_dump?resource=dynamic_listeners");
    const listeners = dump?.ok ? ((await dump.json()) as ListenersDump).configs : undefined;
    const reason = listeners
      ?.map(({ error_state }) => error_state?.details)
      .find((details) => details !== undefined);
    if (reason !== undefined) return { state: "refused", reason };
    if (ready === undefined || !ready.ok) {
      const connected = await (await this.#ask("/stats?filter=control_plane.connected_state"))?.text();
      return { state: "waiting", for: connected?.endsWith(": 1\n") ? "listeners" : "control plane" };
    }
    const bound = await this.#ask("/listeners");
    const addresses = bound?.ok ? await bound.text() : "";
    return addresses.split("\n").some((line) => line.endsWith(`::${address}`))
      ? { state: "listening" }
      : { state: "waiting", for: "listeners" };
  }

  /** Tells all clients to come back elsewhere. */
  async failHealthChecks(): Promise<void> {
    await this.#ask("/healthcheck/fail", "POST");
  }

  /** Takes no more connections, and waits until no request is open, for so many seconds at most. */
  async drain(seconds: number): Promise<void> {
    const until = Date.now() + seconds * 1000;
    await this.failHealthChecks();
    await this.#ask("/drain_listeners?graceful&skip_exit", "POST");
    while (!this.#over && Date.now() < until) {
      const stats = await this.#ask("/stats?filter=downstream_rq_active|tcp\\..*downstream_cx_active");
      if (stats === undefined || !stats.ok) return;
      const active = (await stats.text())
        .split("\n")
        .some((line) => /: [1-9]/.test(line) && !line.includes("admin"));
      if (!active) return;
      await sleep(50);
    }
  }

  /** Ends it: at once, and by force where that takes more than a few seconds. */
  async stop(): Promise<void> {
    if (this.#over) return;
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await this.ended;
    clearTimeout(force);
  }

  /** undefined where it does not answer. */
  async #ask(path: string, method = "GET"): Promise<Response | undefined> {
    if (this.admin === undefined || this.#over) return undefined;
    try {
      return await fetch(`http://${this.admin}${path}`, { method, signal: AbortSignal.timeout(5_000) });
    } catch {
      return undefined;
    }
  }
}

interface ListenersDump {
  readonly configs?: readonly { readonly error_state?: { readonly details?: string } }[];
}
