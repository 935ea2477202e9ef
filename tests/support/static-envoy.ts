// A real Envoy that runs what `translate` made, without a control plane: resources are files that Envoy watches.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProxyResources, Resource } from "@pulumi-appmesh/control-plane/translate/resources.js";
import { sdsCluster } from "@pulumi-appmesh/control-plane/translate/secrets.js";
import { type Issued, TestAuthority } from "./certificates.js";
import { envoyPath } from "./tools.js";

type Json = unknown;
type JsonObject = Record<string, Json>;

/** Changes every object of the resources on its way into Envoy. */
export type Rewrite = (object: JsonObject) => JsonObject;

export interface StaticEnvoyOptions {
  readonly rewrite?: Rewrite;
  /** Port of a DNS server on 127.0.0.1. Default: the machine's own. */
  readonly dns?: number;
  /** The Unix socket of a secret discovery service. Default: one where nobody listens. */
  readonly sds?: string;
}

const types = {
  clusters: "envoy.config.cluster.v3.Cluster",
  listeners: "envoy.config.listener.v3.Listener",
  routes: "envoy.config.route.v3.RouteConfiguration",
  secrets: "envoy.extensions.transport_sockets.tls.v3.Secret",
} as const;

/** How long Envoy may take to get anywhere, on a machine that has much else to do. */
const patienceMillis = 60_000;

