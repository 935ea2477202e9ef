// A mesh as it runs in production, on one machine: control planes that share a table, and a caller and an application
// with a real Envoy each, between which requests flow all the time.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEndpoint } from "@pulumi-appmesh/control-plane/endpoint.js";
import type { TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { Balancer, type Target } from "../support/balancer.js";
import {
  type ControlPlane,
  type ControlPlaneOptions,
  runAppmesh,
  startControlPlane,
  temporaryFolder,
} from "../support/control-plane.js";
import { DynamoDbServer } from "../support/dynamodb.js";
import { type Faults, FaultyDynamoDb } from "../support/dynamodb-faults.js";
import { callThrough, echoServer, type TestServer } from "../support/http.js";
import { loopbackAddress } from "../support/loopback.js";
import { Sidecar, until } from "../support/sidecar.js";
import { Traffic } from "../support/traffic.js";

export { until };
export const meshes = "/v20190125/meshes";
export const root = { accessKeyId: "AKIAFAULTS", secretAccessKey: "a-secret-of-the-environment" };

/** Serves as long as its sidecar does, and closes no connection that its proxy may be about to use. */
const application = `
  require("node:http")
    .createServer({ keepAliveTimeout: 0 }, (_, response) => response.end(JSON.stringify({ server: "app" })))
    .listen(Number(process.env.PORT), "127.0.0.1", () => console.log("serving"));
`;

export interface ShopOptions {
  readonly replicas: number;
  /** Of every control plane. */
  readonly args?: readonly string[];
  /** Of the first control plane, the second, and so on. */
  readonly env?: readonly NodeJS.ProcessEnv[];
  /** Whether proxies are served in plain text, without proof, as on one machine. Default: over TLS. */
  readonly isPlain?: boolean;
  /** Whether requests to the API are signed. Default: they are. */
  readonly isSigned?: boolean;
  /** Of the way to the table, from the start. */
  readonly faults?: Faults;
}

export class Shop {
  /** The way of all control planes to their table. */
  table!: FaultyDynamoDb;
  place!: TablePlace;
  readonly replicas: ControlPlane[] = [];
  /** Where proxies find a control plane. */
  balancer!: Balancer;
  traffic!: Traffic;
  /** Where the application's proxy listens. */
  appAddress!: string;
  readonly sidecars: Sidecar[] = [];
  /** Control planes that ran at some time. */
  readonly #all: ControlPlane[] = [];
  readonly #secrets = temporaryFolder();
  #server: DynamoDbServer | undefined;
  #other: TestServer | undefined;

  private constructor(private readonly options: ShopOptions) {}

  /** Starts everything, and resolves once the application answers. Skips where there is no DynamoDB Local. */
  static async start(test: Mocha.Context, options: ShopOptions): Promise<Shop> {
    const shop = new Shop(options);
    shop.#server = await DynamoDbServer.start(test);
    try {
      await shop.#start();
      return shop;
    } catch (error) {
      await shop.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const server = this.#server as DynamoDbServer;
    this.table = await FaultyDynamoDb.start(server.endpoint);
    this.table.faults = this.options.faults ?? {};
    this.place = { ...(await server.table()), endpoint: this.table.endpoint };
    this.balancer = await Balancer.open();
    const indexes = Array.from({ length: this.options.replicas }, (_, n) => n);
    await Promise.all(indexes.map((n) => this.startReplica(n)));
    this.appAddress = await loopbackAddress(8080);
    this.#other = await echoServer("other");
    await this.#make(this.appAddress, this.#other.port);
    await this.#run("app", this.appAddress);
    await this.#run("front", await loopbackAddress());
  }

  /** Starts a control plane in this place, and sends new connections there, too. */
  async startReplica(place: number, more: Partial<ControlPlaneOptions> = {}): Promise<ControlPlane> {
    const { args = [], env = [] } = this.options;
    const replica = await startControlPlane({
      table: this.place,
      ...this.#key,
      env: env[place] ?? {},
      ...more,
      args: [
        ...(this.options.isPlain ? [] : ["--xds-tls-self-signed"]),
        ...["--notices", "127.0.0.1:0", "--metrics", "127.0.0.1:0"],
        ...["--log-level", "trace", ...args, ...(more.args ?? [])],
      ],
    });
    this.#all.push(replica);
    this.replicas[place] = replica;
    this.balancer.lead(...this.replicas.filter(Boolean).map(xdsOf));
    return replica;
  }

  get #key(): Pick<ControlPlaneOptions, "accessKey"> {
    return this.options.isSigned === false ? {} : { accessKey: root };
  }

  /** Where a control plane serves proxies. */
  xdsOf(place: number): Target {
    return xdsOf(this.replica(place));
  }

  /** Takes a control plane out of the balancer, as a health check or a deployment does. */
  leave(place: number): ControlPlane {
    const replica = this.replica(place);
    this.balancer.lead(...this.replicas.filter((each) => each !== replica).map(xdsOf));
    return replica;
  }

  replica(place: number): ControlPlane {
    const replica = this.replicas[place];
    assert.ok(replica, `there is no control plane ${place}`);
    return replica;
  }

  async put(replica: ControlPlane, path: string, body: object): Promise<void> {
    const { status, body: answer } = await replica.call("PUT", `${meshes}${path}`, body);
    assert.equal(status, 200, JSON.stringify(answer));
  }

  /** Sends all traffic to `app`, which is reached through its Envoy, or to `other`, which has none. */
  async send(replica: ControlPlane, to: "app" | "other"): Promise<void> {
    await this.put(replica, "/shop/virtualRouter/catalog/routes/all", { spec: route(to) });
  }

  /** The same, until it is taken: as clients of AWS do, which try again what is answered by 503. */
  async sendAtLast(replica: ControlPlane, to: "app" | "other"): Promise<void> {
    const path = `${meshes}/shop/virtualRouter/catalog/routes/all`;
    await until(async () => {
      const { status, body } = await replica.call("PUT", path, { spec: route(to) });
      assert.ok(status === 200 || status === 503 || status === 409, `${status} ${JSON.stringify(body)}`);
      return status === 200;
    });
  }

  /** The names of the nodes whose proxies are at a control plane. */
  async proxies(replica: ControlPlane): Promise<string[]> {
    const { status, body } = await replica.call("GET", "/v1/proxies");
    assert.equal(status, 200, JSON.stringify(body));
    return body.proxies.map(({ entity }: { entity: string }) => entity.replace("virtualNode/", "")).sort();
  }

  /** Both proxies are at control planes that there are. */
  async proxiesAreBack(): Promise<void> {
    await until(async () => {
      const all = await Promise.all(this.replicas.filter(Boolean).map((each) => this.proxies(each)));
      return all.flat().sort().join() === "app,front";
    });
  }

  /** Starts a sidecar of a node, which proves who it is by a certificate or a token. */
  async sidecar(
    node: "app" | "front",
    address: string,
    command: readonly string[],
    says: string,
  ): Promise<Sidecar> {
    const file = (name: string) => join(this.#secrets, node, name);
    const { host, port } = this.balancer.address;
    const proof = {
      app: ["--xds-certificate", file("certificate.pem"), "--xds-key", file("key.pem")],
      front: ["--xds-token", file("token")],
    };
    const args = [
      "--mesh",
      "shop",
      "--node",
      node,
      "--xds",
      `${host}:${port}`,
      ...(this.options.isPlain ? [] : ["--xds-trust", file("ca.pem"), ...proof[node]]),
    ];
    const sidecar = await Sidecar.start([...args, "--address", address, "--start-timeout", "60"], command);
    this.sidecars.push(sidecar);
    await sidecar.says(says);
    return sidecar;
  }

  /** What must stand in no log: what proxies and callers prove who they are by, and what signs that. */
  async secrets(): Promise<string[]> {
    const read = (node: string, name: string) => readFileSync(join(this.#secrets, node, name), "utf8");
    return [
      root.secretAccessKey,
      ...read("front", "token").split("."),
      read("app", "key.pem").split("\n")[1] ?? "",
    ];
  }

  /** All that control planes have logged. */
  logs(): string {
    return this.#all.map((each) => each.log()).join("");
  }

  /** No request has failed so far. */
  noneFailed(): void {
    assert.deepEqual([...new Set(this.traffic.failed.splice(0))], []);
  }

  async stop(): Promise<void> {
    await this.traffic?.stop();
    for (const sidecar of this.sidecars) sidecar.kill("SIGTERM");
    await Promise.all(this.sidecars.map(({ ended }) => ended));
    if (this.table) this.table.faults = {};
    await Promise.all(this.replicas.filter(Boolean).map((replica) => replica.stop()));
    this.balancer?.close();
    await this.#other?.close();
    await this.table?.leave();
    await this.#server?.close();
  }

  async #make(address: string, other: number): Promise<void> {
    const put = (path: string, body: object) => this.put(this.replica(0), path, body);
    const node = (virtualNodeName: string, hostname: string, port: number) =>
      put("/shop/virtualNodes", {
        virtualNodeName,
        spec: {
          listeners: [{ portMapping: { port, protocol: "http" } }],
          serviceDiscovery: { dns: { hostname } },
        },
      });
    await put("", { meshName: "shop" });
    // A request that fails is to be seen, and not to be sent again.
    const { status } = await this.replica(0).call("PUT", "/v1/meshes/shop/settings", {
      defaultRetries: false,
    });
    assert.equal(status, 200);
    await node("app", address, 8080);
    await node("other", "127.0.0.1", other);
    await put("/shop/virtualRouters", {
      virtualRouterName: "catalog",
      spec: { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] },
    });
    await put("/shop/virtualRouter/catalog/routes", { routeName: "all", spec: route("app") });
    await put("/shop/virtualServices", {
      virtualServiceName: "catalog.local",
      spec: { provider: { virtualRouter: { virtualRouterName: "catalog" } } },
    });
    await put("/shop/virtualNodes", {
      virtualNodeName: "front",
      spec: { backends: [{ virtualService: { virtualServiceName: "catalog.local" } }] },
    });
    if (this.options.isPlain) return;
    for (const [name, ...more] of [["app"], ["front", "--token"]]) {
      const { code, stderr } = await runAppmesh(
        "identities",
        [
          ...["issue", "--mesh", "shop", "--node", name as string, ...more],
          ...["--out", join(this.#secrets, name as string), "--endpoint", this.replica(0).api],
        ],
        this.#key,
      );
      assert.equal(code, 0, stderr);
    }
  }

  async #run(node: "app" | "front", address: string): Promise<void> {
    if (node === "app") {
      await this.sidecar("app", address, [process.execPath, "-e", application], "serving");
      return;
    }
    await this.sidecar("front", address, [process.execPath, "-e", calling], "calling");
    this.traffic = new Traffic(() => callThrough(`${address}:15001`, "http://catalog.local:8080/"));
    await this.traffic.comesTo("app");
    this.noneFailed();
  }
}

const calling = "console.log('calling'); setInterval(() => {}, 1000)";

const route = (virtualNode: "app" | "other") => ({
  httpRoute: {
    match: { prefix: "/" },
    action: { weightedTargets: [{ virtualNode, weight: 1 }] },
  },
});

const xdsOf = ({ xds }: ControlPlane): Target => parseEndpoint(xds) as Target;

/** What a control plane measures of itself; 0 for what it has not measured yet. */
export async function measured(replica: ControlPlane, metric: string): Promise<number> {
  const [, url = ""] = /"metrics":"([^"]+)"/.exec(replica.log()) ?? [];
  const text = await (await fetch(url)).text();
  return [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\d+(?:\\.\\d+)?)$`, "gm"))].reduce(
    (all, [, n]) => all + Number(n),
    0,
  );
}
