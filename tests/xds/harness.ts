// A server of its own for each test, with the clients that the test opens, all closed when it ends.
import { XdsServer, type XdsServerOptions } from "@pulumi-appmesh/control-plane/xds/server.js";
import type { Address, Protocol, Transport } from "@pulumi-appmesh/control-plane/xds/transport.js";
import { pino } from "pino";
import { AdsClient } from "../support/ads-client.js";
import { FakeMesh, type Lists } from "../support/fake-mesh.js";

export const nodeId = "mesh/shop/virtualNode/web";

/** Short where a client of these tests leaves out what every Envoy does, and where it would wait for nothing. */
export const timing = { reconnectMillis: 0, closeMillis: 100, coalesceMillis: 0 };

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export class World {
  readonly mesh = new FakeMesh();
  readonly log: LogLine[] = [];
  server!: XdsServer;
  address!: Address;
  private readonly clients = new Set<AdsClient>();

  /** Serves `web`, if there are lists for it. */
  static async start(
    web?: Lists,
    options: Partial<XdsServerOptions> = {},
    transport?: Transport,
  ): Promise<World> {
    const world = new World();
    if (web !== undefined) world.mesh.set("web", web);
    await world.serve(options, transport);
    return world;
  }

  async serve(options: Partial<XdsServerOptions> = {}, transport?: Transport): Promise<void> {
    const log = pino({ level: "trace" }, { write: (line: string) => this.log.push(JSON.parse(line)) });
    this.server = new XdsServer({
      source: this.mesh,
      translate: this.mesh.translate,
      log,
      timing,
      ...options,
    });
    this.address = await this.server.listen("127.0.0.1", this.address?.port ?? 0, transport);
  }

  open(protocol: Protocol): AdsClient {
    const client = new AdsClient(this.address, protocol);
    this.clients.add(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.server.close();
  }

  /** Messages of at least that level, such as 40 for warnings. */
  logged(level: number): string[] {
    return this.log.filter((line) => line.level >= level).map(({ msg }) => msg);
  }
}
