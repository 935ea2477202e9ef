// Connections of proxies that fall silent, or that become old, while requests flow through the proxies: none is lost.
import assert from "node:assert/strict";
import { bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import type { MeshChange, MeshSource } from "@pulumi-appmesh/control-plane/source/mesh-source.js";
import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import { Http2Transport, type Keepalive } from "@pulumi-appmesh/control-plane/xds/http2-transport.js";
import { XdsServer, type XdsTiming } from "@pulumi-appmesh/control-plane/xds/server.js";
import type { Address } from "@pulumi-appmesh/control-plane/xds/transport.js";
import { pino } from "pino";
import { callAt, echoServer, type TestServer } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { type Namespace, Network, namespacesMissing } from "../support/namespaces.js";
import { skipWithout } from "../support/needs.js";
import { until } from "../support/sidecar.js";
import { Traffic } from "../support/traffic.js";
import { Envoy } from "../xds/envoy.js";

/** A gateway, and two services of which one at a time is called. */
class Shop implements MeshSource {
  xds!: XdsServer;
  address!: Address;
  log = "";
  #to: "app" | "other" = "app";
  readonly #listeners = new Set<(change: MeshChange) => void>();

  private constructor(
    private readonly host: string,
    private readonly servers: Readonly<Record<"app" | "other", TestServer>>,
  ) {}

  static async start(
    host: string,
    { timing = {}, keepalive }: { timing?: Partial<XdsTiming>; keepalive?: Keepalive },
  ): Promise<Shop> {
    const shop = new Shop(host, {
      app: await echoServer("app", { host }),
      other: await echoServer("other", { host }),
    });
    const log = pino({}, { write: (line: string) => (shop.log += line) });
    shop.xds = new XdsServer({ source: shop, log, timing });
    shop.address = await shop.xds.listen(host, 0, new Http2Transport(keepalive && { keepalive }));
    return shop;
  }

  entities() {
    return entitiesOf(this.#document());
  }

  subscribe(listener: (change: MeshChange) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(to: "app" | "other"): void {
    this.#to = to;
    for (const listener of this.#listeners) {
      listener({ meshName: "shop", meshOwner: "000000000000", reads: ["routes/catalog"] });
    }
  }

  async stop(): Promise<void> {
    await this.xds.close();
    for (const server of Object.values(this.servers)) await server.close();
  }

  #document(): MeshDocument {
    const node = ({ port }: TestServer) => ({
      listeners: [{ portMapping: { port, protocol: "http" as const } }],
      serviceDiscovery: { dns: { hostname: this.host } },
    });
    return {
      meshName: "shop",
      virtualNodes: {
        app: node(this.servers.app),
        other: node(this.servers.other),
      },
      virtualGateways: { front: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
      gatewayRoutes: {
        front: {
          all: {
            httpRoute: {
              match: { prefix: "/" },
              action: { target: { virtualService: { virtualServiceName: "catalog.local" } } },
            },
          },
        },
      },
      virtualServices: { "catalog.local": { provider: { virtualRouter: { virtualRouterName: "catalog" } } } },
      virtualRouters: { catalog: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] } },
      routes: {
        catalog: {
          all: {
            httpRoute: {
              match: { prefix: "/" },
              action: { weightedTargets: [{ virtualNode: this.#to, weight: 1 }] },
            },
          },
        },
      },
    };
  }
}

const bootstrapOf = (xds: Address, address: string, adminPort: number) =>
  bootstrap({
    ...{ mesh: "shop", kind: "virtualGateway", name: "front", xds, adminPort },
    interception: { mode: "explicit", address, appPorts: {} },
  });

/** From when the proxy has its configuration. */
async function flowing(address: string): Promise<Traffic> {
  const call = () => callAt(`${address}:8080`, "/");
  const status = () =>
    call().then(
      (answer) => answer.status,
      () => 0,
    );
  await until(async () => (await status()) === 200);
  return new Traffic(call);
}

describe("A connection that becomes old, under traffic", function () {
  this.timeout(180_000);
  let shop: Shop;
  let envoy: Envoy | undefined;
  let traffic: Traffic | undefined;
  after(async () => {
    await traffic?.stop();
    await envoy?.stop();
    await shop?.stop();
  });

  it("is replaced by its proxy, again and again, and no change and no request is lost", async () => {
    // Half an hour in production.
    shop = await Shop.start("127.0.0.1", { timing: { maxAgeMillis: 400 } });
    const at = await loopbackAddress(8080);
    envoy = await Envoy.start({
      nodeId: "mesh/shop/virtualGateway/front",
      xds: shop.address,
      protocol: "incremental",
      bootstrap: bootstrapOf(shop.address, at, 0),
    });
    traffic = await flowing(at);
    await traffic.comesTo("app");
    for (const to of ["other", "app", "other", "app", "other"] as const) {
      const connected = () => shop.log.split('virtualGateway/front connected"').length;
      const before = connected();
      await until(() => connected() > before);
      shop.send(to);
      await traffic.comesTo(to);
    }
    assert.deepEqual([...new Set(traffic.failed)], []);
  });
});

describe("A connection that falls silent, under traffic", function () {
  this.timeout(180_000);
  let network: Network | undefined;
  let front: Namespace;
  let shop: Shop | undefined;
  let traffic: Traffic | undefined;
  before(function () {
    skipWithout(this, namespacesMissing());
  });
  after(async () => {
    await traffic?.stop();
    await shop?.stop();
    network?.close();
  });

  it("is found by both sides, and the proxy keeps what it has, and catches up", async () => {
    network = new Network();
    front = network.add("front");
    // A minute at the most, in production: both ask after 30 seconds, and wait for 10.
    shop = await Shop.start(network.host, { keepalive: { idleMillis: 500, answerMillis: 1_000 } });
    const config = JSON.stringify(bootstrapOf(shop.address, front.address, 9901)).replace(
      '"connectionKeepalive":{"interval":"30s","timeout":"10s"}',
      '"connectionKeepalive":{"interval":"0.5s","timeout":"1s"}',
    );
    assert.match(config, /"interval":"0.5s"/);
    const log = await front.envoy(1337, JSON.parse(config));
    traffic = await flowing(front.address);
    await traffic.comesTo("app");
    const blackhole = (action: "-I" | "-D") => {
      for (const [chain, port] of [
        ["INPUT", "--sport"],
        ["OUTPUT", "--dport"],
      ] as const) {
        const rule = ["-p", "tcp", port, `${shop?.address.port}`, "-j", "DROP"];
        front.run("iptables", "-w", action, chain, ...rule);
      }
    };
    for (const to of ["other", "app"] as const) {
      await until(() => shop?.xds.proxies().length === 1);
      blackhole("-I");
      // Nobody says goodbye: the server would hold the stream, and what it sends, for as long as TCP tries.
      await until(() => shop?.xds.proxies().length === 0);
      shop.send(to);
      await traffic.more(50);
      assert.notEqual(traffic.last, to);
      blackhole("-D");
      await traffic.comesTo(to);
    }
    assert.deepEqual([...new Set(traffic.failed)], []);
    assert.match(log(), /gRPC config stream to \S+ closed/);
  });
});
