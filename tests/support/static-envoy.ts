// A real Envoy that runs what `translate` made, without a control plane: resources are files that Envoy watches.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProxyResources, Resource } from "@pulumi-appmesh/control-plane/translate/resources.js";
import { envoyPath } from "./tools.js";

type Json = unknown;
type JsonObject = Record<string, Json>;

/** Changes every object of the resources on its way into Envoy. */
export type Rewrite = (object: JsonObject) => JsonObject;

export interface StaticEnvoyOptions {
  readonly rewrite?: Rewrite;
  /** Port of a DNS server on 127.0.0.1. Default: the machine's own. */
  readonly dns?: number;
}

const types = {
  clusters: "envoy.config.cluster.v3.Cluster",
  listeners: "envoy.config.listener.v3.Listener",
  routes: "envoy.config.route.v3.RouteConfiguration",
} as const;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class StaticEnvoy {
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #rewrite: Rewrite;
  #version = 0;
  #admin = "";
  #log = "";

  private constructor(folder: string, child: ChildProcess, rewrite: Rewrite) {
    this.#folder = folder;
    this.#process = child;
    this.#rewrite = rewrite;
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.#log += text;
    });
  }

  /** Starts an Envoy, and waits until it serves the resources. */
  static async start(resources: ProxyResources, options: StaticEnvoyOptions = {}): Promise<StaticEnvoy> {
    const { rewrite = (object) => object, dns } = options;
    const executable = await envoyPath();
    const folder = mkdtempSync(join(tmpdir(), "appmesh-envoy-"));
    const source = (file: string) => ({
      path_config_source: { path: join(folder, file) },
      resource_api_version: "V3",
    });
    const bootstrap = {
      node: { id: "static", cluster: "static" },
      admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
      dynamic_resources: { cds_config: source("clusters.json"), lds_config: source("listeners.json") },
      ...(dns === undefined ? {} : { typed_dns_resolver_config: resolver(dns) }),
      layered_runtime: {
        layers: [{ name: "static", static_layer: { "re2.max_program_size.error_level": 100000 } }],
      },
    };
    writeFileSync(join(folder, "bootstrap.json"), JSON.stringify(bootstrap));
    mkdirSync(join(folder, "routes"));
    const child = spawn(
      executable,
      [
        "--config-path",
        join(folder, "bootstrap.json"),
        "--admin-address-path",
        join(folder, "admin"),
        "--disable-hot-restart",
        "--concurrency",
        "1",
        "--log-level",
        "warning",
        "--drain-time-s",
        "1",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    running.add(child);
    child.once("exit", () => running.delete(child));
    const envoy = new StaticEnvoy(folder, child, rewrite);
    try {
      envoy.#write(resources);
      await envoy.#until("it is ready", async () => {
        envoy.#admin = readFileSync(join(folder, "admin"), "utf8").trim();
        return (await fetch(`http://${envoy.#admin}/ready`)).ok;
      });
      await envoy.#settled();
    } catch (error) {
      await envoy.stop();
      throw error;
    }
    return envoy;
  }

  /** Lets it serve other resources, in the order of xDS: clusters, listeners, routes. Waits until it does. */
  async apply(resources: ProxyResources): Promise<void> {
    this.#write(resources);
    await this.#settled();
  }

  /** An answer of the admin interface, as text. */
  async admin(path: string, method = "GET"): Promise<string> {
    const answer = await fetch(`http://${this.#admin}${path}`, { method });
    return answer.text();
  }

  /** A counter or gauge; 0 where there is none. */
  async stat(name: string): Promise<number> {
    const line = (await this.admin("/stats"))
      .split("\n")
      .find((candidate) => candidate.startsWith(`${name}: `));
    return line === undefined ? 0 : Number(line.slice(name.length + 2));
  }

  log(): string {
    return this.#log;
  }

  async stop(): Promise<void> {
    if (running.has(this.#process)) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(resources: ProxyResources): void {
    this.#version += 1;
    for (const route of resources.routes) this.#file(this.#routeFile(route.name), types.routes, [route]);
    this.#file("clusters.json", types.clusters, resources.clusters);
    this.#file("listeners.json", types.listeners, resources.listeners);
  }

  /** Envoy takes notice of a file that is moved to its place. */
  #file(name: string, type: string, resources: readonly Resource<unknown>[]): void {
    const path = join(this.#folder, name);
    const response = {
      version_info: String(this.#version),
      resources: resources.map(({ json }) => ({
        "@type": `type.googleapis.com/${type}`,
        ...(this.#localize(json) as object),
      })),
    };
    writeFileSync(`${path}.new`, JSON.stringify(response));
    renameSync(`${path}.new`, path);
  }

  readonly #routeFiles = new Map<string, string>();
  #routeFile(name: string): string {
    const known = this.#routeFiles.get(name) ?? `routes/${this.#routeFiles.size}.json`;
    this.#routeFiles.set(name, known);
    return known;
  }

  /** Routes come from files instead of the control plane. */
  #localize(value: Json): Json {
    if (Array.isArray(value)) return value.map((item) => this.#localize(item));
    if (typeof value !== "object" || value === null) return value;
    const object = this.#rewrite(value as JsonObject);
    if ("routeConfigName" in object) {
      const path = join(this.#folder, this.#routeFile(String(object.routeConfigName)));
      return { ...object, configSource: { pathConfigSource: { path }, resourceApiVersion: "V3" } };
    }
    return Object.fromEntries(Object.entries(object).map(([key, member]) => [key, this.#localize(member)]));
  }

  async #settled(): Promise<void> {
    const version = `"${this.#version}"`;
    await this.#until(`version ${version} is in force`, async () => {
      const stats = await this.admin("/stats");
      const rejected = stats.split("\n").find((line) => /update_rejected: [1-9]/.test(line));
      if (rejected !== undefined) throw new Error(`Envoy refused something (${rejected}):\n${this.#log}`);
      const versions = stats.split("\n").filter((line) => /\b(cds|lds|rds\..*)\.version_text: /.test(line));
      return (
        versions.length >= 2 &&
        versions.every((line) => line.endsWith(version)) &&
        stats.includes("cluster_manager.warming_clusters: 0\n") &&
        stats.includes("listener_manager.total_listeners_warming: 0\n")
      );
    });
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    let last: unknown;
    for (let attempt = 0; attempt < 300; attempt++) {
      if (!running.has(this.#process)) throw new Error(`Envoy ended before ${what}:\n${this.#log}`);
      try {
        if (await holds()) return;
      } catch (error) {
        if ((error as Error).message.startsWith("Envoy refused")) throw error;
        last = error;
      }
      await sleep(50);
    }
    throw new Error(`Envoy does not get there that ${what} (${last}):\n${this.#log}`);
  }
}

const resolver = (port: number) => ({
  name: "envoy.network.dns_resolver.cares",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
    resolvers: [{ socket_address: { address: "127.0.0.1", port_value: port } }],
    dns_resolver_options: { no_default_search_domain: true },
  },
});

/** Why Envoy would not take the resources; undefined if it takes them all. */
export async function refusalOf(resources: ProxyResources): Promise<string | undefined> {
  const routes = new Map(resources.routes.map(({ name, json }) => [name, json]));
  const inline = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(inline);
    if (typeof value !== "object" || value === null) return value;
    const { rds, ...rest } = value as { rds?: { routeConfigName: string } };
    const members = Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, inline(member)]));
    return rds === undefined ? members : { ...members, routeConfig: routes.get(rds.routeConfigName) };
  };
  const config = {
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
    static_resources: {
      clusters: resources.clusters.map(({ json }) => json),
      listeners: resources.listeners.map(({ json }) => inline(json)),
    },
    layered_runtime: {
      layers: [{ name: "static", static_layer: { "re2.max_program_size.error_level": 100000 } }],
    },
  };
  const folder = mkdtempSync(join(tmpdir(), "appmesh-validate-"));
  try {
    const path = join(folder, "config.json");
    writeFileSync(path, JSON.stringify(config));
    const child = spawn(
      await envoyPath(),
      ["--mode", "validate", "--log-level", "error", "--config-path", path],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
    const code = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return code === 0 ? undefined : log.replaceAll(folder, "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
