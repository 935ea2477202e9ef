import { accessSync, constants as constantsOfFiles, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bootstrap } from "../bootstrap/bootstrap.js";
import type { Xds } from "../bootstrap/control-plane-cluster.js";
import type { Tracing } from "../bootstrap/tracing.js";
import { watchedSecrets, type XdsTls } from "../bootstrap/xds-tls.js";
import { type Endpoint, formatEndpoint } from "../endpoint.js";
import { proxyVariables } from "../interception/proxy-variables.js";
import { egressAddress, egressPort } from "../translate/interception.js";
import { RunningCommand } from "./command.js";
import { Envoy } from "./envoy.js";
import { EnvoyLog } from "./envoy-log.js";
import { EventQueue } from "./event-queue.js";
import { tryListening } from "./free-port.js";
import { Guardian } from "./guardian.js";

export interface SidecarOptions {
  readonly mesh: string;
  readonly meshOwner?: string;
  /** Of whom the proxy is: a virtual node's runs beside the command, a virtual gateway's by itself. */
  readonly kind: "virtualNode" | "virtualGateway";
  readonly name: string;
  readonly xds: Xds;
  /** Where the proxy listens on the ports of the virtual node or gateway. */
  readonly address: string;
  /** As in ExplicitInterception. Empty: a free port for all listeners. */
  readonly appPorts: Readonly<Record<string, number>>;
  /** 0: any free one. */
  readonly adminPort: number;
  /** The Envoy executable. */
  readonly envoy: string;
  readonly envoyLogLevel: string;
  readonly concurrency: number;
  /** Longest time to wait for the control plane, in seconds; undefined: as long as it takes. */
  readonly startTimeout?: number;
  /** Longest time for open requests once the command has ended, in seconds. */
  readonly drain: number;
  /** What a virtual node's proxy runs beside. A virtual gateway has none. */
  readonly command: readonly [string, ...string[]] | undefined;
  /** The Unix socket of a secret discovery service. Default: that of SPIRE's agent. */
  readonly sdsSocket?: string | undefined;
  /** Default: requests are not traced. */
  readonly tracing?: Tracing | undefined;
}

/** A sidecar that cannot be run: the message is all that its user needs. */
export class SidecarError extends Error {}

/** Signals that are passed on to the command, and those of them that end a proxy without one. */
const ending: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

type Event =
  | { readonly kind: "listening" }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "envoy ended"; readonly how: string }
  | { readonly kind: "command ended"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals };

/**
 * Runs a command with an Envoy beside it until the command ends, or without a command until it is told to end; returns
 * what the process should exit with. Nothing that it started is left behind.
 */
export async function runSidecar(options: SidecarOptions, say: (line: string) => void): Promise<number> {
  const egress = { host: egressAddress({ mode: "explicit", ...options }), port: egressPort };
  await checkFree(options.address, 0);
  const whose =
    options.kind === "virtualNode" ? "the application's way into the mesh" : "the gateway's own egress";
  await checkFree(egress.host, egress.port, whose);
  if (options.adminPort !== 0) await checkFree("127.0.0.1", options.adminPort);
  const appPorts =
    Object.keys(options.appPorts).length > 0 ? options.appPorts : { "*": await tryListening("127.0.0.1", 0) };

  checkReadable(options.xds.tls);

  const folder = mkdtempSync(join(tmpdir(), "appmesh-sidecar-"));
  const guardian = new Guardian(folder);
  const events = new EventQueue<Event>();
  const onSignal = (signal: NodeJS.Signals) => events.push({ kind: "signal", signal });
  for (const signal of forwarded) process.on(signal, onSignal);
  const waiting = new AbortController();
  const log = new EnvoyLog((line) => process.stderr.write(`[envoy] ${line}\n`));
  let envoy: Envoy | undefined;
  let command: RunningCommand | undefined;
  let listening = false;
  try {
    envoy = await startEnvoy(options, appPorts, folder, log);
    guardian.guard(envoy.pid);
    envoy.ended.then((how) => events.push({ kind: "envoy ended", how }));
    untilListening(envoy, egress, options, log, say, waiting.signal).then(
      () => events.push({ kind: "listening" }),
      (error) => events.push({ kind: "failed", error }),
    );
    for (;;) {
      const event = await events.next();
      switch (event.kind) {
        case "listening": {
          listening = true;
          if (options.command === undefined) {
            say(
              `${options.mesh}/${options.name}: serving at ${options.address}, Envoy's admin http://${envoy.admin}`,
            );
            break;
          }
          const started = await startCommand(options, options.command, appPorts, egress, envoy, say);
          command = started;
          guardian.guard(started.pid);
          started.ended.then((code) => events.push({ kind: "command ended", code }));
          break;
        }
        case "failed":
          throw event.error;
        case "command ended":
          await envoy.drain(options.drain);
          return event.code;
        case "envoy ended": {
          const lines = log.last().map((line) => `\n  ${line}`);
          const last = lines.length === 0 ? "" : `; its last lines:${lines.join("")}`;
          throw new SidecarError(
            `Envoy ended by itself, with ${event.how}${command ? "; the command is stopped" : ""}${last}`,
          );
        }
        case "signal":
          if (!listening) return 128 + constants.signals[event.signal];
          if (command === undefined) {
            if (!ending.includes(event.signal)) break;
            await envoy.drain(options.drain);
            return 0;
          }
          // Clients come back elsewhere while the command finishes what it has begun.
          if (event.signal === "SIGTERM" || event.signal === "SIGINT") await envoy.failHealthChecks();
          command.signal(event.signal);
      }
    }
  } finally {
    waiting.abort();
    await command?.stop();
    if (command) guardian.release(command.pid);
    log.mute();
    await envoy?.stop();
    if (envoy) guardian.release(envoy.pid);
    guardian.close();
    for (const signal of forwarded) process.removeListener(signal, onSignal);
    rmSync(folder, { recursive: true, force: true });
  }
}

