// Network namespaces of Linux: a network of its own for each side, as ECS and Kubernetes give one to a task and a pod.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { envoyPath } from "./tools.js";

/**
 * Why there can be no redirection in namespaces here; undefined where there can. Unless told not to, it installs what
 * Debian and its kin have for it.
 */
export function namespacesMissing({ install = true } = {}): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const lacks = () => ["ip", "iptables", "setpriv"].filter((program) => !succeeds(program, "-V"));
  if (install && lacks().length > 0 && succeeds("apt-get", "--version")) {
    if (!succeeds("apt-get", "install", "-y", "--no-install-recommends", "iproute2", "iptables")) {
      succeeds("apt-get", "update");
      succeeds("apt-get", "install", "-y", "--no-install-recommends", "iproute2", "iptables");
    }
  }
  const lacking = lacks();
  if (lacking.length > 0) {
    return `there is no ${lacking.join(", no ")} (Debian's packages iproute2, iptables and util-linux have them)`;
  }
  const probe = `${owned(process.pid)}probe`;
  try {
    ip("netns", "add", probe);
    // All that a redirection is made of, in one rule.
    const matches =
      "-p tcp -m addrtype ! --dst-type LOCAL -m owner ! --uid-owner 1337 -m multiport --dports 1";
    const rule = [...matches.split(" "), "-j", "REDIRECT", "--to-ports", "2"];
    ip("netns", "exec", probe, "iptables", "-w", "-t", "nat", "-A", "OUTPUT", ...rule);
    return undefined;
  } catch (error) {
    return `the kernel does not let them be made: ${(error as Error).message.trim()}`;
  } finally {
    spawnSync("ip", ["netns", "del", probe]);
  }
}

const succeeds = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
    .status === 0;

const ip = (...args: readonly string[]): string =>
  execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/**
 * What the names of a process's namespaces, interfaces and folders begin with: two processes never share one, and what
 * one that was killed has left can be told. Interfaces have names of 15 characters at most.
 */
const owned = (pid: number) => `am-${pid.toString(36)}-`;
const ownerOf = (name: string): number | undefined => {
  const id = /^am-([0-9a-z]+)-/.exec(name)?.[1];
  return id === undefined ? undefined : Number.parseInt(id, 36);
};

let networks = 0;

/** Namespaces that share one network with this machine. All of it is gone after `close`, and when this process ends. */
export class Network {
  /** The addresses of this machine. */
  readonly host: string;
  readonly secondHost: string;
  readonly #subnet: string;
  readonly #prefix = `${owned(process.pid)}${networks++}`;
  readonly #folder: string;
  readonly #spaces = new Set<Namespace>();
  readonly #relays: { server: Server; sockets: Set<Socket> }[] = [];
  readonly #onExit = () => this.#remove();
  #count = 0;

