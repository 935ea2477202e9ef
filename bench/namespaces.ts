// Network namespaces of Linux: a network of its own for each side, as ECS and Kubernetes give one to a task and a pod.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Envoy, type Place } from "./envoy.js";
import type { Load, LoadOptions } from "./load.js";
import { Program } from "./processes.js";
import type { At } from "./static-envoys.js";

/** Why there can be no redirection in namespaces here; undefined where there can. Nothing is installed for it. */
export function namespacesMissing(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const lacking = ["ip", "iptables", "setpriv"].filter(
    (program) => spawnSync(program, ["-V"], { stdio: "ignore" }).status !== 0,
  );
  if (lacking.length > 0) {
    return `there is no ${lacking.join(", no ")} (Debian's packages iproute2, iptables and util-linux have them)`;
  }
  const probe = `ambprobe${process.pid.toString(36)}`;
  try {
    ip("netns", "add", probe);
    // The match and the target that a redirection stands and falls with.
    const rule = [
      "-p",
      "tcp",
      "-m",
      "owner",
      "!",
      "--uid-owner",
      "1337",
      "-j",
      "REDIRECT",
      "--to-ports",
      "2",
    ];
    ip("netns", "exec", probe, "iptables", "-w", "-t", "nat", "-A", "OUTPUT", ...rule);
    return undefined;
  } catch (error) {
    return `the kernel does not let them be made: ${(error as Error).message.trim()}`;
  } finally {
    spawnSync("ip", ["netns", "del", probe]);
  }
}

const ip = (...args: readonly string[]): string =>
  execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Namespaces that share one network with this machine. All of it is gone after `close`, and when this process ends. */
export class Network {
  /** The address of this machine. */
  readonly host: string;
  readonly #subnet = freeSubnet();
  // Interfaces have names of 15 characters at most; two benchmarks never share one.
  readonly #prefix = `amb${process.pid.toString(36)}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "appmesh-bench-network-"));
  readonly #spaces: Namespace[] = [];
  readonly #relays: { server: Server; sockets: Set<Socket> }[] = [];
  readonly #executable: string;
  readonly #onExit = () => this.#remove();

  constructor(envoy: string) {
    this.host = `${this.#subnet}.1`;
    this.#executable = join(this.#folder, "envoy");
    process.once("exit", this.#onExit);
    // Users without rights run Envoy, and may not read the folders of this one.
    chmodSync(this.#folder, 0o711);
    try {
      linkSync(envoy, this.#executable);
    } catch {
      copyFileSync(envoy, this.#executable);
    }
    ip("link", "add", this.#bridge, "type", "bridge");
    ip("addr", "add", `${this.host}/24`, "dev", this.#bridge);
    ip("link", "set", this.#bridge, "up");
  }

  get #bridge(): string {
    return `${this.#prefix}br`;
  }

  /** A namespace whose programs know these hosts, and reach all else by way of this machine. */
  add(hosts: Readonly<Record<string, string>> = {}): Namespace {
    const index = this.#spaces.length;
    const [id, outside] = [`${this.#prefix}n${index}`, `${this.#prefix}v${index}`];
    const space = new Namespace(id, `${this.#subnet}.${10 + index}`, this.#executable);
    this.#spaces.push(space);
    ip("netns", "add", id);
    ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", id);
    ip("link", "set", outside, "master", this.#bridge, "up");
    ip("-n", id, "addr", "add", `${space.address}/24`, "dev", "eth0");
    ip("-n", id, "link", "set", "eth0", "up");
    ip("-n", id, "link", "set", "lo", "up");
    ip("-n", id, "route", "add", "default", "via", this.host);
    // What `ip netns exec` shows in the place of /etc/hosts.
    mkdirSync(`/etc/netns/${id}`, { recursive: true });
    const lines = Object.entries({ localhost: "127.0.0.1", ...hosts }).map(([name, at]) => `${at} ${name}\n`);
    writeFileSync(`/etc/netns/${id}/hosts`, lines.join(""));
    return space;
  }

  /** Lets namespaces reach what only this machine can (a port of 127.0.0.1): answers the port of `host` for it. */
  async relay(port: number): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((inside) => {
      const outside = connect(port, "127.0.0.1");
      for (const [one, other] of [
        [inside, outside],
        [outside, inside],
      ] as const) {
        sockets.add(one);
        one.on("error", () => {}); // closed next
        one.on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    this.#relays.push({ server, sockets });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, this.host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const space of this.#spaces) await space.stop();
    for (const { server, sockets } of this.#relays.splice(0)) {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
    process.off("exit", this.#onExit);
    this.#remove();
  }

  #remove(): void {
    for (const [index, { id }] of this.#spaces.splice(0).entries()) {
      // A namespace lives on for as long as a connection of its ended programs does: its way out goes first.
      spawnSync("ip", ["link", "del", `${this.#prefix}v${index}`]);
      spawnSync("ip", ["netns", "del", id]);
      rmSync(`/etc/netns/${id}`, { recursive: true, force: true });
    }
    spawnSync("ip", ["link", "del", this.#bridge]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A part of 10.0.0.0/8 that no interface of this machine is in. */
function freeSubnet(): string {
  const taken = ip("-4", "addr");
  for (let attempt = 0; attempt < 1000; attempt++) {
    const octet = () => 1 + Math.floor(Math.random() * 250);
    const subnet = `10.${octet()}.${octet()}`;
    if (!taken.includes(`inet ${subnet}.`)) return subnet;
  }
  throw new Error("there is no free network");
}

export class Namespace {
  readonly #started: { stop(): Promise<void> }[] = [];

  constructor(
    readonly id: string,
    readonly address: string,
    private readonly executable: string,
  ) {}

  /** Runs a program to its end. Fails with what it says where it fails. */
  run(program: string, ...args: readonly string[]): void {
    const command = ["netns", "exec", this.id, program, ...args];
    const { status, stderr } = spawnSync("ip", command, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
  }

  /** Starts an Envoy as a user of its own. Resolves when it listens there. */
  async envoy(uid: number, bootstrap: object, at: At): Promise<Envoy> {
    const place: Place = {
      uid,
      command: [
        ...["ip", "netns", "exec", this.id],
        ...["setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups"],
      ],
    };
    // This process asks it whether it is ready, and is outside.
    const admin = { address: { socket_address: { address: this.address, port_value: 0 } } };
    const envoy = await Envoy.start(
      this.executable,
      { ...bootstrap, admin },
      `${at.address}:${at.port}`,
      place,
    );
    this.#started.push(envoy);
    return envoy;
  }

  /** Starts a program that sends requests from inside, and answers how to have it send some. */
  client(): (options: LoadOptions) => Promise<Load> {
    const path = fileURLToPath(new URL("load-program.js", import.meta.url));
    const program = new Program("load", "ip", ["netns", "exec", this.id, process.execPath, path]);
    this.#started.push(program);
    return async (options) => {
      program.write(JSON.stringify(options));
      const answer: Load | { readonly error: string } = JSON.parse(await program.line());
      if ("error" in answer) throw new Error(answer.error);
      return answer;
    };
  }

  /** Ends all that was started inside. */
  async stop(): Promise<void> {
    for (const one of this.#started.splice(0).reverse()) await one.stop();
  }
}
