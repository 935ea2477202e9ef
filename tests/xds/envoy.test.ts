// The xDS server against a real Envoy: what it is told comes into force, and no request ever fails.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";
import type { ResourceKind } from "@pulumi-appmesh/control-plane/xds/resource-kinds.js";
import type { Protocol } from "@pulumi-appmesh/control-plane/xds/transport.js";
import { assignment, edsCluster, type Lists, listener, routes } from "../support/fake-mesh.js";
import { Envoy, eventually, get } from "./envoy.js";
import { nodeId, World } from "./harness.js";

for (const protocol of ["incremental", "stateOfTheWorld"] as const satisfies Protocol[]) {
  describe(`a real Envoy, ${protocol}`, function () {
    this.timeout(180_000);
    const services: Server[] = [];
    const ports: number[] = [];
    let world: World;
    let relay: Relay;
    let envoy: Envoy;
    let port: number;
    let traffic: Traffic;

    before(async () => {
      for (const version of ["v0", "v1"]) {
        const service = createServer((_, response) => response.end(version));
        await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
        services.push(service);
        ports.push((service.address() as AddressInfo).port);
      }
      world = await World.start(configuration(0), { timing: {} });
      relay = await Relay.start(world.address);
      envoy = await Envoy.start({ nodeId, xds: relay.address, protocol });
      port = await eventually("a listener", () => envoy.port("egress"));
      traffic = new Traffic(port);
      traffic.start();
      await eventually("traffic", async () => (traffic.last === "v0" ? true : undefined));
      // Envoy knows the port of a listener some moments before it takes connections there.
      traffic.failures.splice(0);
    });
    after(async () => {
      await traffic?.stop();
      await envoy?.stop();
      relay?.cut();
      await world?.stop();
      for (const service of services) service.close();
    });
    afterEach(() => assert.deepEqual(traffic.failures.splice(0), []));

    /** Everything goes to the cluster of that step, which is a service of v0 or v1. */
    function configuration(step: number, timeout = "1s"): Lists {
      const name = `catalog-${step}`;
      return {
        clusters: [edsCluster(name, timeout)],
        endpoints: [assignment(name, ports[step % 2] as number)],
        listeners: [listener("egress", "egress")],
        routes: [routes("egress", name)],
      };
    }
    const status = () => world.server.proxies()[0];
    /** Changes what Envoy is told, and waits until it has all of that. */
    async function tell(lists: Lists): Promise<void> {
      const before = JSON.stringify(versions("version"));
      world.mesh.set("web", lists);
      await eventually("the new versions", async () =>
        JSON.stringify(versions("version")) === before ? undefined : true,
      );
      await upToDate();
    }
    const upToDate = () =>
      eventually("Envoy to have the newest versions", async () => {
        const should = JSON.stringify(versions("version"));
        return should !== "{}" && should === JSON.stringify(versions("acknowledged")) ? true : undefined;
      });
    const versions = (which: "version" | "acknowledged") =>
      Object.fromEntries(
        Object.entries(status()?.resources ?? {}).map(([kind, each]) => [kind, each[which]]),
      );
    /** Names of what Envoy itself says that it runs with. */
    async function running(): Promise<Record<ResourceKind, string[]>> {
      const { configs } = JSON.parse(await envoy.get("/config_dump?include_eds"));
      const of = (type: string) =>
        configs.find((each: { "@type": string }) => each["@type"].endsWith(`.${type}`)) ?? {};
      // biome-ignore lint/suspicious/noExplicitAny: Envoy's own JSON.
      const names = (list: any[] | undefined, name: (each: any) => string) =>
        (list ?? []).map(name).toSorted();
      return {
        secrets: names(of("SecretsConfigDump").dynamic_active_secrets, (each) => each.name),
        clusters: names(of("ClustersConfigDump").dynamic_active_clusters, (each) => each.cluster.name),
        endpoints: names(
          of("EndpointsConfigDump").dynamic_endpoint_configs,
          (each) => each.endpoint_config.cluster_name,
        ),
        listeners: names(of("ListenersConfigDump").dynamic_listeners, (each) => each.name),
        routes: names(of("RoutesConfigDump").dynamic_route_configs, (each) => each.route_config.name),
      };
    }

    it("moves traffic to a new cluster and removes the old, thirty times, without a failed request", async () => {
      for (let step = 1; step <= 30; step++) {
        await tell(configuration(step));
        await eventually(`v${step % 2}`, async () => (traffic.last === `v${step % 2}` ? true : undefined));
        await eventually("the old cluster to go", async () =>
          (await running()).clusters.includes(`catalog-${step - 1}`) ? undefined : true,
        );
      }
      assert.deepEqual(await running(), {
        clusters: ["catalog-30"],
        endpoints: ["catalog-30"],
        listeners: ["egress"],
        routes: ["egress"],
        secrets: [],
      });
    });

    it("follows endpoints that change alone", async () => {
      await tell({ ...configuration(30), endpoints: [assignment("catalog-30", ports[1] as number)] });
      await eventually("v1", async () => (traffic.last === "v1" ? true : undefined));
    });

    it("has a changed cluster warm at once, though its endpoints stay the same", async () => {
      const before = await envoy.stats("cluster.catalog-30.update_success");
      // Left to itself, Envoy would hold back its acknowledgement for 15 s.
      await tell(configuration(30, "3s"));
      assert.deepEqual(await envoy.stats("^cluster_manager.warming_clusters$"), {
        "cluster_manager.warming_clusters": 0,
      });
      assert.notDeepEqual(await envoy.stats("cluster.catalog-30.update_success"), before);
    });

    it("keeps what it has when it rejects a cluster and the routes to it, and the entity is named", async () => {
      const good = configuration(30, "3s");
      const broken = {
        ...edsCluster("broken"),
        json: { name: "broken", type: "EDS", connectTimeout: "1s" },
        entities: ["virtualNode/broken-v1"],
      } as const;
      world.mesh.set("web", {
        ...good,
        clusters: [...(good.clusters ?? []), broken],
        routes: [routes("egress", "broken")],
      });
      const error = await eventually("a rejection", async () => status()?.resources.clusters?.error);
      assert.deepEqual(
        { resources: error.resources, entities: error.entities },
        { resources: ["broken"], entities: ["virtualNode/broken-v1"] },
      );
      assert.match(error.reason, /broken/);
      assert.deepEqual(world.logged(50), [
        `proxy ${nodeId} rejected clusters broken (made from virtualNode/broken-v1): ${error.reason}; ` +
          "it keeps what it had until they change",
      ]);
      assert.deepEqual((await running()).clusters, ["catalog-30"]);
      // What has nothing to do with it goes on.
      world.mesh.set("web", {
        ...good,
        clusters: [...(good.clusters ?? []), ...(configuration(31).clusters ?? []), broken],
        endpoints: [...(good.endpoints ?? []), ...(configuration(31).endpoints ?? [])],
        routes: [routes("egress", "catalog-31")],
      });
      await eventually("v1", async () => (traffic.last === "v1" ? true : undefined));
      await tell(configuration(32));
      await eventually("v0", async () => (traffic.last === "v0" ? true : undefined));
      assert.equal(status()?.resources.clusters?.error, undefined);
    });

    it("goes on without the server, and is sent nothing twice when that is there again", async () => {
      await world.server.close();
      const served = traffic.count;
      await eventually("traffic without a server", async () =>
        traffic.count > served + 50 ? true : undefined,
      );
      const sent: ResourceKind[] = [];
      await world.serve({ timing: {}, onAcknowledged: ({ kind }) => sent.push(kind) });
      await eventually("Envoy to come back", async () =>
        Object.keys(status()?.resources ?? {}).length === 4 ? true : undefined,
      );
      await upToDate();
      // The version that a state-of-the-world client names counts in endpoints that it has dropped since.
      assert.deepEqual(sent, protocol === "incremental" ? [] : ["endpoints"]);
      await tell(configuration(33));
      await eventually("v1", async () => (traffic.last === "v1" ? true : undefined));
    });

    it("hears after a reconnection of what changed meanwhile, make before break", async () => {
      relay.cut();
      await eventually("the server to notice", async () => (status() === undefined ? true : undefined));
      world.mesh.set("web", configuration(34));
      await relay.mend();
      await eventually("v0", async () => (traffic.last === "v0" ? true : undefined));
      await eventually("the old cluster to go", async () =>
        (await running()).clusters.includes("catalog-33") ? undefined : true,
      );
      await upToDate();
    });

    // A state-of-the-world client says no more of its clusters than a version that a new server cannot know.
    if (protocol === "incremental") {
      it("hears after a restart of what changed meanwhile, make before break", async () => {
        await world.server.close();
        world.mesh.set("web", configuration(35));
        await world.serve({ timing: {} });
        await eventually("v1", async () => (traffic.last === "v1" ? true : undefined));
        await eventually("the old cluster to go", async () =>
          (await running()).clusters.includes("catalog-34") ? undefined : true,
        );
        await upToDate();
      });
    }

    it("has rejected nothing but what was wrong, and waits for nothing", async () => {
      const stats = await envoy.stats(
        "^(cluster_manager.cds|listener_manager.lds|http.egress.rds.egress).update_rejected$|_warming$|warming_clusters$",
      );
      assert.deepEqual(stats, {
        "cluster_manager.cds.update_rejected": 1,
        "cluster_manager.warming_clusters": 0,
        "http.egress.rds.egress.update_rejected": 0,
        "listener_manager.lds.update_rejected": 0,
        "listener_manager.total_listeners_warming": 0,
      });
    });
  });
}