/** A listener of the tests' own, which greets and hangs up. */
const greeting = "tests_greeting";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class StaticEnvoy {
  readonly #folder: string;
  readonly #rewrite: Rewrite;
  #process: ChildProcess | undefined;
  #version = 0;
  #admin = "";
  #greetingPort = 0;
  #log = "";

  private constructor(folder: string, rewrite: Rewrite) {
    this.#folder = folder;
    this.#rewrite = rewrite;
  }

  /** Starts an Envoy, and waits until it serves the resources. */
  static async start(resources: ProxyResources, options: StaticEnvoyOptions = {}): Promise<StaticEnvoy> {
    const { rewrite = (object) => object, dns, sds = "/nobody/listens" } = options;
    const executable = await envoyPath();
    const folder = mkdtempSync(join(tmpdir(), "appmesh-envoy-"));
    const source = (file: string) => ({
      path_config_source: { path: join(folder, file) },
      resource_api_version: "V3",
    });
    const bootstrap = {
      node: { id: "static", cluster: "static" },
      admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
      static_resources: { listeners: [greetingListener], clusters: [sdsSocketCluster(sds)] },
      dynamic_resources: { cds_config: source("clusters.json"), lds_config: source("listeners.json") },
      ...(dns === undefined ? {} : { typed_dns_resolver_config: resolver(dns) }),
      layered_runtime: {
        layers: [{ name: "static", static_layer: { "re2.max_program_size.error_level": 100000 } }],
      },
    };
    writeFileSync(join(folder, "bootstrap.json"), JSON.stringify(bootstrap));
    for (const kind of ["routes", "secrets"]) mkdirSync(join(folder, kind));
    const envoy = new StaticEnvoy(folder, rewrite);
    try {
      // Envoy ends where a file that it is to watch is not there when it starts.
      envoy.#write(resources);
      envoy.#run(executable);
      await envoy.#until("it is ready", async () => {
        envoy.#admin = readFileSync(join(folder, "admin"), "utf8").trim();
        return (await fetch(`http://${envoy.#admin}/ready`)).ok;
      });
      envoy.#greetingPort = await envoy.#portOf(greeting);
      await envoy.#settled();
    } catch (error) {
      await envoy.stop();
      throw error;
    }
    return envoy;
  }

  #run(executable: string): void {
    const child = spawn(
      executable,
      [
        "--config-path",
        join(this.#folder, "bootstrap.json"),
        "--admin-address-path",
        join(this.#folder, "admin"),
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
    this.#process = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.#log += text;
    });
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

  /**
   * A counter or gauge; 0 where there is none. It counts everything that was answered before, and what it says is
   * in force: Envoy's main thread, which knows it, has heard its worker and been heard by it.
   */
  async stat(name: string): Promise<number> {
    await this.admin("/ready");
    const line = (await this.admin("/stats"))
      .split("\n")
      .find((candidate) => candidate.startsWith(`${name}: `));
    await this.#workerCaughtUp();
    return line === undefined ? 0 : Number(line.slice(name.length + 2));
  }

  log(): string {
    return this.#log;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && running.has(child)) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #endpoints: ReadonlyMap<string, object> = new Map();

  #write(resources: ProxyResources): void {
    this.#version += 1;
    this.#endpoints = new Map(resources.endpoints.map(({ name, json }) => [name, json]));
    for (const kind of ["secrets", "routes"] as const) {
      for (const resource of resources[kind]) {
        this.#file(this.#fileOf(kind, resource.name), types[kind], [resource]);
      }
    }
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

  readonly #files = new Map<string, string>();
  #fileOf(kind: "routes" | "secrets", name: string): string {
    const key = `${kind} ${name}`;
    const known = this.#files.get(key) ?? `${kind}/${this.#files.size}.json`;
    this.#files.set(key, known);
    return known;
  }

  /** Routes and secrets come from files instead of the control plane, and endpoints with their clusters. */
  #localize(value: Json): Json {
    if (Array.isArray(value)) return value.map((item) => this.#localize(item));
    if (typeof value !== "object" || value === null) return value;
    const object = this.#rewrite(value as JsonObject);
    if ("routeConfigName" in object) {
      const path = join(this.#folder, this.#fileOf("routes", String(object.routeConfigName)));
      return { ...object, configSource: { pathConfigSource: { path }, resourceApiVersion: "V3" } };
    }
    if ("edsClusterConfig" in object) {
      const { edsClusterConfig: _, ...rest } = object;
      const loadAssignment = this.#endpoints.get(String(object.name)) ?? { clusterName: object.name };
      return this.#localize({ ...rest, type: "STATIC", loadAssignment });
    }
    if (isFromControlPlane(object)) {
      const path = join(this.#folder, this.#fileOf("secrets", String(object.name)));
      return { ...object, sdsConfig: { pathConfigSource: { path }, resourceApiVersion: "V3" } };
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
    await this.#workerCaughtUp();
  }

  /**
   * The main thread only posts to the worker what it has taken over, and the worker may go on for a moment as it was.
   * Once it has served two connections, one after the other, it has done all that was posted before.
   */
  async #workerCaughtUp(): Promise<void> {
    for (let connections = 0; connections < 2; connections++) {
      await once(connect(this.#greetingPort, "127.0.0.1").resume(), "close");
    }
  }

  async #portOf(listener: string): Promise<number> {
    const { listener_statuses: statuses } = JSON.parse(await this.admin("/listeners?format=json"));
    const found = statuses.find(({ name }: { name: string }) => name === listener);
    return found.local_address.socket_address.port_value;
  }

  async #until(what: string, holds: () => Promise<boolean>): Promise<void> {
    let last: unknown;
    for (const end = Date.now() + patienceMillis; Date.now() < end; ) {
      if (this.#process === undefined || !running.has(this.#process))
        throw new Error(`Envoy ended before ${what}:\n${this.#log}`);
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

const greetingListener = {
  name: greeting,
  address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
  filter_chains: [
    {
      filters: [
        {
          name: "envoy.filters.network.direct_response",
          typed_config: {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config",
            response: { inline_string: "here" },
          },
        },
      ],
    },
  ],
};

const resolver = (port: number) => ({
  name: "envoy.network.dns_resolver.cares",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
    resolvers: [{ socket_address: { address: "127.0.0.1", port_value: port } }],
    dns_resolver_options: { no_default_search_domain: true },
  },
});

/** Names a secret that the control plane would tell. */
const isFromControlPlane = (object: object): object is { name: string } =>
  "sdsConfig" in object && "ads" in (object.sdsConfig as object);

/** Behind which the secret discovery service of a proxy listens, as its bootstrap has it. */
const sdsSocketCluster = (path: string) => ({
  name: sdsCluster,
  type: "STATIC",
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
  load_assignment: {
    cluster_name: sdsCluster,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }],
  },
});

/** What is in secrets, and whether a proxy has them, is not for translation to know: these are good ones. */
function goodSecrets(resources: ProxyResources, authority: TestAuthority, good: Issued): Json[] {
  const names = new Set(
    JSON.stringify(resources)
      .match(/"(certificate|trust):(?:[^"\\]|\\.)*"/g)
      ?.map((name) => JSON.parse(name)),
  );
  return [...names].map((name: string) =>
    name.startsWith("trust:")
      ? { name, validation_context: { trusted_ca: { filename: authority.certificateFile } } }
      : {
          name,
          tls_certificate: {
            certificate_chain: { filename: good.chainFile },
            private_key: { filename: good.keyFile },
          },
        },
  );
}

let testCertificate: Promise<{ authority: TestAuthority; good: Issued }> | undefined;
const certificate = (): NonNullable<typeof testCertificate> => {
  testCertificate ??= TestAuthority.make().then(async (authority) => ({
    authority,
    good: await authority.issue({ names: ["localhost"] }),
  }));
  return testCertificate;
};

/** What several proxies are told as what one could be: with names and ports of their own. */
export function together(all: readonly ProxyResources[]): ProxyResources {
  let port = 10_000;
  const renamed = all.map((resources, i): ProxyResources => {
    const own = [...resources.clusters, ...resources.listeners, ...resources.routes];
    const names = new Map(own.map(({ name }) => [name, `${i}/${name}`]));
    const rename = (value: Json): Json => {
      if (typeof value === "string") return names.get(value) ?? value;
      if (Array.isArray(value)) return value.map(rename);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rename(member)]));
    };
    const listeners = resources.listeners.map(({ json, ...listener }) => {
      const { address } = json as { readonly address: { readonly socketAddress: object } };
      const socketAddress = { ...address.socketAddress, portValue: port++ };
      return { ...listener, json: { ...json, address: { socketAddress } } };
    });
    return rename({ ...resources, listeners }) as ProxyResources;
  });
  return {
    secrets: renamed.flatMap(({ secrets }) => secrets),
    clusters: renamed.flatMap(({ clusters }) => clusters),
    endpoints: renamed.flatMap(({ endpoints }) => endpoints),
    listeners: renamed.flatMap(({ listeners }) => listeners),
    routes: renamed.flatMap(({ routes }) => routes),
    problems: [],
  };
}

/** Why Envoy would not take the resources; undefined if it takes them all. Default: the Envoy of `envoyPath`. */
export async function refusalOf(resources: ProxyResources, executable?: string): Promise<string | undefined> {
  const routes = new Map(resources.routes.map(({ name, json }) => [name, json]));
  const inline = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(inline);
    if (typeof value !== "object" || value === null) return value;
    if (isFromControlPlane(value)) return { name: value.name };
    const { rds, edsClusterConfig, ...rest } = value as {
      rds?: { routeConfigName: string };
      edsClusterConfig?: object;
      name?: string;
    };
    // Without a control plane nobody tells of endpoints.
    if (edsClusterConfig !== undefined) {
      return inline({ ...rest, type: "STATIC", loadAssignment: { clusterName: rest.name } });
    }
    const members = Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, inline(member)]));
    return rds === undefined ? members : { ...members, routeConfig: routes.get(rds.routeConfigName) };
  };
  const { good, authority } = await certificate();
  const config = {
    node: { id: "static", cluster: "static" },
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
    static_resources: {
      secrets: goodSecrets(resources, authority, good),
      clusters: [sdsSocketCluster("/nobody/listens"), ...resources.clusters.map(({ json }) => inline(json))],
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
      executable ?? (await envoyPath()),
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
