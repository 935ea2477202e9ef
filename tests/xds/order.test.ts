// Make before break: in which order a client hears of one change, whichever protocol it speaks.
import assert from "node:assert/strict";
import type { ResourceKind } from "@pulumi-appmesh/control-plane/xds/resource-kinds.js";
import type { Protocol } from "@pulumi-appmesh/control-plane/xds/transport.js";
import type { AdsClient, Received } from "../support/ads-client.js";
import { assignment, edsCluster, type Lists, listener, routes } from "../support/fake-mesh.js";
import { nodeId, timing, World } from "./harness.js";

for (const protocol of ["incremental", "stateOfTheWorld"] as const satisfies Protocol[]) {
  describe(`order of a change, ${protocol}`, () => {
    let world: World;
    let client: AdsClient;
    /** What the client was told at first. */
    const first = new Map<ResourceKind, Received>();
    /** What the client asks for by name. */
    let wanted: { endpoints: string[]; routes: string[] };

    const one: Lists = {
      clusters: [edsCluster("one")],
      endpoints: [assignment("one", 1)],
      listeners: [listener("l", "r")],
      routes: [routes("r", "one")],
    };
    const two: Lists = {
      clusters: [edsCluster("two")],
      endpoints: [assignment("two", 2)],
      listeners: [listener("l", "r", "again")],
      routes: [routes("r", "two")],
    };

    beforeEach(async () => {
      world = await World.start(one);
      client = world.open(protocol);
      wanted = { endpoints: ["one"], routes: ["r"] };
      for (const kind of ["clusters", "endpoints", "listeners", "routes"] as const) {
        const names = kind === "endpoints" || kind === "routes" ? wanted[kind] : [];
        client.send({ nodeId, kind, names, subscribe: names });
        const response = await client.next();
        first.set(kind, response);
        acknowledge(response);
      }
      await client.silence();
    });
    afterEach(() => world.stop());

    function namesOf({ kind }: Received): string[] {
      return kind === "endpoints" || kind === "routes" ? wanted[kind] : [];
    }
    function acknowledge(response: Received): void {
      const { kind, nonce, version } = response;
      client.send({ kind, nonce, version, names: namesOf(response) });
    }
    function reject(response: Received, error: string): void {
      client.send({ kind: response.kind, nonce: response.nonce, error, names: namesOf(response) });
    }
    function subscribe(kind: "endpoints" | "routes", name: string, nonce: string): void {
      wanted[kind] = [...wanted[kind], name];
      client.send(
        protocol === "incremental" ? { kind, subscribe: [name] } : { kind, nonce, names: wanted[kind] },
      );
    }
    /** To a client that never says that its clusters are warm, and is waited for a moment. */
    async function sendStuckCluster(): Promise<void> {
      await world.server.close();
      await world.serve({ timing: { ...timing, patienceMillis: 50 } });
      client = world.open(protocol);
      for (const kind of ["clusters", "listeners", "routes"] as const) {
        const names = kind === "routes" ? ["r"] : [];
        client.send({ nodeId, kind, names, subscribe: names });
        acknowledge(await client.next());
      }
      world.mesh.set("web", {
        ...one,
        clusters: [edsCluster("one"), edsCluster("stuck")],
        routes: [routes("r", "stuck")],
      });
      assert.equal((await client.next()).kind, "clusters");
    }
    const shown = ({ kind, names, removed }: Received) =>
      [kind, ...names.toSorted(), ...removed.map((name) => `-${name}`)].join(" ");
    const settle = async () => (await client.settle()).map(shown);
    const ofWhole = (incremental: string, stateOfTheWorld: string) =>
      protocol === "incremental" ? incremental : stateOfTheWorld;

    it("adds clusters, waits until they are warm, moves listeners and routes, and then removes clusters", async () => {
      world.mesh.set("web", two);
      const added = await client.next();
      assert.equal(shown(added), ofWhole("clusters two", "clusters one two"));
      // Endpoints are what the new cluster waits for: they are not held back.
      subscribe("endpoints", "two", "2");
      const endpoints = await client.next();
      assert.equal(shown(endpoints), "endpoints two");
      acknowledge(endpoints);
      assert.deepEqual(await settle(), []);
      acknowledge(added);
      const moved = [await client.next(), await client.next()];
      assert.deepEqual(moved.map(shown), ["listeners l", "routes r"]);
      assert.deepEqual(await settle(), []);
      acknowledge(moved[0] as Received);
      assert.deepEqual(await settle(), []);
      acknowledge(moved[1] as Received);
      const removed = await client.next();
      assert.equal(shown(removed), ofWhole("clusters -one", "clusters two"));
    });

    it("pushes the endpoints of a changed cluster with it, though they did not change", async () => {
      world.mesh.set("web", { ...one, clusters: [edsCluster("one", "9s")] });
      assert.equal(shown(await client.next()), "clusters one");
      assert.equal(shown(await client.next()), "endpoints one");
    });

    it("pushes endpoints that change alone, alone", async () => {
      world.mesh.set("web", { ...one, endpoints: [assignment("one", 7)] });
      assert.equal(shown(await client.next()), "endpoints one");
      assert.deepEqual(await settle(), []);
    });

    it("keeps clusters that a rejected listener or route leaves in use", async () => {
      world.mesh.set("web", two);
      acknowledge(await client.next());
      const [listeners, bad] = [await client.next(), await client.next()];
      acknowledge(listeners);
      reject(bad, "no such route");
      assert.deepEqual(await settle(), []);
      world.mesh.set("web", { ...two, routes: [routes("r", "two"), routes("other", "two")] });
      assert.deepEqual(await settle(), []);
      world.mesh.set("web", {
        ...two,
        listeners: [listener("l", "r")],
        routes: [{ ...routes("r", "two"), json: { name: "r" } }],
      });
      const good = [await client.next(), await client.next()];
      assert.deepEqual(good.map(shown), ["listeners l", "routes r"]);
      good.forEach(acknowledge);
      assert.equal(shown(await client.next()), ofWhole("clusters -one", "clusters two"));
    });

    it("holds back routes to a cluster that was rejected, and lets the others pass", async () => {
      const both: Lists = { ...one, clusters: [edsCluster("one"), edsCluster("two")] };
      world.mesh.set("web", { ...both, routes: [routes("r", "two")] });
      reject(await client.next(), "Error adding/updating cluster(s) two: no such thing");
      assert.deepEqual(await settle(), []);
      world.mesh.set("web", { ...both, routes: [{ ...routes("r", "one"), json: { name: "r" } }] });
      assert.equal(shown(await client.next()), "routes r");
    });

    it("keeps a cluster until a new listener has asked for its routes", async () => {
      world.mesh.set("web", {
        ...two,
        listeners: [listener("l", "other")],
        routes: [routes("other", "two")],
      });
      acknowledge(await client.next());
      acknowledge(await client.next());
      // The listener is taken, but it is not in use before it has its routes.
      assert.deepEqual(await settle(), []);
      subscribe("routes", "other", "4");
      const asked = await client.next();
      assert.equal(shown(asked), "routes other");
      assert.deepEqual(await settle(), []);
      acknowledge(asked);
      assert.equal(shown(await client.next()), ofWhole("clusters -one", "clusters two"));
    });

    it("keeps the clusters of a client that comes back, until it has had its listeners and routes", async () => {
      const claims = new Map(
        (["clusters", "endpoints", "listeners", "routes"] as const).map((kind) => [kind, first.get(kind)]),
      );
      client.close();
      world.mesh.set("web", two);
      await world.server.close();
      await world.serve({ timing: { ...timing, reconnectMillis: 60_000 } });
      client = world.open(protocol);
      for (const [kind, had] of claims) {
        const names = kind === "endpoints" || kind === "routes" ? wanted[kind] : [];
        const initialVersions = Object.fromEntries(had?.versions ?? []);
        client.send({ nodeId, kind, names, subscribe: names, version: had?.version ?? "", initialVersions });
      }
      const added = await client.next();
      assert.equal(shown(added), "clusters two");
      acknowledge(added);
      // A state-of-the-world client says no more than a version, which a new server cannot know.
      if (protocol === "stateOfTheWorld") return;
      const moved = [await client.next(), await client.next()];
      assert.deepEqual(moved.map(shown), ["listeners l", "routes r"]);
      assert.deepEqual(await settle(), []);
      moved.forEach(acknowledge);
      assert.equal(shown(await client.next()), "clusters -one");
    });

    it("goes on without a client that does not say that its clusters are warm", async () => {
      await sendStuckCluster();
      assert.equal(shown(await client.next()), "routes r");
    });

    describe("while the machine's clock is set", () => {
      const { now } = Date;
      const hour = 3_600_000;
      afterEach(() => {
        Date.now = now;
      });

      it("an hour ahead, waits for clusters all the same", async () => {
        world.mesh.set("web", two);
        const added = await client.next();
        Date.now = () => now() + hour;
        subscribe("endpoints", "two", "2");
        acknowledge(await client.next());
        assert.deepEqual(await settle(), []);
        acknowledge(added);
        const moved = [await client.next(), await client.next()];
        assert.deepEqual(moved.map(shown), ["listeners l", "routes r"]);
      });

      it("an hour back, waits no longer than it would", async () => {
        await sendStuckCluster();
        Date.now = () => now() - hour;
        assert.equal(shown(await client.next()), "routes r");
      });
    });
  });
}
