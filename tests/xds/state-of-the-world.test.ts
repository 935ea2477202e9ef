// What a state-of-the-world client may rely on, as the xDS protocol has it. App Mesh's own Envoy image is one.
import assert from "node:assert/strict";
import type { AdsClient, Received, Request } from "../support/ads-client.js";
import { assignment, edsCluster, listener, routes } from "../support/fake-mesh.js";
import { nodeId, World } from "./harness.js";

const clusters = (...names: string[]) => names.map((name) => edsCluster(name));
const changed = (name: string) => edsCluster(name, "9s");

describe("state-of-the-world xDS", () => {
  let world: World;
  let client: AdsClient;
  afterEach(() => world.stop());

  const told = ({ kind, names }: Received) => ({ kind, names: names.toSorted() });
  async function ask(request: Request): Promise<Received> {
    client.send(request);
    return client.next();
  }
  /** A client lists all that it wants in every request. */
  const acknowledge = ({ kind, nonce, version }: Received, names: readonly string[] = []) =>
    client.send({ kind, nonce, version, names });
  async function silence(): Promise<void> {
    assert.deepEqual((await client.settle()).map(told), []);
  }

  describe("subscription to all", () => {
    for (const [what, names] of [
      ["without a name", []],
      ["by *", ["*"]],
    ] as const) {
      it(`answers a first request ${what} with everything, and every change with everything`, async () => {
        world = await World.start({ clusters: clusters("a", "b") });
        client = world.open("stateOfTheWorld");
        const first = await ask({ nodeId, kind: "clusters", names });
        assert.deepEqual(told(first), { kind: "clusters", names: ["a", "b"] });
        acknowledge(first, names);
        await silence();
        world.mesh.set("web", { clusters: [edsCluster("a"), changed("b"), edsCluster("c")] });
        assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["a", "b", "c"] });
      });
    }

    it("answers even if there is nothing, since Envoy waits for an answer", async () => {
      world = await World.start({});
      client = world.open("stateOfTheWorld");
      assert.deepEqual(told(await ask({ nodeId, kind: "listeners" })), { kind: "listeners", names: [] });
    });

    it("leaves out what is gone", async () => {
      world = await World.start({ clusters: clusters("a", "b") });
      client = world.open("stateOfTheWorld");
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      world.mesh.set("web", { clusters: clusters("b") });
      const next = await client.next();
      assert.deepEqual(told(next), { kind: "clusters", names: ["b"] });
      acknowledge(next);
      world.mesh.set("web", {});
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: [] });
    });

    it("ends with the first name, and no name then means nothing", async () => {
      world = await World.start({ clusters: clusters("a", "b") });
      client = world.open("stateOfTheWorld");
      const first = await ask({ nodeId, kind: "clusters" });
      acknowledge(first, ["a"]);
      await silence();
      world.mesh.set("web", { clusters: [changed("a"), changed("b")] });
      const second = await client.next();
      assert.deepEqual(told(second), { kind: "clusters", names: ["a"] });
      acknowledge(second, []);
      await silence();
      world.mesh.set("web", { clusters: clusters("a", "b") });
      await silence();
    });
  });

  describe("subscription by name", () => {
    beforeEach(async () => {
      world = await World.start({ endpoints: [assignment("a", 1), assignment("b", 1), assignment("c", 1)] });
      client = world.open("stateOfTheWorld");
    });

    it("tells the named ones, and of a change the changed one alone", async () => {
      const first = await ask({ nodeId, kind: "endpoints", names: ["a", "b"] });
      assert.deepEqual(told(first), { kind: "endpoints", names: ["a", "b"] });
      acknowledge(first, ["a", "b"]);
      await client.settle();
      world.mesh.set("web", { endpoints: [assignment("a", 2), assignment("b", 1), assignment("c", 2)] });
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["a"] });
    });

    it("answers a name that is added, with it alone", async () => {
      acknowledge(await ask({ nodeId, kind: "endpoints", names: ["a"] }), ["a", "c"]);
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["c"] });
    });

    it("tells no more of a name that is left out", async () => {
      acknowledge(await ask({ nodeId, kind: "endpoints", names: ["a", "b"] }), ["b"]);
      await silence();
      world.mesh.set("web", { endpoints: [assignment("a", 2), assignment("b", 2)] });
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["b"] });
    });

    it("tells of a name that is left out and asked for again", async () => {
      const first = await ask({ nodeId, kind: "endpoints", names: ["a", "b"] });
      acknowledge(first, ["b"]);
      acknowledge(first, ["a", "b"]);
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["a"] });
    });

    it("keeps silent about an unknown name, and tells of it once it is there", async () => {
      client.send({ nodeId, kind: "endpoints", names: ["z"] });
      await silence();
      world.mesh.set("web", { endpoints: [assignment("z", 1)] });
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["z"] });
    });

    it("takes a name that is added before there was anything to answer", async () => {
      client.send({ nodeId, kind: "endpoints", names: ["z"] });
      client.send({ kind: "endpoints", names: ["z", "a"] });
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["a"] });
    });

    it("keeps silent about unknown clusters, too", async () => {
      world.mesh.set("web", { clusters: clusters("a") });
      await client.settle();
      const first = await ask({ nodeId, kind: "clusters", names: ["a"] });
      assert.deepEqual(told(first), { kind: "clusters", names: ["a"] });
      acknowledge(first, ["a", "z"]);
      await silence();
    });
  });

  describe("answers of the client", () => {
    beforeEach(async () => {
      world = await World.start({
        clusters: clusters("a", "b"),
        endpoints: [assignment("a", 1), assignment("b", 1)],
      });
      client = world.open("stateOfTheWorld");
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
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["a", "b", "e"] });
    });

    it("ignores a request with a stale nonce, whatever it asks for", async () => {
      const first = await ask({ nodeId, kind: "endpoints", names: ["a"] });
      client.send({ kind: "endpoints", nonce: "stale", names: ["a", "b"] });
      client.send({ kind: "endpoints", names: ["a", "b"] });
      await silence();
      acknowledge(first, ["a", "b"]);
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["b"] });
    });

    it("sends nothing in return for a rejection, and the next version when there is one", async () => {
      const first = await ask({ nodeId, kind: "clusters" });
      acknowledge(first);
      world.mesh.set("web", { clusters: [changed("a"), changed("b")] });
      const bad = await client.next();
      client.send({ kind: "clusters", nonce: bad.nonce, version: first.version, error: "no" });
      await silence();
      world.mesh.set("web", { clusters: [edsCluster("a", "8s"), changed("b")] });
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["a", "b"] });
    });

    it("puts the last good one in the place of a rejected cluster, so that it stays and the others move on", async () => {
      const first = await ask({ nodeId, kind: "clusters" });
      acknowledge(first);
      world.mesh.set("web", { clusters: [changed("a"), edsCluster("b"), edsCluster("new")] });
      const bad = await client.next();
      client.send({
        kind: "clusters",
        nonce: bad.nonce,
        version: first.version,
        error: "Error adding/updating cluster(s) a: no such thing, new: neither",
      });
      await silence();
      world.mesh.set("web", { clusters: [changed("a"), changed("b"), edsCluster("new")] });
      const next = await client.next();
      assert.deepEqual(told(next), { kind: "clusters", names: ["a", "b"] });
      assert.deepEqual(next.bodies.get("a"), first.bodies.get("a"));
      assert.notDeepEqual(next.bodies.get("b"), first.bodies.get("b"));
    });
  });

  describe("reconnection", () => {
    const all = {
      clusters: clusters("a", "b"),
      endpoints: [assignment("a", 1), assignment("b", 1)],
      listeners: [listener("l", "r")],
      routes: [routes("r", "a")],
    };

    it("resends nothing to a client that has everything, after a restart too", async () => {
      world = await World.start(all);
      client = world.open("stateOfTheWorld");
      const had: Received[] = [];
      for (const [kind, names] of [
        ["clusters", []],
        ["endpoints", ["a", "b"]],
        ["listeners", []],
        ["routes", ["r"]],
      ] as const) {
        const response = await ask({ nodeId, kind, names });
        acknowledge(response, names);
        had.push(response);
      }
      await world.server.close();
      await world.serve();
      client = world.open("stateOfTheWorld");
      const [clustersHad, endpointsHad, listenersHad, routesHad] = had.map(({ version }) => version) as [
        string,
        string,
        string,
        string,
      ];
      client.send({ nodeId, kind: "clusters", version: clustersHad });
      client.send({ kind: "endpoints", version: endpointsHad, names: ["a", "b"] });
      client.send({ kind: "listeners", version: listenersHad });
      client.send({ kind: "routes", version: routesHad, names: ["r"] });
      await silence();
      world.mesh.set("web", { ...all, clusters: [changed("a"), edsCluster("b")] });
      assert.deepEqual(told(await client.next()), { kind: "clusters", names: ["a", "b"] });
      assert.deepEqual(told(await client.next()), { kind: "endpoints", names: ["a"] });
    });

    it("answers in full what a client subscribes to beyond the version that it names", async () => {
      world = await World.start(all);
      client = world.open("stateOfTheWorld");
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      const had = await ask({ kind: "endpoints", names: ["a"] });
      client = world.open("stateOfTheWorld");
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      // It asked for b when it was cut off: the version speaks for a alone.
      assert.deepEqual(told(await ask({ kind: "endpoints", version: had.version, names: ["a", "b"] })), {
        kind: "endpoints",
        names: ["a", "b"],
      });
    });

    it("tells a client that comes back after a restart that the only cluster it asks for is gone", async () => {
      world = await World.start({ clusters: [edsCluster("a")] });
      client = world.open("stateOfTheWorld");
      client.send({ nodeId, kind: "clusters", names: ["a"] });
      const { version } = await client.next();
      await world.server.close();
      world.mesh.set("web", {});
      await world.serve();
      client = world.open("stateOfTheWorld");
      client.send({ nodeId, kind: "clusters", names: ["a"], version });
      assert.deepEqual((await client.next()).names, []);
    });

    it("answers endpoints in full where the clusters were sent anew: a changed one forgets its endpoints", async () => {
      world = await World.start(all);
      client = world.open("stateOfTheWorld");
      acknowledge(await ask({ nodeId, kind: "clusters" }));
      const had = await ask({ kind: "endpoints", names: ["a", "b"] });
      await world.server.close();
      world.mesh.set("web", { ...all, clusters: [changed("a"), edsCluster("b")] });
      await world.serve();
      client = world.open("stateOfTheWorld");
      assert.deepEqual(told(await ask({ nodeId, kind: "clusters", version: "of the old server" })).names, [
        "a",
        "b",
      ]);
      assert.deepEqual(
        told(await ask({ kind: "endpoints", version: had.version, names: ["a", "b"] })).names,
        ["a", "b"],
      );
    });
  });
});
