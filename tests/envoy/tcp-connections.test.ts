// What becomes of open TCP connections, which may live for days, when the mesh around them changes.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { MeshDocument } from "@pulumi-appmesh/control-plane/translate/document.js";
import type { TcpRoute } from "@pulumi-appmesh/model";
import { loopbackAddress } from "../support/loopback.js";
import { heard, redirectable, redirected } from "../support/redirected.js";
import type { StaticEnvoy } from "../support/static-envoy.js";
import { calling, explicit, nodeAt, Started, transparent } from "./mesh.js";

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

    /** Envoy has ended the connections that it drains. */
    async function drained(envoy: StaticEnvoy): Promise<void> {
      while ((await envoy.stat("listener_manager.total_filter_chains_draining")) > 0)
        await new Promise((resolve) => setTimeout(resolve, 50));
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

    it("stay while other services and versions come and go", async () => {
      const { envoy, change, open } = await mesh({ v1: 100 });
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

    it("end when Envoy has drained, once there is another time limit, access log, or no such backend", async () => {
      const { change, open } = await mesh({ v1: 100 });
      const limit: Partial<TcpRoute> = { timeout: { idle: { unit: "s", value: 600 } } };
      const logged = { ...calling("db.local"), logging: { accessLog: { file: { path: "/dev/null" } } } };
      const changes: readonly Change[] = [
        [{ v1: 100 }, limit],
        [{ v1: 100 }, limit, { virtualNodes: { front: logged } }],
        [{ v1: 100 }, limit, { virtualNodes: { front: {} } }],
      ];
      for (const next of changes) {
        const connection = await open();
        assert.equal(await connection.server(), "v1");
        await change(...next);
        await connection.closed();
      }
    });
  });
}

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
