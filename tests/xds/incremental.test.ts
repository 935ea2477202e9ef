// What an incremental client may rely on, as the xDS protocol has it.
import assert from "node:assert/strict";
import type { AdsClient, Received, Request } from "../support/ads-client.js";
import { assignment, edsCluster, listener, routes } from "../support/fake-mesh.js";
import { nodeId, timing, World } from "./harness.js";

const clusters = (...names: string[]) => names.map((name) => edsCluster(name));
const changed = (name: string) => edsCluster(name, "9s");

describe("incremental xDS", () => {
  let world: World;
  let client: AdsClient;
  afterEach(() => world.stop());

  /** Names and removals of a response, sorted. */
  const told = ({ kind, names, removed }: Received) => ({
    kind,
    names: names.toSorted(),
    ...(removed.length === 0 ? {} : { removed: removed.toSorted() }),
  });
  async function ask(request: Request): Promise<Received> {
    client.send(request);
    return client.next();
  }
  const acknowledge = ({ kind, nonce }: Received) => client.send({ kind, nonce });
  async function silence(): Promise<void> {
    assert.deepEqual((await client.settle()).map(told), []);
  }

  describe("subscription to all", () => {
    for (const [what, subscribe] of [
      ["without a name", []],
      ["by *", ["*"]],
    ] as const) {
      it(`answers a first request ${what} with everything`, async () => {
        world = await World.start({ clusters: clusters("a", "b") });
        client = world.open("incremental");
        assert.deepEqual(told(await ask({ nodeId, kind: "clusters", subscribe })), {
          kind: "clusters",
          names: ["a", "b"],
        });
      });
    }

    it("answers even if there is nothing, since Envoy waits for an answer", async () => {
      world = await World.start({});
      client = world.open("incremental");
      assert.deepEqual(told(await ask({ nodeId, kind: "listeners" })), { kind: "listeners", names: [] });
    });

    it("does not hold for endpoints and routes without a name", async () => {
      world = await World.start({ endpoints: [assignment("a", 1)], routes: [routes("r", "a")] });
      client = world.open("incremental");
      client.send({ nodeId, kind: "endpoints" });
      client.send({ kind: "routes" });
      await silence();
    });

    it("sends what is new, what changed and what is gone, and nothing else", async () => {
      world = await World.start({ clusters: clusters("a", "b", "c") });
      client = world.open("incremental");
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      await silence();
      world.mesh.set("web", { clusters: [edsCluster("a"), changed("b"), edsCluster("d")] });
      // Nothing can use what is gone: this client asks for no listeners and no routes.
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["b", "d"], removed: ["c"] });
    });

    it("sends one of a thousand when one of a thousand changes", async () => {
      const names = Array.from({ length: 1000 }, (_, i) => `cluster-${i}`);
      const before = clusters(...names);
      world = await World.start({ clusters: before });
      client = world.open("incremental");
      const first = await ask({ nodeId, kind: "clusters" });
      assert.equal(first.names.length, 1000);
      acknowledge(first);
      world.mesh.set("web", {
        clusters: before.map((each) => (each.name === "cluster-500" ? changed("cluster-500") : each)),
      });
      const second = await client.next();
      assert.deepEqual(told(second), { kind: "clusters", names: ["cluster-500"] });
      assert.ok(second.bytes < 300, `${second.bytes} bytes`);
    });
  });

  describe("subscription by name", () => {
    beforeEach(async () => {
      world = await World.start({ endpoints: [assignment("a", 1), assignment("b", 1), assignment("c", 1)] });
      client = world.open("incremental");
    });

    it("tells the named ones alone", async () => {
      acknowledge(await ask({ nodeId, kind: "endpoints", subscribe: ["a", "b"] }));
      world.mesh.set("web", { endpoints: [assignment("a", 2), assignment("b", 1), assignment("c", 2)] });
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["a"] });
      await silence();
    });

    it("answers a name that is added", async () => {
      acknowledge(await ask({ nodeId, kind: "endpoints", subscribe: ["a"] }));
      assert.deepEqual(told(await ask({ kind: "endpoints", subscribe: ["c"] })), {
        kind: "endpoints",
        names: ["c"],
      });
    });

    it("tells no more of a name that is taken back", async () => {
      acknowledge(await ask({ nodeId, kind: "endpoints", subscribe: ["a", "b"] }));
      client.send({ kind: "endpoints", unsubscribe: ["a"] });
      await client.settle();
      world.mesh.set("web", { endpoints: [assignment("a", 2), assignment("b", 2)] });
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["b"] });
    });

    it("tells nothing once all names are taken back", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters", subscribe: ["a"] }));
      client.send({ kind: "clusters", unsubscribe: ["a"] });
      await client.settle();
      world.mesh.set("web", { clusters: clusters("a") });
      await silence();
    });

    it("says of an unknown name that it is not there, and tells of it once it is", async () => {
      const answer = await ask({ nodeId, kind: "endpoints", subscribe: ["a", "z"] });
      assert.deepEqual(told(answer), { kind: "endpoints", names: ["a"], removed: ["z"] });
      acknowledge(answer);
      world.mesh.set("web", { endpoints: [assignment("a", 1), assignment("z", 1)] });
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["z"] });
    });

    it("answers a name that is asked for again, though nothing changed: its client may have forgotten", async () => {
      acknowledge(await ask({ nodeId, kind: "endpoints", subscribe: ["a"] }));
      assert.deepEqual(told(await ask({ kind: "endpoints", subscribe: ["a"] })), {
        kind: "endpoints",
        names: ["a"],
      });
    });

    it("ignores that a name is taken back which never was asked for", async () => {
      acknowledge(await ask({ nodeId, kind: "endpoints", subscribe: ["a"] }));
      client.send({ kind: "endpoints", unsubscribe: ["never"] });
      await silence();
    });

    it("takes 5,000 names in one request", async () => {
      const names = Array.from(
        { length: 5000 },
        (_, i) => `cds_egress_shop_some-virtual-node-${i}_http_8080`,
      );
      const answer = await ask({ nodeId, kind: "endpoints", subscribe: [...names, "b"] });
      assert.deepEqual(answer.names, ["b"]);
      assert.deepEqual(answer.removed, names);
    });
  });

  describe("names beside *", () => {
    beforeEach(async () => {
      world = await World.start({ clusters: clusters("a", "b") });
      client = world.open("incremental");
    });

    it("answers what becomes of a name that is taken back while * stays", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters", subscribe: ["*", "a", "z"] }));
      assert.deepEqual(told(await ask({ kind: "clusters", unsubscribe: ["a", "z"] })), {
        kind: "clusters",
        names: ["a"],
        removed: ["z"],
      });
    });

    it("keeps the names when * is taken back", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters", subscribe: ["*", "a"] }));
      client.send({ kind: "clusters", unsubscribe: ["*"] });
      await client.settle();
      world.mesh.set("web", { clusters: [changed("a"), changed("b")] });
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["a"] });
    });

    it("sends everything when * comes later", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters", subscribe: ["a"] }));
      assert.deepEqual(told(await ask({ kind: "clusters", subscribe: ["*"] })), {
        kind: "clusters",
        names: ["b"],
      });
    });

    it("sends everything again when * is asked for again", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters", subscribe: ["*"] }));
      assert.deepEqual(told(await ask({ kind: "clusters", subscribe: ["*"] })), {
        kind: "clusters",
        names: ["a", "b"],
      });
    });

    it("sends nothing twice when a client that named nothing asks for * and a name", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      assert.deepEqual(told(await ask({ kind: "clusters", subscribe: ["*", "b"] })), {
        kind: "clusters",
        names: ["b"],
      });
    });
  });

  describe("answers of the client", () => {
    beforeEach(async () => {
      world = await World.start({ clusters: clusters("a", "b") });
      client = world.open("incremental");
    });

    it("sends nothing in return for an acknowledgement", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      await silence();
    });

    it("has one response under way, and then sends the newest state alone", async () => {
      const first = await ask({ nodeId, kind: "clusters" });
      for (const name of ["c", "d", "e"]) {
        world.mesh.set("web", { clusters: [...clusters("a", "b"), edsCluster(name)] });
        await silence();
      }
      acknowledge(first);
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["e"] });
    });

    it("sends nothing in return for a rejection, and the next version when there is one", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      world.mesh.set("web", { clusters: [changed("a"), changed("b")] });
      const bad = await client.next();
      client.send({ kind: "clusters", nonce: bad.nonce, error: "no" });
      await silence();
      world.mesh.set("web", { clusters: [edsCluster("a", "8s"), changed("b")] });
      // Nothing tells which of the two it was, so the client has neither for certain.
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["a", "b"] });
    });

    it("tries what was beside a rejected resource again with the next change, but not the resource itself", async () => {
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      world.mesh.set("web", { clusters: [changed("a"), changed("b")] });
      const bad = await client.next();
      client.send({
        kind: "clusters",
        nonce: bad.nonce,
        error: "Error adding/updating cluster(s) a: no such thing",
      });
      await silence();
      world.mesh.set("web", { clusters: [changed("a"), changed("b"), edsCluster("c")] });
      const next = await client.next();
      assert.deepEqual(told(next), { kind: "clusters", names: ["b", "c"] });
      acknowledge(next);
      await silence();
      assert.equal(
        world.server.proxies()[0]?.resources.clusters?.error?.reason,
        "Error adding/updating cluster(s) a: no such thing",
      );
      world.mesh.set("web", { clusters: [edsCluster("a", "7s"), changed("b"), edsCluster("c")] });
      const good = await client.next();
      assert.deepEqual(told(good), { kind: "clusters", names: ["a"] });
      acknowledge(good);
      await client.settle();
      assert.equal(world.server.proxies()[0]?.resources.clusters?.error, undefined);
    });

    it("sends what a rejection left in doubt when the change is taken back", async () => {
      const first = await ask({ nodeId, kind: "clusters" });
      acknowledge(first);
      world.mesh.set("web", { clusters: [changed("a"), edsCluster("b"), edsCluster("c")] });
      client.send({ kind: "clusters", nonce: (await client.next()).nonce, error: "no" });
      await silence();
      world.mesh.set("web", { clusters: clusters("a", "b") });
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["a"], removed: ["c"] });
    });

    it("honours a change of the subscription that comes with a stale nonce", async () => {
      const first = await ask({ nodeId, kind: "endpoints", subscribe: ["x"] });
      client.send({ kind: "endpoints", nonce: "stale", subscribe: ["y"] });
      await silence();
      acknowledge(first);
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: [], removed: ["y"] });
    });

    it("numbers responses once on a stream", async () => {
      const first = await ask({ nodeId, kind: "clusters" });
      acknowledge(first);
      const second = await ask({ kind: "listeners" });
      const third = await ask({ kind: "endpoints", subscribe: ["x"] });
      assert.equal(new Set([first.nonce, second.nonce, third.nonce]).size, 3);
    });
  });

  describe("reconnection", () => {
    const all = { clusters: clusters("a", "b"), endpoints: [assignment("a", 1), assignment("b", 1)] };
    const versionsOf = (...received: Received[]) =>
      Object.fromEntries(received.flatMap(({ versions }) => [...versions]));

    it("resends nothing to a client that has everything, after a restart too", async () => {
      world = await World.start(all);
      client = world.open("incremental");
      const had = await ask({ nodeId, kind: "clusters" });
      const hadEndpoints = await ask({ kind: "endpoints", subscribe: ["a", "b"] });
      await world.server.close();
      await world.serve();
      client = world.open("incremental");
      client.send({ nodeId, kind: "clusters", initialVersions: versionsOf(had) });
      client.send({ kind: "endpoints", subscribe: ["a", "b"], initialVersions: versionsOf(hadEndpoints) });
      await silence();
      assert.equal(world.server.proxies()[0]?.resources.clusters?.acknowledged, had.version);
      world.mesh.set("web", { ...all, clusters: [changed("a"), edsCluster("b")] });
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["a"] });
      // The cluster that changed waits for its endpoints and does not ask for them.
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["a"] });
    });

    it("sends what changed meanwhile, and removes what is gone", async () => {
      world = await World.start(all);
      client = world.open("incremental");
      const had = await ask({ nodeId, kind: "clusters" });
      await world.server.close();
      world.mesh.set("web", { clusters: [changed("b"), edsCluster("c")] });
      await world.serve();
      client = world.open("incremental");
      client.send({ nodeId, kind: "clusters", initialVersions: versionsOf(had) });
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["b", "c"], removed: ["a"] });
    });

    it("answers in full a client that asks for endpoints before clusters: it was cut off while one warmed", async () => {
      world = await World.start(all);
      client = world.open("incremental");
      const had = await ask({ nodeId, kind: "endpoints", subscribe: ["a", "b"] });
      client = world.open("incremental");
      const again = await ask({
        nodeId,
        kind: "endpoints",
        subscribe: ["a", "b"],
        initialVersions: versionsOf(had),
      });
      assert.deepEqual(told(again), { kind: "endpoints", names: ["a", "b"] });
    });

    describe("of a client whose answer has to wait", () => {
      // A client that asks for endpoints and not for clusters is one whose clusters warm: routes wait for them.
      const waiting = { timing: { ...timing, patienceMillis: 60_000 } };

      it("tells it that what it has is gone, if that went meanwhile", async () => {
        world = await World.start({ routes: [routes("r", "a")] });
        client = world.open("incremental");
        const had = await ask({ nodeId, kind: "routes", subscribe: ["*"] });
        await world.server.close();
        await world.serve(waiting);
        client = world.open("incremental");
        await ask({ nodeId, kind: "endpoints", subscribe: ["a"] });
        client.send({ kind: "routes", subscribe: ["*"], initialVersions: versionsOf(had) });
        await silence();
        world.mesh.set("web", {});
        await silence();
        client.send({ kind: "clusters" });
        assert.deepEqual(told(await client.next()), { kind: "clusters", names: [] });
        assert.deepEqual(told(await client.next()), { kind: "routes", names: [], removed: ["r"] });
      });

      it("answers a name that it asks for, if it went meanwhile", async () => {
        world = await World.start(
          { listeners: [listener("l", "r")], routes: [routes("r", "a"), routes("s", "a")] },
          waiting,
        );
        client = world.open("incremental");
        const listeners = await ask({ nodeId, kind: "listeners" });
        const had = await ask({ kind: "routes", subscribe: ["r"] });
        client = world.open("incremental");
        client.send({ nodeId, kind: "listeners", initialVersions: versionsOf(listeners) });
        await ask({ kind: "endpoints", subscribe: ["a"] });
        client.send({ kind: "routes", subscribe: ["r", "s"], initialVersions: versionsOf(had) });
        await silence();
        world.mesh.set("web", { listeners: [listener("l", "r")], routes: [routes("r", "a")] });
        await silence();
        client.send({ kind: "clusters" });
        assert.deepEqual(told(await client.next()), { kind: "clusters", names: [] });
        assert.deepEqual(told(await client.next()), { kind: "routes", names: [], removed: ["s"] });
      });
    });

    it("has the same versions on two servers", async () => {
      world = await World.start(all);
      const other = await World.start({ ...all, clusters: all.clusters.toReversed() });
      try {
        client = world.open("incremental");
        const here = await ask({ nodeId, kind: "clusters" });
        client = other.open("incremental");
        const there = await ask({ nodeId, kind: "clusters" });
        assert.equal(here.version, there.version);
        assert.deepEqual(versionsOf(here), versionsOf(there));
      } finally {
        await other.stop();
      }
    });
  });

  it("sends listeners and routes", async () => {
    world = await World.start({ listeners: [listener("l", "r")], routes: [routes("r", "a")] });
    client = world.open("incremental");
    assert.deepEqual(told(await ask({ nodeId, kind: "listeners" })), { kind: "listeners", names: ["l"] });
    assert.deepEqual(told(await ask({ kind: "routes", subscribe: ["r"] })), { kind: "routes", names: ["r"] });
  });
});
