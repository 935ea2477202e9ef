// What becomes of open TCP connections, which may live for days, when the mesh around them changes.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { HealthCheckPolicy, Listener, TcpRoute, VirtualNodeSpec } from "@pulumi-appmesh/model";
import { loopbackAddress } from "../support/loopback.js";
import { heard, redirectable, redirected } from "../support/redirected.js";
import type { StaticEnvoy } from "../support/static-envoy.js";
import { calling, explicit, nodeAt, Started, transparent } from "./mesh.js";

const healthCheck: HealthCheckPolicy = {
  protocol: "tcp",
  healthyThreshold: 2,
  unhealthyThreshold: 2,
  intervalMillis: 5000,
  timeoutMillis: 2000,
};

/** A connection that says what it is sent, and by whom. */
class Connection {
  #heard = "";
  #ended = false;
  readonly #changed: () => Promise<unknown>;

  constructor(private readonly socket: Socket) {
    const waiting: (() => void)[] = [];
    this.#changed = () => new Promise<void>((resolve) => waiting.push(resolve));
    const change = () => {
      for (const resolve of waiting.splice(0)) resolve();
    };
    socket.setEncoding("utf8").on("data", (text) => {
      this.#heard += text;
      change();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#ended = true;
      change();
    });
  }

  /** Who is at the other end. */
  async server(): Promise<string> {
    while (!this.#heard.includes("\n") && !this.#ended) await this.#changed();
    return this.#heard.split("\n")[0] ?? "";
  }

  /** Whether what is said comes back. */
  async isOpen(): Promise<boolean> {
    const { length } = this.#heard;
    this.socket.write("still here\n");
    while (!this.#heard.slice(length).includes("still here\n") && !this.#ended) await this.#changed();
    return !this.#ended;
  }

  async closed(): Promise<void> {
    while (!this.#ended) await this.#changed();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Envoy has ended the connections that it drains. */
async function drained(envoy: StaticEnvoy): Promise<void> {
  while ((await envoy.stat("listener_manager.total_filter_chains_draining")) > 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

for (const mode of ["explicit", "transparent"] as const) {
  describe(`open TCP connections in ${mode} interception`, function () {
    this.timeout(180_000);
    const started = new Started();
    const connections: Connection[] = [];
    afterEach(async () => {
      for (const connection of connections.splice(0)) connection.destroy();
      await started.end();
    });

    /** Weights, what else the route says, and what else the mesh has. */
    type Change = readonly [
      weights: Readonly<Record<string, number>>,
      route?: Partial<TcpRoute>,
      more?: Partial<MeshDocument>,
    ];

    async function mesh(...first: Change) {
      const [v1, v2] = [await started.greeting("v1\n"), await started.greeting("v2\n")];
      const front = await loopbackAddress(5432);
      const told = ([weights, route = {}, more = {}]: Change) => {
        const document: MeshDocument = {
          meshName: "shop",
          virtualRouters: { db: { listeners: [{ portMapping: { port: 5432, protocol: "tcp" } }] } },
          routes: {
            db: {
              all: {
                tcpRoute: {
                  action: {
                    weightedTargets: Object.entries(weights).map(([virtualNode, weight]) => ({
                      virtualNode,
                      weight,
                    })),
                  },
                  ...route,
                },
              },
            },
          },
          ...more,
          virtualServices: {
            "db.local": { provider: { virtualRouter: { virtualRouterName: "db" } } },
            ...more.virtualServices,
          },
          virtualNodes: {
            front: calling("db.local"),
            v1: nodeAt(v1.port, "tcp"),
            v2: nodeAt(v2.port, "tcp"),
            ...more.virtualNodes,
          },
        };
        return mode === "explicit" ? explicit(document, "front", front) : transparent(document, "front");
      };
      const envoy = await started.envoy(
        told(first),
        mode === "transparent" ? { rewrite: redirectable(front) } : {},
      );
      return {
        envoy,
        /** What the virtual node v1 says, with more of its listener. */
        v1: (more: Partial<Listener>) => ({ virtualNodes: { v1: nodeAt(v1.port, "tcp", more) } }),
        change: (...change: Change) => envoy.apply(told(change)),
        async open(): Promise<Connection> {
          const socket =
            mode === "transparent"
              ? await redirected(`${front}:15001`, "198.51.100.1:5432")
              : connect(5432, front);
          if (socket.connecting) await once(socket, "connect");
          const connection = new Connection(socket);
          connections.push(connection);
          return connection;
        },
      };
    }

    // Shows: route.tcpRoute.action.weightedTargets[].weight
    it("stay where they are while weights change, and new ones go by the new weights", async () => {
      const { envoy, change, open } = await mesh({ v1: 100, v2: 0 });
      const [old, lost] = [await open(), await open()];
      assert.deepEqual([await old.server(), await lost.server()], ["v1", "v1"]);
      for (const [v1, v2] of [
        [90, 10],
        [1, 99],
        [0, 100],
      ] as const) {
        await change({ v1, v2 });
        await drained(envoy);
        assert.equal(await old.isOpen(), true, `with weights ${v1} and ${v2}`);
      }
      const fresh = await open();
      assert.equal(await fresh.server(), "v2");

      // And back: those of the other version stay as well.
      await change({ v1: 100, v2: 0 });
      await drained(envoy);
      assert.deepEqual(
        [await old.isOpen(), await lost.isOpen(), await fresh.isOpen(), await (await open()).server()],
        [true, true, true, "v1"],
      );
    });

    it("are shared out as the weights say", async () => {
      const { open } = await mesh({ v1: 3, v2: 1 });
      const servers: string[] = [];
      for (let i = 0; i < 400; i++) {
        const connection = await open();
        servers.push(await connection.server());
        connection.destroy();
      }
      const first = servers.filter((server) => server === "v1").length;
      assert.equal(servers.filter((server) => server === "v2").length, 400 - first);
      // 300, but for chance: six standard deviations.
      assert.ok(first > 248 && first < 352, `${first} of 400`);
    });

    it("stay while other services and versions come and go, and their target is found in another way", async () => {
      const { envoy, v1, change, open } = await mesh({ v1: 100 });
      const old = await open();
      assert.equal(await old.server(), "v1");
      await change({ v1: 50, v2: 50 });
      const other = {
        virtualNodes: { front: calling("db.local", "cache.local", "web.local"), web: nodeAt(8080) },
        virtualServices: {
          "cache.local": { provider: { virtualNode: { virtualNodeName: "v2" } } },
          "web.local": { provider: { virtualNode: { virtualNodeName: "web" } } },
        },
      };
      await change({ v1: 50, v2: 50 }, {}, other);
      await change({ v1: 50, v2: 50 }, {}, { ...other, mesh: { egressFilter: { type: "ALLOW_ALL" } } });
      await change({ v1: 100 });
      await change({ v1: 100 }, {}, v1({ connectionPool: { tcp: { maxConnections: 7 } }, healthCheck }));
      await drained(envoy);
      assert.equal(await old.isOpen(), true);
    });

    it("end when Envoy has drained, once the route no longer names their target", async () => {
      const { change, open } = await mesh({ v1: 50, v2: 50 });
      const all = await Promise.all(Array.from({ length: 40 }, open));
      const servers = await Promise.all(all.map((connection) => connection.server()));
      const of = (server: string) => all.filter((_, i) => servers[i] === server);
      await change({ v2: 100 });
      await Promise.all(of("v1").map((connection) => connection.closed()));
      assert.deepEqual(
        await Promise.all(of("v2").map((connection) => connection.isOpen())),
        of("v2").map(() => true),
      );
    });

    it("end when Envoy has drained, once there is another time limit, access log, or neither backend nor weight", async () => {
      const { change, open } = await mesh({ v1: 100 });
      const logged = { ...calling("db.local"), logging: { accessLog: { file: { path: "/dev/null" } } } };
      const changes: readonly Change[] = [
        [{ v1: 100 }, { timeout: { idle: { unit: "s", value: 600 } } }],
        [{ v1: 100 }, {}, { virtualNodes: { front: logged } }],
        [{ v1: 100 }, {}, { virtualNodes: { front: {} } }],
        [{ v1: 0 }],
      ];
      for (const next of changes) {
        await change({ v1: 100 });
        const connection = await open();
        assert.equal(await connection.server(), "v1");
        await change(...next);
        await connection.closed();
      }
    });
  });
}

describe("open TCP connections at the proxy of the virtual node that they lead to", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  async function mesh() {
    const db = await started.greeting("db\n");
    const at = await loopbackAddress(5432);
    const told = (listener: Partial<Listener>, more: Partial<VirtualNodeSpec> = {}) => {
      const node = nodeAt(5432, "tcp", listener, at);
      const { listeners = [], ...others } = more;
      const spec = { ...node, ...others, listeners: [...(node.listeners ?? []), ...listeners] };
      return explicit({ meshName: "shop", virtualNodes: { db: spec } }, "db", at, { "5432": db.port });
    };
    const envoy = await started.envoy(told({}));
    const connection = new Connection(connect(5432, at));
    started.until({ close: async () => connection.destroy() });
    assert.equal(await connection.server(), "db");
    return {
      envoy,
      connection,
      change: (...change: Parameters<typeof told>) => envoy.apply(told(...change)),
    };
  }

  it("stay while its connection pool, health check and backends change", async () => {
    const { envoy, connection, change } = await mesh();
    await change({ connectionPool: { tcp: { maxConnections: 7 } }, healthCheck }, calling("web.local"));
    await drained(envoy);
    assert.equal(await connection.isOpen(), true);
  });

  for (const [what, change] of Object.entries<Parameters<Awaited<ReturnType<typeof mesh>>["change"]>>({
    "another time limit": [{ timeout: { tcp: { idle: { unit: "s", value: 600 } } } }],
    "another access log": [{}, { logging: { accessLog: { file: { path: "/dev/null" } } } }],
    "a second listener": [{}, { listeners: [{ portMapping: { port: 8080, protocol: "http" } }] }],
  })) {
    it(`end when Envoy has drained, once it has ${what}`, async () => {
      const db = await mesh();
      await db.change(...change);
      await db.connection.closed();
    });
  }
});

describe("TCP connections to a service of which no target has a share", function () {
  this.timeout(180_000);
  const started = new Started();
  afterEach(() => started.end());

  // Shows: mesh.egressFilter.type
  it("are closed, and not passed on to where they were going, while all is let out", async () => {
    const db = await started.greeting("hello\n");
    const front = await loopbackAddress();
    const document = (weight: number): MeshDocument => ({
      meshName: "shop",
      mesh: { egressFilter: { type: "ALLOW_ALL" } },
      virtualNodes: { front: calling("db.local"), db: nodeAt(db.port, "tcp") },
      virtualRouters: { db: { listeners: [{ portMapping: { port: db.port, protocol: "tcp" } }] } },
      virtualServices: { "db.local": { provider: { virtualRouter: { virtualRouterName: "db" } } } },
      routes: {
        db: { all: { tcpRoute: { action: { weightedTargets: [{ virtualNode: "db", weight }] } } } },
      },
    });
    const envoy = await started.envoy(transparent(document(1), "front"), { rewrite: redirectable(front) });
    const said = async () => heard(await redirected(`${front}:15001`, `127.0.0.1:${db.port}`), "\n");
    assert.equal(await said(), "hello\n");
    await envoy.apply(transparent(document(0), "front"));
    assert.equal(await said(), "");
  });
});