  constructor() {
    removeAbandoned();
    this.#folder = mkdtempSync(join(tmpdir(), `${this.#prefix}-`));
    // Users without rights run programs in namespaces, and may not read the folders of this one.
    chmodSync(this.#folder, 0o711);
    this.#subnet = freeSubnet();
    this.host = `${this.#subnet}.1`;
    this.secondHost = `${this.#subnet}.2`;
    process.once("exit", this.#onExit);
    ip("link", "add", this.#bridge, "type", "bridge");
    ip("addr", "add", `${this.host}/24`, "dev", this.#bridge);
    ip("addr", "add", `${this.secondHost}/24`, "dev", this.#bridge);
    ip("link", "set", this.#bridge, "up");
  }

  get #bridge(): string {
    return `${this.#prefix}b`;
  }

  /**
   * A namespace, whose programs know it by its name, and these hosts, and ask a DNS server at port 53 of `host` for all others. No two of a
   * network have had the same address: who still calls the one of before reaches nobody.
   */
  add(name: string, hosts: Readonly<Record<string, string>> = {}): Namespace {
    const index = this.#count++;
    if (index > 240) throw new Error("a network has no more than 240 addresses");
    const id = `${this.#prefix}-${name}`;
    const outside = `${this.#prefix}v${index}`;
    const space = new Namespace(id, `${this.#subnet}.${10 + index}`, outside, join(this.#folder, id));
    this.#spaces.add(space);
    ip("netns", "add", id);
    ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", id);
    ip("link", "set", outside, "master", this.#bridge, "up");
    ip("-n", id, "addr", "add", `${space.address}/24`, "dev", "eth0");
    ip("-n", id, "link", "set", "eth0", "up");
    ip("-n", id, "link", "set", "lo", "up");
    ip("-n", id, "route", "add", "default", "via", this.host);
    mkdirSync(space.folder, { mode: 0o711 });
    // What `ip netns exec` shows in the place of /etc/resolv.conf and /etc/hosts.
    const shown = join(etc, id);
    mkdirSync(shown, { recursive: true });
    writeFileSync(join(shown, "resolv.conf"), `nameserver ${this.host}\n`);
    const lines = Object.entries({ localhost: "127.0.0.1", [name]: space.address, ...hosts }).map(
      ([name, at]) => `${at} ${name}\n`,
    );
    writeFileSync(join(shown, "hosts"), lines.join(""));
    return space;
  }

  /** Takes a namespace away, with all that runs in it. */
  remove(space: Namespace): void {
    if (!this.#spaces.delete(space)) return;
    space.close();
    // A namespace lives on for as long as a connection of its killed programs does: its way out goes first.
    spawnSync("ip", ["link", "del", space.outside]);
    spawnSync("ip", ["netns", "del", space.id]);
    rmSync(join(etc, space.id), { recursive: true, force: true });
    rmSync(space.folder, { recursive: true, force: true });
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

  close(): void {
    for (const { server, sockets } of this.#relays.splice(0)) {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
    process.off("exit", this.#onExit);
    this.#remove();
  }

  #remove(): void {
    for (const space of this.#spaces) this.remove(space);
    spawnSync("ip", ["link", "del", this.#bridge]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const etc = "/etc/netns";

/** Removes what processes that were killed could not. */
function removeAbandoned(): void {
  const abandoned = (names: readonly string[]) =>
    names.filter((name) => {
      const pid = ownerOf(name);
      return pid !== undefined && !existsSync(`/proc/${pid}`);
    });
  const list = (...args: readonly string[]) => ip(...args).split("\n");
  const links = list("-o", "link").map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? "");
  for (const link of abandoned(links)) spawnSync("ip", ["link", "del", link]);
  const spaces = list("netns", "list").map((line) => line.split(" ")[0] ?? "");
  for (const space of abandoned(spaces)) spawnSync("ip", ["netns", "del", space]);
  for (const folder of [etc, tmpdir()]) {
    for (const name of abandoned(existsSync(folder) ? readdirSync(folder) : [])) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
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
  readonly #children = new Set<ChildProcess>();

  constructor(
    readonly id: string,
    readonly address: string,
    /** The interface of this machine that leads into it. */
    readonly outside: string,
    /** For files of its programs, gone with it. Any user may look for a name in it. */
    readonly folder: string,
  ) {}

  /** The command that runs another inside, in its own stead. */
  inside(...command: readonly string[]): readonly [program: string, args: readonly string[]] {
    return ["ip", ["netns", "exec", this.id, ...command]];
  }

  /** Runs a program to its end, and answers what it prints. Fails with what it says where it fails. */
  run(program: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(...this.inside(program, ...args), { encoding: "utf8" });
    if (status !== 0) {
      throw new Error(`${[program, ...args].join(" ")} ended with ${status}: ${stderr}${stdout}`);
    }
    return stdout;
  }

  /** The same without keeping this process from what it serves meanwhile. */
  ask(program: string, ...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const child = this.#spawn([program, ...args]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
  }

  /** Starts a program that runs until the namespace is closed. */
  start(program: string, ...args: readonly string[]): void {
    this.#spawn([program, ...args]);
  }

  /** An executable in a place where every user may run it. */
  executable(source: string): string {
    const path = join(this.folder, "envoy");
    if (existsSync(path)) return path;
    try {
      linkSync(source, path);
    } catch {
      copyFileSync(source, path);
    }
    return path;
  }

  /** Starts an Envoy as a user of its own. Everything that it says so far is in what this answers. */
  async envoy(uid: number, bootstrap: object): Promise<() => string> {
    const config = join(this.folder, "bootstrap.json");
    writeFileSync(config, JSON.stringify(bootstrap));
    const args = ["-c", config, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"];
    const child = this.#spawn([...asUser(uid), this.executable(await envoyPath()), ...args]);
    let log = "";
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
    return () => log;
  }

  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #spawn(command: readonly string[]): ChildProcess {
    const child = spawn(...this.inside(...command), { stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }
}

/** The command that runs another as this user and group, and with no other rights, in its own stead. */
export const asUser = (uid: number): readonly string[] => [
  ...["setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups"],
];
