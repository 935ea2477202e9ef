import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { AppMesh } from "@pulumi-appmesh/provider/client/appmesh.js";
import { freeLoopbackBlock } from "./addresses.js";
import { Processes } from "./processes.js";
import { configured, type NodeName, nodes, port, shop } from "./program.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
/** What npm has linked there: the executables of the packages that this one depends on. */
const bin = (name: string) => join(root, "node_modules/.bin", name);

/** A server that takes connections but gives no answer is no better than none. */
const get = (url: string) => fetch(url, { signal: AbortSignal.timeout(10_000) });

/** Everything that the shop runs on: the control plane, the Pulumi stack and the services with their Envoys. */
export class Environment {
  /** The access key that the control plane starts with, made for this run alone. */
  readonly key = {
    id: `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secret: randomBytes(30).toString("base64url"),
  };
  /** Resolves with the reason when a process ends that should not. */
  readonly failed: Promise<Error>;
  readonly api: string;
  readonly xds: string;
  readonly #fail: (error: Error) => void;

  private constructor(
    readonly folder: string,
    private readonly address: (host: number) => string,
    private readonly processes: Processes,
  ) {
    ({ promise: this.failed, resolve: this.#fail } = Promise.withResolvers<Error>());
    this.api = `${address(9)}:7070`;
    this.xds = `${address(9)}:18000`;
  }

  static async make(): Promise<Environment> {
    const address = await freeLoopbackBlock();
    const folder = await mkdtemp(join(tmpdir(), "appmesh-shop-"));
    return new Environment(folder, address, new Processes(folder));
  }

  /** The address of one sidecar. */
  addressOf(node: NodeName): string {
    return this.address(nodes.indexOf(node) + 1);
  }

  /** Where one sidecar's Envoy answers questions about itself. */
  adminOf(node: NodeName): string {
    return `http://127.0.0.1:${this.#adminPort(node)}`;
  }

