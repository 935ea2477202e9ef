// Records of the table that no control plane can read, under traffic: they stop nothing but themselves, and no request is lost.
import assert from "node:assert/strict";
import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import type { ControlPlane } from "../support/control-plane.js";
import { measured, meshes, Shop, until } from "./shop.js";

const mesh = "000000000000/mesh/shop";

describe("Records that cannot be read, under traffic", function () {
  this.timeout(240_000);
  let shop: Shop;
  let outside: DynamoStore;
  before(async function () {
    shop = await Shop.start(this, { replicas: 2 });
    outside = await DynamoStore.open({ ...shop.place, follow: false });
  });
  after(async () => {
    await outside?.close();
    await shop?.stop();
  });
  afterEach(() => shop?.noneFailed());

  /** Writes records as something else than a control plane does, and waits until all control planes are there. */
  async function write(records: Readonly<Record<string, string>>): Promise<void> {
    await outside.load();
    await outside.commit(
      outside.revision,
      Object.entries(records).map(([key, value]) => ({ key, value })),
    );
    for (const replica of shop.replicas)
      await until(async () => (await measured(replica, "appmesh_store_revision")) >= outside.revision);
  }
  const values = async (keys: readonly string[]) => {
    const { records } = await outside.load();
    return Object.fromEntries(keys.map((key) => [key, records.get(key) ?? assert.fail(key)]));
  };
  const readiness = async (replica: ControlPlane) => {
    const { status, body } = await replica.call("GET", "/readyz");
    return { status, body };
  };

  it("are those of the mesh: proxies keep what they have, also where a control plane starts, until they are mended", async () => {
    const keys = [
      "virtualRouter/catalog/route/all",
      "virtualService/catalog.local",
      "virtualNode/app",
      "settings",
    ].map((path) => `${mesh}/${path}`);
    const before = await values(keys);
    const damaged = Object.fromEntries(keys.map((key) => [key, `{"spec": ${"9".repeat(20)}`]));
    await write(damaged);
    const restarted = shop.leave(1);
    await restarted.stop();
    await shop.startReplica(1);
    await shop.proxiesAreBack();
    // Both are led there, and know nothing else.
    shop.balancer.lead(shop.xdsOf(1));
    shop.balancer.cut();
    await until(async () => (await shop.proxies(shop.replica(1))).join() === "app,front");
    await shop.traffic.more(50);
    for (const replica of shop.replicas) {
      assert.deepEqual(await readiness(replica), {
        status: 200,
        body: { status: "ready", unreadableRecords: keys.length },
      });
      assert.equal(await measured(replica, "appmesh_store_unreadable_records"), keys.length);
      assert.equal(await measured(replica, "appmesh_store_followed"), 1);
      for (const key of keys) {
        const told = replica.log().split(`the record ${key} of the store cannot be read: it is no JSON.`);
        assert.equal(told.length > 1, true, key);
      }
      const { body } = await replica.call("GET", "/v1/diagnostics?mesh=shop");
      assert.deepEqual(
        body.diagnostics
          .filter(({ code }: { code: string }) => code === "UnreadableRecord")
          .map(({ message }: { message: string }) => /record (\S+) /.exec(message)?.[1]),
        [...keys].sort(),
      );
      const { status, body: of } = await replica.call("GET", `${meshes}/shop/virtualNodes/app`);
      assert.equal(status, 500);
      assert.match(
        of.message,
        /^the record \S+virtualNode\/app of the store cannot be read: it is no JSON\./,
      );
      assert.equal((await replica.call("DELETE", `${meshes}/shop/virtualNodes/app`)).status, 500);
    }
    // What is beside them goes on, at both of them.
    await shop.put(shop.replica(0), "", { meshName: "bank" });
    await until(async () => (await shop.replica(1).call("GET", `${meshes}/bank`)).status === 200);
    assert.deepEqual(await values(keys), damaged);
    await write(before);
    for (const replica of shop.replicas) {
      assert.deepEqual(await readiness(replica), { status: 200, body: { status: "ready" } });
      assert.equal(await measured(replica, "appmesh_store_unreadable_records"), 0);
    }
    await shop.send(shop.replica(1), "other");
    await shop.traffic.comesTo("other");
    await shop.send(shop.replica(0), "app");
    await shop.traffic.comesTo("app");
  });

  it("are those of who may call and connect: these are let in no more, and all others are", async () => {
    const { body } = await shop.replica(0).call("POST", "/v1/access-keys", {});
    const key = body.accessKey;
    const status = async (replica: ControlPlane) => (await replica.as(key)("GET", meshes)).status;
    for (const replica of shop.replicas) await until(async () => (await status(replica)) === 200);
    const listed = await shop.replica(0).call("GET", "/v1/meshes/shop/identities");
    const front = listed.body.identities.find(
      ({ virtualNode }: { virtualNode: string }) => virtualNode === "front",
    ).identityId;
    const stored = [`identity/access-keys/${key.accessKeyId}`, `identity/proxies/issued/${front}`];
    const before = await values(stored);
    await write(Object.fromEntries(stored.map((each) => [each, '{"revokedAt":"a form of later"}'])));
    for (const replica of shop.replicas) {
      assert.equal(await status(replica), 403);
      assert.equal((await replica.call("GET", meshes)).status, 200);
    }
    // Its proxy goes on with what it has; the other one is told of changes as ever.
    const connected = async () => (await Promise.all(shop.replicas.map((each) => shop.proxies(each)))).flat();
    await until(async () => (await connected()).join() === "app");
    await shop.traffic.more(50);
    const told = shop
      .replica(0)
      .log()
      .split("\n")
      .filter((line) => line.includes("cannot be read"));
    for (const each of stored)
      assert.equal(
        told.some((line) => line.includes(each)),
        true,
        each,
      );
    assert.equal(shop.logs().includes(key.secretAccessKey), false);
    await write(before);
    for (const replica of shop.replicas) await until(async () => (await status(replica)) === 200);
    await shop.proxiesAreBack();
    await shop.send(shop.replica(0), "other");
    await shop.traffic.comesTo("other");
  });
});
