// Transparent interception as ECS tasks and pods have it: programs that know nothing of a mesh, in a network namespace
// with an Envoy, to which iptables redirects what comes in and goes out.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { bootstrap } from "@pulumi-appmesh/control-plane/bootstrap/bootstrap.js";
import type { MeshSource } from "@pulumi-appmesh/control-plane/source/mesh-source.js";
import { entitiesOf, type MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import { XdsServer } from "@pulumi-appmesh/control-plane/xds/server.js";
import { pino } from "pino";
import { dnsServer } from "../support/dns.js";
import { callAt, echoServer, greetingServer } from "../support/http.js";
import { type Namespace, Network, namespacesMissing } from "../support/namespaces.js";
import { skipWithout } from "../support/needs.js";
import { heard } from "../support/redirected.js";
import { until } from "../support/sidecar.js";

const appmesh = fileURLToPath(new URL("../../../control-plane/bin/appmesh", import.meta.url));
const uid = 1337;

/** Answers HTTP with its name, and whoever connects to the last port with a greeting, as a database does. */
const app = (name: string, ports: readonly number[], greetingPort: number) => `
  for (const port of ${JSON.stringify(ports)}) {
    require("node:http").createServer((_, response) => response.end("${name}:" + port)).listen(port);
  }
  require("node:net").createServer((socket) => socket.end("${name} greets\\n")).listen(${greetingPort});
`;

describe("interception in network namespaces", function () {
  this.timeout(180_000);
  let network: Network;
  let front: Namespace;
  let catalog: Namespace;
  let open: Namespace;
  let xds: XdsServer;
  const logs: (() => string)[] = [];
  const closing: { close(): Promise<void> }[] = [];

  before(async function () {
    skipWithout(this, namespacesMissing());
    network = new Network();
    front = network.add("front");
    catalog = network.add("catalog");
    open = network.add("open");
    // The names of the mesh lead nowhere: who reaches them has reached the mesh.
    const names = {
      "catalog.shop.local": ["198.51.100.1"],
      "db.shop.local": ["198.51.100.2"],
      "catalog.internal": [catalog.address],
      "outside.example": [network.host],
    };
    closing.push(await dnsServer(names, { host: network.host, port: 53 }));
    const listener = (port: number, protocol: "http" | "tcp") => ({ portMapping: { port, protocol } });
    const document: MeshDocument = {
      meshName: "shop",
      virtualNodes: {
        front: {
          backends: ["catalog.shop.local", "db.shop.local"].map((virtualServiceName) => ({
            virtualService: { virtualServiceName },
          })),
        },
        catalog: {
          listeners: [listener(8080, "http"), listener(3306, "tcp")],
          serviceDiscovery: { dns: { hostname: "catalog.internal" } },
        },
      },
      virtualRouters: {
        catalog: { listeners: [listener(8080, "http")] },
        db: { listeners: [listener(3306, "tcp")] },
      },
      routes: {
        catalog: {
          all: {
            httpRoute: {
              match: { prefix: "/" },
              action: { weightedTargets: [{ virtualNode: "catalog", weight: 1, port: 8080 }] },
            },
          },
        },
        db: {
          all: {
            tcpRoute: { action: { weightedTargets: [{ virtualNode: "catalog", weight: 1, port: 3306 }] } },
          },
        },
      },
      virtualServices: {
        "catalog.shop.local": { provider: { virtualRouter: { virtualRouterName: "catalog" } } },
        "db.shop.local": { provider: { virtualRouter: { virtualRouterName: "db" } } },
      },
    };
    const letsOut: MeshDocument = {
      meshName: "open",
      mesh: { egressFilter: { type: "ALLOW_ALL" } },
      virtualNodes: { open: {} },
    };
    const source: MeshSource = {
      entities: (meshName) => entitiesOf(meshName === "open" ? letsOut : document),
      subscribe: () => () => {},
    };
    xds = new XdsServer({ source, log: pino({ level: "silent" }) });
    const { port } = await xds.listen(network.host, 0);

    catalog.start(process.execPath, "-e", app("catalog", [8080, 9000], 3306));
    front.start(process.execPath, "-e", app("front", [7000], 7001));

    const options = {
      kind: "virtualNode",
      interception: { mode: "transparent" },
      adminPort: 9901,
    } as const;
    const own = (name: string, mesh = "shop") =>
      bootstrap({ ...options, mesh, name, xds: { host: network.host, port } });
    logs.push(await catalog.envoy(uid, own("catalog")));
    logs.push(await open.envoy(uid, own("open", "open")));
    logs.push(await front.envoy(uid, awsBootstrap("front", `${network.host}:${port}`)));
    for (const space of [front, catalog, open]) {
      await until(async () => (await space.ask("curl", "-sf", "http://127.0.0.1:9901/ready")).code === 0);
    }
    catalog.run(appmesh, "redirect", "--apply", "--app-ports", "8080,3306");
    open.run(appmesh, "redirect", "--apply");
    const ignored = ["--egress-ignored-ips", network.secondHost, "--egress-ignored-ports", "22,7777"];
    front.run(appmesh, "redirect", "--apply", "--ignore-uid", String(uid), ...ignored);
  });
  after(async () => {
    await xds?.close();
    for (const closed of closing.splice(0)) await closed.close();
    network?.close();
  });
  afterEach(function () {
    if (this.currentTest?.state === "failed") for (const log of logs) console.error(log());
  });

  /** What AWS's own sidecar image makes of its environment, without its signatures. */
  const awsBootstrap = (name: string, target: string) => {
    const id = `arn:aws:appmesh:us-east-1:000000000000:mesh/shop/virtualNode/${name}`;
    const fromAds = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
    const channelArgs = { "grpc.keepalive_time_ms": { int_value: 10_000 } };
    const google = { stat_prefix: "ads", target_uri: target, channel_args: { args: channelArgs } };
    return {
      node: { id, cluster: id, metadata: { "aws.appmesh.platformInfo": { AvailabilityZone: "us-east-1a" } } },
      admin: { address: { socket_address: { address: "0.0.0.0", port_value: 9901 } } },
      dynamic_resources: {
        ads_config: {
          api_type: "GRPC",
          transport_api_version: "V3",
          grpc_services: [{ google_grpc: google }],
        },
        cds_config: fromAds,
        lds_config: fromAds,
      },
    };
  };

  /** What a program in the namespace gets from there: the body, or that the connection was closed or never made. */
  async function curl(space: Namespace, url: string, seconds = 10): Promise<string> {
    const { code, output } = await space.ask("curl", "-s", "--max-time", String(seconds), url);
    if (code === 0) return output;
    // 52: closed without an answer; 56: reset; 28: no connection in time.
    return code === 52 || code === 56 ? "closed" : code === 28 ? "nobody there" : `failed with ${code}`;
  }
  /** The first that a server says. */
  async function greeting(space: Namespace, host: string, port: number): Promise<string> {
    const program = `
      const socket = require("node:net").connect(${port}, "${host}");
      socket.once("data", (data) => { process.stdout.write(data); process.exit(); });
      socket.on("error", () => {});
      socket.on("close", () => { process.stdout.write("closed"); process.exit(); });
    `;
    return (await space.ask(process.execPath, "-e", program)).output;
  }
  /** A counter of an Envoy. */
  async function stat(space: Namespace, name: string): Promise<number> {
    const { output } = await space.ask("curl", "-s", "http://127.0.0.1:9901/stats?usedonly");
    const line = output.split("\n").find((candidate) => candidate.startsWith(`${name}: `));
    return Number(line?.split(": ")[1] ?? 0);
  }
  const out = () => stat(front, "cluster.cds_egress_shop_catalog_http_8080.upstream_rq_completed");
  const into = () => stat(catalog, "http.ingress.http.8080.downstream_rq_completed");

  // Shows: route.httpRoute.action.weightedTargets[].port
  it("brings unchanged programs into the mesh by plain names: out of one Envoy, into the other", async () => {
    const before = [await out(), await into()];
    assert.equal(await curl(front, "http://catalog.shop.local:8080/path"), "catalog:8080");
    await until(async () => (await into()) > (before[1] as number));
    assert.deepEqual(
      [await out(), await into()],
      before.map((count) => count + 1),
    );
  });

  // Shows: route.tcpRoute.action.weightedTargets[].port
  it("brings protocols whose server speaks first into the mesh", async () => {
    assert.equal(await greeting(front, "db.shop.local", 3306), "catalog greets\n");
    assert.equal(await stat(front, "cluster.cds_egress_shop_catalog_tcp_3306.upstream_cx_total"), 1);
  });

  it("takes what comes to the application's ports from outside the mesh, too; other ports are left alone", async () => {
    const before = await into();
    assert.equal((await callAt(`${catalog.address}:8080`, "/")).body, "catalog:8080");
    await until(async () => (await into()) === before + 1);
    assert.equal((await callAt(`${catalog.address}:9000`, "/")).body, "catalog:9000");
    assert.equal(await into(), before + 1);
  });

  it("lets nothing out that no backend serves, but to ignored ports and addresses", async () => {
    const closed = await echoServer("closed", { host: network.host, port: 7000 });
    const port = await echoServer("port", { host: network.host, port: 7777 });
    const address = await echoServer("address", { host: network.secondHost, port: 7000 });
    closing.push(closed, port, address);
    const server = (body: string) => (body.startsWith("{") ? JSON.parse(body).server : body);
    assert.deepEqual(
      [
        await curl(front, "http://outside.example:7000/"),
        server(await curl(front, "http://outside.example:7777/")),
        server(await curl(front, `http://${network.secondHost}:7000/`)),
      ],
      ["closed", "port", "address"],
    );
    assert.equal(closed.requests, 0);
  });

  it("does not go round in circles for who connects to the egress itself, while all is let out", async () => {
    const outside = await greetingServer("outside greets\n", network.host, 7003);
    closing.push(outside);
    assert.equal(await heard(connect(15001, open.address)), "");
    assert.equal(await stat(open, "cluster.cds_egress_open_mesh-allow-all.upstream_cx_total"), 0);
    assert.equal(await greeting(open, "outside.example", 7003), "outside greets\n");
    assert.equal(await stat(open, "cluster.cds_egress_open_mesh-allow-all.upstream_cx_total"), 1);
  });

  it("leaves alone what a program says to itself", async () => {
    const before = [await out(), await into()];
    assert.equal(await curl(front, "http://127.0.0.1:7000/"), "front:7000");
    assert.equal(await curl(front, `http://${front.address}:7000/`), "front:7000");
    assert.equal(await curl(catalog, "http://localhost:8080/"), "catalog:8080");
    assert.deepEqual([await out(), await into()], before);
  });

  it("is replaced by another, and taken away", async () => {
    const server = await greetingServer("outside greets\n", network.host, 7002);
    closing.push(server);
    const greet = () => greeting(front, "outside.example", 7002);
    assert.equal(await greet(), "closed");
    front.run(appmesh, "redirect", "--apply", "--egress-ignored-ports", "7002");
    assert.equal(await greet(), "outside greets\n");
    front.run(appmesh, "redirect", "--remove", "--apply");
    assert.equal(
      front.run("iptables", "-w", "-t", "nat", "-S"),
      ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"].map((chain) => `-P ${chain} ACCEPT\n`).join(""),
    );
    assert.equal(await greet(), "outside greets\n");
    assert.equal(await curl(front, "http://catalog.shop.local:8080/", 1), "nobody there");
  });
});