  #adminPort(node: NodeName): number {
    // In the range of one run's own: derived from the block of addresses that it alone has.
    return 20_000 + 10 * Number(this.address(0).split(".")[1]) + nodes.indexOf(node);
  }

  get storefront(): string {
    return `http://${this.addressOf("storefront")}:${port}/`;
  }

  logFile(name: string): string {
    return this.processes.logFile(name);
  }

  async startControlPlane(): Promise<void> {
    this.processes.start(
      "control-plane",
      [bin("appmesh"), "serve", "--api", this.api, "--xds", this.xds, "--data", join(this.folder, "data")],
      { APPMESH_ACCESS_KEY_ID: this.key.id, APPMESH_SECRET_ACCESS_KEY: this.key.secret },
      this.#fail,
    );
    await this.#until(
      "the control plane answers",
      "control-plane",
      async () => (await get(`http://${this.api}/readyz`)).ok,
    );
  }

  /** The root stack with state and configuration in the run's own folder, so that the clone stays as it is. */
  async createStack(): Promise<Stack> {
    const workDir = join(this.folder, "stack");
    const backend = join(this.folder, "state");
    await mkdir(workDir, { recursive: true });
    await mkdir(backend, { recursive: true });
    // The engine wants the program's file, inline or not, and finds it from where Pulumi.yaml is.
    const project = await readFile(join(root, "Pulumi.yaml"), "utf8");
    await writeFile(
      join(workDir, "Pulumi.yaml"),
      project.replace(/^main: (.*)$/m, (_, main) => `main: ${JSON.stringify(join(root, main))}`),
    );
    const program = async () => {
      const { addresses, v2 } = configured();
      return shop(addresses, v2);
    };
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "local", projectName: "shop", program },
      {
        workDir,
        pulumiHome: join(this.folder, "pulumi-home"),
        envVars: {
          PATH: `${dirname(bin("appmesh"))}:${process.env.PATH}`,
          PULUMI_BACKEND_URL: `file://${backend}`,
          PULUMI_CONFIG_PASSPHRASE: randomBytes(12).toString("hex"),
          PULUMI_SKIP_UPDATE_CHECK: "true",
        },
      },
    );
    const addresses = Object.fromEntries(nodes.map((node) => [node, this.addressOf(node)]));
    await stack.setAllConfig({
      "appmesh:endpoint": { value: `http://${this.api}` },
      "appmesh:accessKeyId": { value: this.key.id },
      "appmesh:secretAccessKey": { value: this.key.secret, secret: true },
      "shop:addresses": { value: JSON.stringify(addresses) },
    });
    return stack;
  }

  /** Starts every service with its Envoy, and waits until a request goes all the way through. */
  async startServices(): Promise<void> {
    const calls: Partial<Record<NodeName, string>> = {
      storefront: `http://catalog.shop.local:${port}/`,
      "catalog-v1": `http://ratings.shop.local:${port}/`,
      "catalog-v2": `http://ratings.shop.local:${port}/`,
    };
    for (const node of nodes) {
      const [service = node, version = "v1"] = node.split("-");
      this.processes.start(
        node,
        [
          bin("appmesh"),
          "sidecar",
          "--mesh",
          "shop",
          "--node",
          node,
          "--xds",
          this.xds,
          "--address",
          this.addressOf(node),
          "--admin-port",
          String(this.#adminPort(node)),
          "--",
          process.execPath,
          fileURLToPath(new URL("service.js", import.meta.url)),
        ],
        { SERVICE: service, VERSION: version, ...(calls[node] ? { CALLS: calls[node] } : {}) },
        this.#fail,
      );
    }
    for (const node of nodes) {
      await this.#until(`${node} answers through its Envoy`, node, async () => {
        return (await get(`http://${this.addressOf(node)}:${port}/`)).ok;
      });
    }
  }

  /** The names of all meshes that the control plane has. */
  async listMeshes(): Promise<string[]> {
    const client = new AppMesh({
      endpoint: `http://${this.api}`,
      region: "us-east-1",
      key: { accessKeyId: this.key.id, secretAccessKey: this.key.secret },
      maxRetries: 0,
    });
    try {
      const names: string[] = [];
      for await (const { meshName } of client.list("mesh", [], undefined)) names.push(String(meshName));
      return names;
    } finally {
      client.close();
    }
  }

  /** One of an Envoy's counters or gauges, summed over all statistics that match. */
  async statistic(node: NodeName, regex: string): Promise<number> {
    const url = `${this.adminOf(node)}/stats?filter=${encodeURIComponent(regex)}`;
    const response = await get(url).catch((cause) => {
      throw new Error(`the Envoy of ${node} does not answer at ${this.adminOf(node)}`, { cause });
    });
    const text = await response.text();
    return [...text.matchAll(/: (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** What lies behind an error: a process that has ended, the run's folder that is gone, or else the error itself. */
  async reasonOf(error: unknown): Promise<string> {
    // A sidecar whose Envoy has ended ends its application first: why it answers no more is heard some moments later.
    const ended = await Promise.race([this.failed, sleep(10_000)]);
    // Pulumi makes its home anew where it is gone, and the folder with it; nobody writes another log.
    if (!existsSync(this.logFile("control-plane"))) {
      return (
        `the folder of this run, ${this.folder}, is gone: something has removed it meanwhile. ` +
        "Set TMPDIR to a folder that nobody cleans up."
      );
    }
    const reason = ended ?? error;
    return reason instanceof Error ? reason.message : String(reason);
  }

  async stop(): Promise<void> {
    // Whoever still waits for something has waited enough.
    this.#fail(new Error("the demonstration was stopped"));
    await this.processes.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #until(what: string, name: string, happens: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + 60_000;
    let stop: Error | undefined;
    void this.failed.then((error) => {
      stop = error;
    });
    while (!(await happens().catch(() => false))) {
      if (stop) throw stop;
      if (performance.now() > end) {
        throw new Error(
          `waited for 60 s, but not yet: ${what}. Its last words:\n${this.processes.tail(name)}`,
        );
      }
      await sleep(50);
    }
  }
}
