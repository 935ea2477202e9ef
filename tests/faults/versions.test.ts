// Two releases on one table: what a later one has written, this one serves or refuses, and never spoils.
import assert from "node:assert/strict";
import { Calls } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { HEAD } from "@pulumi-appmesh/control-plane/store/dynamodb/layout.js";
import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import { measured, meshes, Shop, until } from "./shop.js";

const owner = "000000000000";
const mesh = `${owner}/mesh/shop`;
const node = `${mesh}/virtualNode/app`;

describe("A later release on the same table, under traffic", function () {
  this.timeout(240_000);
  let shop: Shop;
  let later: DynamoStore;
  before(async function () {
    shop = await Shop.start(this, { replicas: 2 });
    later = await DynamoStore.open({ ...shop.place, follow: false });
  });
  after(async () => {
    await later?.close();
    await shop?.stop();
  });
  afterEach(() => shop?.noneFailed());

  const records = async () => (await later.load()).records;
  /** Changes records as a later release does. */
  async function write(changes: Readonly<Record<string, (before: Json) => Json>>): Promise<void> {
    const all = await records();
    await later.commit(
      later.revision,
      Object.entries(changes).map(([key, change]) => ({
        key,
        value: JSON.stringify(change(JSON.parse(all.get(key) ?? "{}"))),
      })),
    );
    for (const replica of shop.replicas) {
      await until(async () => (await measured(replica, "appmesh_store_revision")) >= later.revision);
    }
  }

  it("has its own members of records kept where this one changes something beside them", async () => {
    const further = { labels: { team: "catalog" } };
    await write({
      [node]: (before) => ({ ...before, ...further, metadata: { ...before.metadata, etag: "W/7" } }),
      [`${mesh}/settings`]: (before) => ({ ...before, rateLimits: { perSecond: 10 } }),
    });
    const { body } = await shop.replica(0).call("GET", `${meshes}/shop/virtualNodes/app`);
    assert.equal("labels" in body, false);
    const tagged = await shop
      .replica(0)
      .call("PUT", `/v20190125/tag?resourceArn=${encodeURIComponent(body.metadata.arn)}`, {
        tags: [{ key: "tier", value: "one" }],
      });
    assert.equal(tagged.status, 200, JSON.stringify(tagged.body));
    await shop.put(shop.replica(1), "/shop/virtualNodes/app", { spec: body.spec });
    const settings = { defaultRetries: false };
    assert.equal((await shop.replica(1).call("PUT", "/v1/meshes/shop/settings", settings)).status, 200);
    const all = await records();
    const stored = JSON.parse(all.get(node) ?? "");
    assert.deepEqual(
      [stored.labels, stored.metadata.etag, stored.tags],
      [further.labels, "W/7", [{ key: "tier", value: "one" }]],
    );
    assert.deepEqual(JSON.parse(all.get(`${mesh}/settings`) ?? ""), {
      defaultRetries: false,
      rateLimits: { perSecond: 10 },
    });
  });

  it("has records of kinds that this one does not know left alone", async () => {
    const unknown = {
      [`${mesh}/rateLimits`]: { perSecond: 10 },
      [`${mesh}/virtualCache/one`]: { spec: {} },
      "quotas/x": {},
    };
    await write(Object.fromEntries(Object.entries(unknown).map(([key, value]) => [key, () => value])));
    await shop.send(shop.replica(1), "other");
    await shop.traffic.comesTo("other");
    const replica = await shop.startReplica(2);
    await shop.send(replica, "app");
    await shop.traffic.comesTo("app");
    const all = await records();
    assert.deepEqual(
      Object.keys(unknown).map((key) => JSON.parse(all.get(key) ?? "null")),
      Object.values(unknown),
    );
  });

  it("limits a key in a way that this one does not know: the key may do nothing here", async () => {
    const { body } = await shop.replica(0).call("POST", "/v1/access-keys", { description: "of a test" });
    const key = body.accessKey;
    for (const each of shop.replicas) {
      await until(async () => (await each.as(key)("GET", meshes)).status === 200);
    }
    await write({
      [`identity/access-keys/${key.accessKeyId}`]: (before) => ({
        ...before,
        scope: { virtualNodes: ["app"] },
      }),
    });
    for (const each of shop.replicas) {
      for (const [method, path] of [
        ["GET", `${meshes}/shop/virtualNodes/other`],
        ["GET", meshes],
        ["PUT", meshes],
      ] as const) {
        const answer = await each.as(key)(method, path, method === "PUT" ? { meshName: "mine" } : undefined);
        assert.equal(answer.status, 403, `${method} ${path}: ${JSON.stringify(answer.body)}`);
        assert.match(
          answer.body.message,
          /the key is limited by virtualNodes, which this release of appmesh serve does not know/,
        );
      }
    }
  });

  it("lays the table out anew: this one serves what it knows, changes nothing more, and says why", async () => {
    const calls = await Calls.open(shop.place);
    const layout = (expression: string, values?: { ":layout": { N: string } }) =>
      calls.send((client, options) =>
        client.updateItem(
          {
            TableName: calls.table,
            Key: HEAD,
            UpdateExpression: expression,
            ...(values && { ExpressionAttributeValues: values }),
          },
          options,
        ),
      );
    await layout("SET layout = :layout", { ":layout": { N: "2" } });
    for (const replica of shop.replicas) {
      await until(async () => (await replica.call("PUT", meshes, { meshName: "late" })).status === 503);
      assert.equal((await replica.call("GET", `${meshes}/shop`)).status, 200);
      await until(() =>
        replica
          .log()
          .includes(
            `the DynamoDB table ${shop.place.table} is laid out as 2, by a later release of appmesh serve; this one knows 1. Start that release in its place`,
          ),
      );
    }
    await assert.rejects(
      shop.startReplica(3),
      /is laid out as 2, by a later release of appmesh serve; this one knows 1/,
    );
    await shop.traffic.more(20);
    await layout("REMOVE layout");
    calls.close();
    await shop.sendAtLast(shop.replica(0), "other");
    await shop.traffic.comesTo("other");
  });
});

// biome-ignore lint/suspicious/noExplicitAny: records of every kind.
type Json = any;
