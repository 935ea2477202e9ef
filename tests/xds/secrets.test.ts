import assert from "node:assert/strict";
import { traits } from "@pulumi-appmesh/control-plane/xds/resource-kinds.js";
import type { Protocol } from "@pulumi-appmesh/control-plane/xds/transport.js";
import type { AdsClient, Received } from "../support/ads-client.js";
import { edsCluster, type Lists, secret } from "../support/fake-mesh.js";
import { nodeId, World } from "./harness.js";

for (const protocol of ["incremental", "stateOfTheWorld"] as const satisfies Protocol[]) {
  describe(`secrets, ${protocol}`, () => {
    let world: World | undefined;
    const start = async (lists: Lists) => {
      world = await World.start(lists);
      return world;
    };
    afterEach(async () => {
      await world?.stop();
      world = undefined;
    });
    const kind = "secrets";

    const subscribe = (client: AdsClient, names: readonly string[], more: object = {}) =>
      client.send({ nodeId, kind, names, subscribe: names, ...more });
    const acknowledge = (client: AdsClient, { nonce, version }: Received, names: readonly string[]) =>
      client.send({ kind, nonce, version, names });
    /** Takes every response as it comes; answers the names that each of them held. */
    async function take(client: AdsClient, names: readonly string[], count: number): Promise<string[][]> {
      const told: string[][] = [];
      for (let i = 0; i < count; i++) {
        const response = await client.next();
        told.push([...response.names]);
        assert.deepEqual(response.removed, []);
        acknowledge(client, response, names);
      }
      assert.deepEqual(await client.settle(), []);
      return told;
    }

    it("have the type that Envoy asks for, and come before what names them", () => {
      assert.equal(
        traits.secrets.typeUrl,
        "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
      );
    });

    it("are told by name, each by itself, and to nobody who does not name them", async () => {
      const world = await start({ secrets: [secret("a"), secret("b"), secret("c")] });
      const client = world.open(protocol);
      subscribe(client, ["a", "c"]);
      assert.deepEqual((await take(client, ["a", "c"], 2)).toSorted(), [["a"], ["c"]]);
      world.mesh.set("web", { secrets: [secret("a"), secret("b", 1), secret("c", 1)] });
      assert.deepEqual(await take(client, ["a", "c"], 1), [["c"]]);
    });

    it("are not given away to a client that asks for all of them without a name", async () => {
      const world = await start({ secrets: [secret("a")] });
      const client = world.open(protocol);
      subscribe(client, []);
      assert.deepEqual(await client.settle(), []);
    });

    it("that are not there yet are told as soon as they are, and silence stands for those that are gone", async () => {
      const world = await start({ secrets: [secret("a")] });
      const client = world.open(protocol);
      subscribe(client, ["a", "b"]);
      assert.deepEqual(await take(client, ["a", "b"], 1), [["a"]]);
      world.mesh.set("web", { secrets: [secret("a"), secret("b")] });
      assert.deepEqual(await take(client, ["a", "b"], 1), [["b"]]);
      world.mesh.set("web", { secrets: [secret("b")] });
      assert.deepEqual(await client.settle(), []);
      world.mesh.set("web", { secrets: [secret("a", 1), secret("b")] });
      assert.deepEqual(await take(client, ["a", "b"], 1), [["a"]]);
    });

    it("that the client refuses do not keep others from it, and come again when they change", async () => {
      const world = await start({ secrets: [secret("a"), secret("b"), secret("c")] });
      const client = world.open(protocol);
      const names = ["a", "b", "c"];
      subscribe(client, names);
      const told: string[] = [];
      for (let i = 0; i < 3; i++) {
        const response = await client.next();
        const [name = ""] = response.names;
        told.push(name);
        if (name !== "b") acknowledge(client, response, names);
        else client.send({ kind, nonce: response.nonce, names, version: "", error: "no such file" });
      }
      assert.deepEqual(told.toSorted(), names);
      assert.deepEqual(await client.settle(), []);
      const { error } = world.server.proxies()[0]?.resources.secrets ?? {};
      assert.deepEqual([error?.resources, error?.reason], [["b"], "no such file"]);
      world.mesh.set("web", { secrets: [secret("a"), secret("b", 1), secret("c")] });
      assert.deepEqual((await take(client, names, 1)).at(-1), ["b"]);
      assert.equal(world.server.proxies()[0]?.resources.secrets?.error, undefined);
    });

    it("are not told again to a client that comes back with them, and are to one whose cluster may wait", async () => {
      const world = await start({ clusters: [edsCluster("x")], secrets: [secret("a")] });
      const first = world.open(protocol);
      first.send({ nodeId, kind: "clusters" });
      const clusters = await first.next();
      first.send({ kind: "clusters", nonce: clusters.nonce, version: clusters.version });
      subscribe(first, ["a"]);
      const told = await first.next();
      acknowledge(first, told, ["a"]);
      await first.settle();
      first.close();

      const again = world.open(protocol);
      const claim = ({ version, versions }: Received) => ({
        version,
        initialVersions: Object.fromEntries(versions),
      });
      again.send({ nodeId, kind: "clusters", ...claim(clusters) });
      subscribe(again, ["a"], claim(told));
      assert.deepEqual(await again.settle(), []);
      again.close();

      const unsure = world.open(protocol);
      subscribe(unsure, ["a"], claim(told));
      assert.deepEqual(await take(unsure, ["a"], 1), [["a"]]);
    });

    it("never stand in a log or in the list of proxies", async () => {
      const world = await start({ secrets: [secret("a")] });
      const client = world.open(protocol);
      subscribe(client, ["a"]);
      await take(client, ["a"], 1);
      world.mesh.set("web", {
        secrets: [
          { ...secret("a", 1), json: { name: "a", tlsCertificate: { privateKey: "PRIVATE" } } as never },
        ],
      });
      await client.settle();
      const told = JSON.stringify([world.log, world.server.proxies()]);
      assert.match(told, /secrets a is not valid Envoy configuration/);
      assert.doesNotMatch(told, /PRIVATE|authority 0/);
    });
  });
}
