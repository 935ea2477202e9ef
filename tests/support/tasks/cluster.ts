// Where tasks and pods run in tests: a network of this machine, whose names a DNS server tells, as AWS Cloud Map and
// Kubernetes do.
import { spawnSync } from "node:child_process";
import { type DnsServer, dnsServer } from "../dns.js";
import { Network, namespacesMissing } from "../namespaces.js";
import type { ContainerGroup } from "./container-group.js";
import type { Images } from "./images.js";
import { RunningGroup, type RunOptions } from "./running-group.js";

/** Why there can be no containers here; undefined where there can. */
export function containersMissing(options: { readonly install?: boolean } = {}): string | undefined {
  const missing = namespacesMissing(options);
  if (missing !== undefined) return missing;
  const script = `
    mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/root &&
    mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root`;
  const args = ["--mount", "--pid", "--fork", "sh", "-c", script];
  const { status, stderr } = spawnSync("unshare", args, { encoding: "utf8" });
  return status === 0 ? undefined : `the kernel gives no file system to a container: ${stderr.trim()}`;
}

export class Cluster {
  readonly network: Network;
  /** Names and their addresses, as a test likes. */
  readonly names: DnsServer["names"];
  readonly #dns: DnsServer;
  readonly #images: Images;
  readonly #groups = new Set<RunningGroup>();

  private constructor(network: Network, dns: DnsServer, images: Images) {
    this.network = network;
    this.#dns = dns;
    this.names = dns.names;
    this.#images = images;
  }

  static async start(images: Images): Promise<Cluster> {
    const network = new Network();
    try {
      return new Cluster(network, await dnsServer({}, { host: network.host, port: 53 }), images);
    } catch (error) {
      network.close();
      throw error;
    }
  }

  /** Starts a task or a pod. It is not steady yet. */
  run(group: ContainerGroup, options: RunOptions = {}): RunningGroup {
    const space = this.network.add(group.name, group.hosts);
    try {
      const running = new RunningGroup(this.network, space, group, this.#images, options);
      this.#groups.add(running);
      return running;
    } catch (error) {
      this.network.remove(space);
      throw error;
    }
  }

  /** Has the name lead to these groups. */
  register(name: string, ...groups: readonly RunningGroup[]): void {
    this.names.set(
      name,
      groups.map(({ address }) => address),
    );
  }

  /** Ends all that still runs, without asking it to. */
  async close(): Promise<void> {
    for (const group of this.#groups) group.kill();
    await this.#dns.close();
    this.network.close();
  }
}
