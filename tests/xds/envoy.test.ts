// The xDS server against a real Envoy: what it is told comes into force, and no request ever fails.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { XdsServer } from "@pulumi-appmesh/control-plane/xds/server.js";
import type { Protocol } from "@pulumi-appmesh/control-plane/xds/transport.js";
import { pino } from "pino";
import { assignment, edsCluster, FakeMesh, type Lists, listener, routes } from "../support/fake-mesh.js";
import { Envoy, eventually, get } from "./envoy.js";

for (const protocol of ["incremental", "stateOfTheWorld"] as const satisfies Protocol[]) {
  describe(`a real Envoy, ${protocol}`, function () {
    this.timeout(120_000);
    const services: Server[] = [];
    const ports: number[] = [];
    let mesh: FakeMesh;
    let server: XdsServer;
    let envoy: Envoy;
    let port: number;
    let rejected: number;
    let traffic: Traffic;

    before(async () => {
      for (const version of ["v0", "v1"]) {
        const service = createServer((_, response) => response.end(version));
        service.listen(0, "127.0.0.1");
        await new Promise((resolve) => service.once("listening", resolve));
        services.push(service);
        ports.push((service.address() as AddressInfo).port);
      }
      mesh = new FakeMesh({ web: configuration(0) });
      server = new XdsServer({
        source: mesh,
        translate: mesh.translate,
        log: pino({ level: process.env["LOG"] ?? "silent" }),
      });
      const xds = await server.listen("127.0.0.1", 0);
      envoy = await Envoy.start({
        nodeId: "mesh/shop/virtualNode/web",
        xds,
        protocol,
        logLevel: process.env["ELOG"] ?? "warning",
      });
      port = await eventually("a listener", () => envoy.port("egress"));
      traffic = new Traffic(port);
    });
    after(async () => {
      await traffic?.stop();
      await envoy?.stop();
      await server?.close();
      for (const service of services) service.close();
    });

    function configuration(step: number): Lists {
      const name = `catalog-${step}`;
      return {
        clusters: [edsCluster(name)],
        endpoints: [assignment(name, ports[step % 2] as number)],
        listeners: [listener("egress", "egress")],
        routes: [routes("egress", name)],
      };
    }

    it("serves the first configuration", async () => {
      await eventually("v0", async () =>
        (await get({ host: "127.0.0.1", port })).body === "v0" ? true : undefined,
      );
      traffic.start();
    });

    it("moves traffic to a new cluster and removes the old, thirty times, without a failed request", async () => {
      for (let step = 1; step <= 30; step++) {
        const t = performance.now();
        mesh.set("web", configuration(step));
        await eventually(`v${step % 2}`, async () => (traffic.last === `v${step % 2}` ? true : undefined));
        const t1 = performance.now() - t;
        await eventually("the old cluster to go", async () =>
          (await envoy.get("/clusters")).includes(`catalog-${step - 1}::`) ? undefined : true,
        );
        if (process.env["VERBOSE"]) console.log(step, t1, performance.now() - t);
      }
      assert.deepEqual(traffic.failures, []);
      assert.ok(traffic.count > 100);
      const stats = await envoy.stats("update_rejected|warming_clusters|update_failure");
      console.log(stats);
    });

    it("changes a cluster whose endpoints stay the same", async () => {
      const lists = configuration(30);
      mesh.set("web", { ...lists, clusters: [edsCluster("catalog-30", "3s")] });
      await eventually(
        "the new version",
        async () => {
          const status = server.proxies()[0]?.resources.clusters;
          return status?.acknowledged === status?.version ? true : undefined;
        },
        10,
      );
      assert.equal((await envoy.stats("warming_clusters"))["cluster_manager.warming_clusters"], 0);
      assert.deepEqual(traffic.failures, []);
    });
  });
}

/** A stream of requests, one after the other. */
class Traffic {
  readonly failures: string[] = [];
  count = 0;
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