/** Carries connections to the server, until it is cut. */
class Relay {
  private readonly sockets = new Set<Socket>();
  private server!: TcpServer;

  private constructor(
    private readonly to: { readonly host: string; readonly port: number },
    readonly address = { host: "127.0.0.1", port: 0 },
  ) {}

  static async start(to: { readonly host: string; readonly port: number }): Promise<Relay> {
    const relay = new Relay(to);
    await relay.mend();
    return relay;
  }

  async mend(): Promise<void> {
    this.server = createTcpServer((near) => {
      const far = connect(this.to.port, this.to.host);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(socket);
        socket
          .on("error", () => {})
          .on("close", () => {
            this.sockets.delete(socket);
            other.destroy();
          });
        socket.pipe(other);
      }
    });
    await new Promise<void>((resolve) => this.server.listen(this.address.port, this.address.host, resolve));
    this.address.port = (this.server.address() as AddressInfo).port;
  }

  cut(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** Requests, one after the other. */
class Traffic {
  readonly failures: string[] = [];
  count = 0;
  /** The last answer. */
  last = "";
  private going = false;
  private done: Promise<void> | undefined;

  constructor(private readonly port: number) {}

  start(): void {
    this.going = true;
    this.done = this.run();
  }

  async stop(): Promise<void> {
    this.going = false;
    await this.done;
  }

  private async run(): Promise<void> {
    while (this.going) {
      try {
        const { status, body } = await get({ host: "127.0.0.1", port: this.port });
        this.count++;
        if (status !== 200) this.failures.push(`${status} ${body}`);
        else this.last = body;
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }
}
