// Network namespaces of Linux: a network of its own for each task, as ECS and Kubernetes give them.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { envoyPath } from "./tools.js";

/** Why there can be no namespaces here; undefined where there can. Installs what Debian and its kin have for it. */
export function namespacesMissing(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const lacks = () => ["ip", "iptables", "setpriv"].filter((program) => !succeeds(program, "-V"));
  if (lacks().length > 0 && succeeds("apt-get", "--version")) {
    if (!succeeds("apt-get", "install", "-y", "--no-install-recommends", "iproute2", "iptables")) {
      succeeds("apt-get", "update");
      succeeds("apt-get", "install", "-y", "--no-install-recommends", "iproute2", "iptables");
    }
  }
  if (lacks().length > 0) return `${lacks().join(", ")} cannot be had`;
  const probe = `amprobe${process.pid}`;
  try {
    ip("netns", "add", probe);
    // All that a redirection is made of, in one rule.
    const matches = ["-m", "addrtype", "!", "--dst-type", "LOCAL", "-m", "owner", "!", "--uid-owner", "1337"];
    const rule = [
      "-p",
      "tcp",
      ...matches,
      "-m",
      "multiport",
      "--dports",
      "1",
      "-j",
      "REDIRECT",
      "--to-ports",
      "2",
    ];
    ip("netns", "exec", probe, "iptables", "-w", "-t", "nat", "-A", "OUTPUT", ...rule);
    return undefined;
  } catch (error) {
    return `the kernel does not let them be made: ${(error as Error).message}`;
  } finally {
    spawnSync("ip", ["netns", "del", probe]);
  }
}

const succeeds = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
    .status === 0;

const ip = (...args: readonly string[]): string =>
  execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Namespaces that share one network with this machine. All of it is gone after `close`, and when this process ends. */
export class Network {
  /** The addresses of this machine. */
  readonly host: string;
  readonly secondHost: string;
  readonly #subnet: string;
  readonly #prefix: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "appmesh-network-"));
  readonly #spaces: Namespace[] = [];
  readonly #onExit = () => this.#remove();

  constructor() {
    // Interfaces have names of 15 characters at most; two test processes never share one.
    this.#prefix = `am${process.pid.toString(36)}`;
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
    return `${this.#prefix}br`;
  }

  /** A namespace, whose programs ask a DNS server at port 53 of `host`. */
  add(name: string): Namespace {
    const index = this.#spaces.length;
    const id = `${this.#prefix}${name}`;
    const address = `${this.#subnet}.${10 + index}`;
    const space = new Namespace(id, address, this.#folder);
    this.#spaces.push(space);
    ip("netns", "add", id);
    ip("link", "add", `${this.#prefix}v${index}`, "type", "veth", "peer", "name", "eth0", "netns", id);
    ip("link", "set", `${this.#prefix}v${index}`, "master", this.#bridge, "up");
    ip("-n", id, "addr", "add", `${address}/24`, "dev", "eth0");
    ip("-n", id, "link", "set", "eth0", "up");
    ip("-n", id, "link", "set", "lo", "up");
    ip("-n", id, "route", "add", "default", "via", this.host);
    // What `ip netns exec` shows in the place of /etc/resolv.conf and /etc/hosts.
    mkdirSync(`/etc/netns/${id}`, { recursive: true });
    writeFileSync(`/etc/netns/${id}/resolv.conf`, `nameserver ${this.host}\n`);
    writeFileSync(`/etc/netns/${id}/hosts`, "127.0.0.1 localhost\n");
    return space;
  }

  close(): void {
    process.off("exit", this.#onExit);
    this.#remove();
  }

  #remove(): void {
    for (const [index, space] of this.#spaces.splice(0).entries()) {
      space.close();
      // A namespace lives on for as long as a connection of its killed programs does.
      spawnSync("ip", ["link", "del", `${this.#prefix}v${index}`]);
      spawnSync("ip", ["netns", "del", space.id]);
      rmSync(`/etc/netns/${space.id}`, { recursive: true, force: true });
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
  readonly #children = new Set<ChildProcess>();

  constructor(
    readonly id: string,
    readonly address: string,
    private readonly folder: string,
  ) {}

  /** Runs a program to its end, and answers what it prints. Fails with what it says where it fails. */
  run(program: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync("ip", ["netns", "exec", this.id, program, ...args], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}${stdout}`);
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

  /** Starts an Envoy as a user of its own. Everything that it says so far is in what this answers. */
  async envoy(uid: number, bootstrap: object): Promise<() => string> {
    const folder = join(this.folder, this.id);
    mkdirSync(folder, { mode: 0o755 });
    const [executable, config] = [join(folder, "envoy"), join(folder, "bootstrap.json")];
    // That user may not read the folders of this one.
    try {
      linkSync(await envoyPath(), executable);
    } catch {
      copyFileSync(await envoyPath(), executable);
    }
    execFileSync("chmod", ["o+x", this.folder]);
    writeFileSync(config, JSON.stringify(bootstrap));
    const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
    const args = ["-c", config, "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"];
    const child = this.#spawn(["setpriv", ...user, executable, ...args]);
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
    const child = spawn("ip", ["netns", "exec", this.id, ...command], { stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }
}
