// A real Envoy that takes its whole configuration over ADS.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Protocol } from "@pulumi-appmesh/control-plane/xds/transport.js";
import { envoyPath } from "../support/tools.js";

export interface EnvoyOptions {
  readonly nodeId: string;
  readonly xds: { readonly host: string; readonly port: number };
  readonly protocol: Protocol;
  readonly logLevel?: string;
  /** Instead of the one that these options make. */
  readonly bootstrap?: object;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Envoy {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly admin: { readonly host: string; readonly port: number },
    /** Everything that it has logged so far. */
    readonly log: () => string,
  ) {}

  static async start(options: EnvoyOptions): Promise<Envoy> {
    const folder = mkdtempSync(join(tmpdir(), "appmesh-envoy-"));
    const bootstrap = join(folder, "bootstrap.json");
    const adminFile = join(folder, "admin");
    writeFileSync(bootstrap, JSON.stringify(options.bootstrap ?? bootstrapOf(options)));
    const child = spawn(
      await envoyPath(),
      [
        ...[
          "-c",
          bootstrap,
          "--admin-address-path",
          adminFile,
          "--use-dynamic-base-id",
          "--concurrency",
          "1",
        ],
        ...["--log-level", options.logLevel ?? "warning"],
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    running.add(child);
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
    while (!existsSync(adminFile) || readFileSync(adminFile, "utf8") === "") {
      if (child.exitCode !== null)
        throw new Error(`Envoy ended with ${child.exitCode} before it was up:\n${log}`);
      await sleep(20);
    }
    const [host = "", port = ""] = readFileSync(adminFile, "utf8").trim().split(":");
    return new Envoy(child, folder, { host, port: Number(port) }, () => log);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "exit");
      this.child.kill("SIGKILL");
      await ended;
    }
    running.delete(this.child);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async get(path: string): Promise<string> {
    const { body } = await get({ ...this.admin, path });
    return body;
  }

  /** Counters and gauges whose names match. */
  async stats(filter: string): Promise<Record<string, number>> {
    const { stats } = JSON.parse(await this.get(`/stats?format=json&filter=${encodeURIComponent(filter)}`));
    return Object.fromEntries(
      (stats as { name?: string; value?: number }[]).flatMap(({ name, value }) =>
        name === undefined || value === undefined ? [] : [[name, value]],
      ),
    );
  }

  /** The port that a listener got; undefined as long as there is none. */
  async port(listenerName: string): Promise<number | undefined> {
    const { listener_statuses: listeners = [] } = JSON.parse(await this.get("/listeners?format=json"));
    const found = listeners.find((each: { name: string }) => each.name === listenerName);
    return found?.local_address.socket_address.port_value;
  }
}

/** Calls until the answer is not undefined. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  seconds = 60,
): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(20)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new Error(`waited ${seconds} s in vain: ${what}`);
}

export function get(options: {
  host: string;
  port: number;
  path?: string;
}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}

function bootstrapOf({ nodeId, xds, protocol }: EnvoyOptions): object {
  return {
    node: { id: nodeId, cluster: "tests" },
    admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
    dynamic_resources: {
      ads_config: {
        api_type: protocol === "incremental" ? "DELTA_GRPC" : "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: "xds" } }],
      },
      cds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
      lds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
    },
    static_resources: {
      clusters: [
        {
          name: "xds",
          type: "STATIC",
          load_assignment: {
            cluster_name: "xds",
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address: xds.host, port_value: xds.port } } } },
                ],
              },
            ],
          },
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              explicit_http_config: {
                http2_protocol_options: { connection_keepalive: { interval: "30s", timeout: "10s" } },
              },
            },
          },
        },
      ],
    },
  };
}