function startEnvoy(
  options: SidecarOptions,
  appPorts: Readonly<Record<string, number>>,
  folder: string,
  log: EnvoyLog,
): Promise<Envoy> {
  const tls = options.xds.tls && { ...options.xds.tls, secretsFolder: folder };
  for (const [name, text] of Object.entries(tls ? watchedSecrets(tls) : {})) {
    writeFileSync(join(folder, name), text);
  }
  return Envoy.start({
    executable: options.envoy,
    bootstrap: bootstrap({
      mesh: options.mesh,
      ...(options.meshOwner === undefined ? {} : { meshOwner: options.meshOwner }),
      kind: options.kind,
      name: options.name,
      xds: { ...options.xds, tls },
      interception: { mode: "explicit", address: options.address, appPorts },
      adminPort: options.adminPort,
      sdsSocket: options.sdsSocket,
      tracing: options.tracing,
    }),
    folder,
    logLevel: options.envoyLogLevel,
    concurrency: options.concurrency,
    onLog: (line) => log.add(line),
    onOutput: (line) => process.stdout.write(`${line}\n`),
  });
}

async function startCommand(
  options: SidecarOptions,
  command: readonly [string, ...string[]],
  appPorts: Readonly<Record<string, number>>,
  egress: Endpoint,
  envoy: Envoy,
  say: (line: string) => void,
): Promise<RunningCommand> {
  const proxy = `http://${formatEndpoint(egress)}`;
  const admin = `http://${envoy.admin}`;
  const port = String(appPorts["*"] ?? Object.values(appPorts)[0]);
  say(
    `${options.mesh}/${options.name}: the application's port is ${port}, its proxy ${proxy}, Envoy's admin ${admin}`,
  );
  try {
    return await RunningCommand.start(command, {
      ...process.env,
      ...proxyVariables(proxy, (process.env.NO_PROXY ?? process.env.no_proxy ?? "").split(",")),
      PORT: port,
      APPMESH_APP_PORT: port,
      APPMESH_ADMIN: admin,
      APPMESH_MESH: options.mesh,
      APPMESH_VIRTUAL_NODE: options.name,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such program" : message;
    throw new SidecarError(`the command ${command[0]} could not be started: ${reason}`);
  }
}

async function untilListening(
  envoy: Envoy,
  egress: Endpoint,
  options: SidecarOptions,
  log: EnvoyLog,
  say: (line: string) => void,
  aborted: AbortSignal,
): Promise<void> {
  const started = Date.now();
  // Most waits are over before there is anything to tell.
  let tell = started + 2_000;
  let lastWhat: string | undefined;
  while (!aborted.aborted) {
    const listening = await envoy.listening(formatEndpoint(egress));
    switch (listening.state) {
      case "listening":
        return;
      case "refused":
        throw new SidecarError(`Envoy refused what the control plane told it: ${listening.reason.trim()}`);
      case "waiting": {
        const limit = options.startTimeout;
        const what =
          listening.for === "control plane"
            ? `the control plane at ${formatEndpoint(options.xds)}`
            : `${options.kind === "virtualNode" ? "virtual node" : "virtual gateway"} ${options.name} of mesh ${options.mesh} to be made`;
        const answer = log.refusal();
        const because = listening.for === "control plane" && answer !== undefined ? ` (${answer})` : "";
        if (limit !== undefined && Date.now() - started >= limit * 1000) {
          throw new SidecarError(`gave up after ${limit} s of waiting for ${what}${because}`);
        }
        if (Date.now() >= tell || (lastWhat !== undefined && lastWhat !== what)) {
          tell = Date.now() + 10_000;
          lastWhat = what;
          const bound = limit === undefined ? "however long it takes" : `for ${limit} s`;
          const then = options.command === undefined ? "" : "; the command starts after it";
          say(`waiting for ${what}, ${bound}${then}${because}`);
        }
      }
    }
    await sleep(50);
  }
}

/** Envoy waits without a word for a file that is not there. */
function checkReadable(tls: XdsTls | undefined): void {
  const { trust, certificate, token } = tls ?? {};
  for (const source of [trust, certificate?.chain, certificate?.privateKey, token]) {
    if (source === undefined || !("file" in source)) continue;
    try {
      accessSync(source.file, constantsOfFiles.R_OK);
    } catch (error) {
      throw new SidecarError(
        `what the control plane is known by or shown cannot be read: ${(error as Error).message}. ` +
          "appmesh identities issue --out FOLDER writes it",
      );
    }
  }
}

/** Fails, with the way out, where Envoy could not listen. Port 0 asks for the address alone. */
async function checkFree(host: string, port: number, whose = ""): Promise<void> {
  try {
    await tryListening(host, port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const at = formatEndpoint({ host, port });
    if (code === "EADDRNOTAVAIL")
      throw new SidecarError(`${host} is no address of this machine: give another --address`);
    if (code !== "EADDRINUSE") throw new SidecarError(`Envoy could not listen at ${at}: ${message}`);
    throw new SidecarError(
      port === egressPort
        ? `${at}, ${whose}, is in use, perhaps by another sidecar: ` +
            "give this one a loopback address of its own with --address, such as 127.0.0.2"
        : `${at} is in use: give another --admin-port, or none`,
    );
  }
}
