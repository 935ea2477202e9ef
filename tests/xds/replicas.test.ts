// What a proxy is told when it comes to another replica than before: nothing that it has.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEndpoint } from "@pulumi-appmesh/control-plane/endpoint.js";
import { AdsClient, type Received } from "../support/ads-client.js";
import { Balancer } from "../support/balancer.js";
import { type ControlPlane, runAppmesh, startControlPlane } from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { loopbackAddress } from "../support/loopback.js";
import { Envoy } from "./envoy.js";

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not within a minute: ${what}`);
  }
}

/** All that the proxies of a mesh without AWS Cloud Map are told. */
const kinds = ["clusters", "listeners", "routes"] as const;
const nodeId = "mesh/shop/virtualNode/web";

describe("A proxy that comes to another replica", function () {
  this.timeout(180_000);
  let server: DynamoDbServer;
  let one: ControlPlane;
  let two: ControlPlane;
  const address = (replica: ControlPlane) => parseEndpoint(replica.xds) as { host: string; port: number };
  before(async function () {
    server = await DynamoDbServer.start(this);
    const table = await server.table();
    const start = () =>
      startControlPlane({ table, args: ["--metrics", "127.0.0.1:0", "--notices", "127.0.0.1:0"] });
    [one, two] = await Promise.all([start(), start()]);
    const put = async (path: string, body: object) => {
      const answer = await one.call("PUT", `/v20190125/meshes${path}`, body);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    };
    await put("", { meshName: "shop" });
    for (const port of [9001, 9002]) {
      await put("/shop/virtualNodes", {
        virtualNodeName: `catalog-${port}`,
        spec: {
          listeners: [{ portMapping: { port, protocol: "http" } }],
          serviceDiscovery: { dns: { hostname: "127.0.0.1" } },
        },
      });
      await put("/shop/virtualServices", {
        virtualServiceName: `catalog-${port}.local`,
        spec: { provider: { virtualNode: { virtualNodeName: `catalog-${port}` } } },
      });
    }
    await put("/shop/virtualNodes", {
      virtualNodeName: "web",
      spec: {
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: "127.0.0.1" } },
        backends: [9001, 9002].map((port) => ({
          virtualService: { virtualServiceName: `catalog-${port}.local` },
        })),
      },
    });
    await until("both have it", async () => {
      const { status } = await two.call("GET", "/v20190125/meshes/shop/virtualNodes/web");
      return status === 200;
    });
  });
  after(async () => {
    await one?.stop();
    await two?.stop();
    await server?.close();
  });

  for (const protocol of ["incremental", "stateOfTheWorld"] as const) {
    it(`is sent nothing that it has, over the ${protocol} protocol`, async () => {
      const first = new AdsClient(address(one), protocol);
      const had = new Map<string, Received>();
      for (const kind of kinds) {
        const asked = kind === "routes" ? routesOf(had) : [];
        first.send({ ...(kind === "clusters" && { nodeId }), kind, names: asked, subscribe: asked });
        const received = await first.next();
        had.set(kind, received);
        first.send({ kind, nonce: received.nonce, names: asked, version: received.version });
      }
      first.close();
      assert.deepEqual(
        kinds.map((kind) => (had.get(kind)?.names.length ?? 0) > 0),
        [true, true, true],
      );

      const before = await sent(two);
      const second = new AdsClient(address(two), protocol);
      const proxies = () => connected(two);
      for (const [kind, { names, versions, version }] of had) {
        const asked = kind === "routes" ? names : [];
        second.send({
          ...(kind === "clusters" && { nodeId }),
          kind: kind as (typeof kinds)[number],
          names: asked,
          subscribe: asked,
          version,
          initialVersions: Object.fromEntries(versions),
        });
      }
      await until("it is connected", async () => (await proxies()) === 1);
      await second.settle();
      assert.deepEqual(
        second.received.map(({ kind, names }) => [kind, names]),
        [],
      );
      assert.equal(await sent(two), before);
      second.close();
      await until("it is gone", async () => (await proxies()) === 0);
    });
  }

  it("is sent nothing as a real Envoy, and serves on", async () => {
    const balancer = await Balancer.open(address(one));
    const at = await loopbackAddress(8080);
    const made = await runAppmesh("bootstrap", [
      ...["--mesh", "shop", "--node", "web", "--xds", `127.0.0.1:${balancer.address.port}`],
      ...["--interception", "explicit", "--address", at],
    ]);
    assert.equal(made.code, 0, made.stderr);
    const envoy = await Envoy.start({
      nodeId,
      xds: { host: "127.0.0.1", port: balancer.address.port },
      protocol: "incremental",
      bootstrap: JSON.parse(made.stdout),
    });
    try {
      await until("it has everything", async () => (await sent(one)) > 4 && (await acknowledged(one)) >= 4);
      await until("it is quiet", async () => {
        const before = await sent(one);
        await sleep(300);
        return (await sent(one)) === before;
      });
      const before = await sent(two);
      balancer.lead(address(two));
      balancer.cut();
      await until("it is at the other one", async () => (await connected(two)) === 1);
      // A change that it does need is told, and nothing beside it.
      const spec = {
        listeners: [{ portMapping: { port: 9001, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: "127.0.0.2" } },
      };
      const path = "/v20190125/meshes/shop/virtualNodes/catalog-9001";
      assert.equal((await two.call("PUT", path, { spec })).status, 200);
      await until("the change is there", async () => (await sent(two)) > before);
      await sleep(200);
      assert.equal((await sent(two)) - before, 1);
      // It tells of the stream that broke, and of nothing that it would not take.
      assert.deepEqual(
        envoy
          .log()
          .split("\n")
          .filter((line) => line !== "" && !/gRPC config stream to \S+ closed/.test(line)),
        [],
      );
    } finally {
      await envoy.stop();
      balancer.close();
    }
  });
});

const routesOf = (had: ReadonlyMap<string, Received>): string[] => {
  const names = new Set<string>();
  for (const body of had.get("listeners")?.bodies.values() ?? []) {
    for (const [name] of Buffer.from(body)
      .toString("latin1")
      .matchAll(/rds_[\w.-]+/g))
      names.add(name);
  }
  return [...names];
};

async function metrics(replica: ControlPlane): Promise<string> {
  const [, url = ""] = /"metrics":"([^"]+)"/.exec(replica.log()) ?? [];
  return (await fetch(url)).text();
}

const sum = (text: string, metric: string): number =>
  [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\d+)$`, "gm"))].reduce(
    (all, [, n]) => all + Number(n),
    0,
  );

const sent = async (replica: ControlPlane) => sum(await metrics(replica), "appmesh_xds_resources_sent_total");
const connected = async (replica: ControlPlane) => sum(await metrics(replica), "appmesh_xds_proxies");
const acknowledged = async (replica: ControlPlane) =>
  sum(await metrics(replica), "appmesh_xds_acknowledgement_duration_seconds_count");
