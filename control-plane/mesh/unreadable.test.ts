// Records that cannot be read, for each kind that a mesh has: all others are followed, and nothing is written over them.
import assert from "node:assert/strict";
import type { Kind } from "@pulumi-appmesh/model";
import type { MeshChange } from "../source/mesh-source.js";
import { UnreadableRecord, UnreadableRecords } from "../store/unreadable-records.js";
import { addressKey } from "./address.js";
import {
  ACCOUNT,
  at,
  fails,
  type Harness,
  httpListener,
  httpRoute,
  meshHarness,
  OTHER,
  other,
  own,
  toRouter,
} from "./harness.test.support.js";
import { ServiceAccounts } from "./service-accounts.js";
import { MeshState } from "./state.js";

const mesh = at("mesh", "shop");
const node = {
  listeners: [httpListener()],
  serviceDiscovery: { dns: { hostname: "catalog.internal" } },
};
const gatewayListener = { listeners: [{ portMapping: { port: 80, protocol: "http" } }] };
const gatewayRoute = {
  httpRoute: {
    match: { prefix: "/" },
    action: { target: { virtualService: { virtualServiceName: "catalog.shop.local" } } },
  },
};

const sentence = (key: string, reason: string) =>
  `the record ${key} of the store cannot be read: ${reason}. It is not served, and nothing is written over it. If a later ` +
  "release of appmesh wrote it, start that one; if it is damaged, bring it back: docs/operations.md tells how";

describe("A record of the mesh that cannot be read", () => {
  let shop: Harness;
  let serviceAccounts: ServiceAccounts;
  beforeEach(async () => {
    shop = await meshHarness();
    serviceAccounts = new ServiceAccounts(shop);
    await shop.build(
      ["mesh", ["shop"], { egressFilter: { type: "ALLOW_ALL" } }],
      ["virtualNode", ["shop", "v1"], node],
      ["virtualNode", ["shop", "v2"], node],
      ["virtualRouter", ["shop", "catalog"], { listeners: [httpListener()] }],
      ["route", ["shop", "catalog", "all"], httpRoute("v1")],
      ["virtualService", ["shop", "catalog.shop.local"], toRouter("catalog")],
      ["virtualGateway", ["shop", "edge"], gatewayListener],
      ["gatewayRoute", ["shop", "edge", "all"], gatewayRoute],
      ["mesh", ["bank"]],
    );
    await shop.sharing.share(own, "shop", OTHER);
    await shop.settings.update(own, "shop", { defaultRetries: false });
    await serviceAccounts.put(own, "shop", "shop:catalog", { virtualNodes: ["v1"] });
  });
  afterEach(() => shop.close());

  const raw = async (key: string) => (await shop.store.load()).records.get(key);
  const commit = async (key: string, value: string | undefined) =>
    shop.store.commit((await shop.store.load()).revision, [{ key, value }]);
  const addressed = (kind: Kind, ...names: string[]) => at(kind, "shop", ...names);

  const damages: readonly [says: string, reason: string, damage: (value: string) => string][] = [
    ["is cut off", "it is no JSON", (value) => value.slice(0, -7)],
    ["is empty", "it is no JSON", () => ""],
    ["is null", "it is null, and no JSON object", () => "null"],
    ["is a list", "it is list, and no JSON object", () => "[]"],
    ["lacks a member", "tags is missing, and not list", (value) => without(value, "tags")],
    [
      "has a member of another type",
      "spec is string, and not object",
      (value) => altered(value, { spec: "" }),
    ],
    [
      "has no end of its version",
      "metadata.version is null, and not number",
      (value) => altered(value, { metadata: { ...JSON.parse(value).metadata, version: null } }),
    ],
  ];

  const entities: readonly [kind: Kind, ...names: string[]][] = [
    ["virtualNode", "v1"],
    ["virtualRouter", "catalog"],
    ["route", "catalog", "all"],
    ["virtualService", "catalog.shop.local"],
    ["virtualGateway", "edge"],
    ["gatewayRoute", "edge", "all"],
    ["mesh"],
  ];
  for (const [kind, ...names] of entities) {
    for (const [says, reason, damage] of damages) {
      it(`${kind} ${says}: it alone is left out, here and in a process that starts, until it can be read again`, async () => {
        const address = addressed(kind, ...names);
        const key = addressKey(address);
        const before = (await raw(key)) as string;
        const described = shop.operations.describe(own, address);
        const told: MeshChange[] = [];
        shop.state.subscribe((change) => told.push(change));

        const damaged = damage(before);
        await commit(key, damaged);
        const heard: unknown[] = [];
        const unreadable = new UnreadableRecords((news) =>
          heard.push(news instanceof UnreadableRecord ? news.message : news),
        );
        const started = await MeshState.open(shop.store, ACCOUNT, unreadable);
        const error = sentence(key, reason);
        assert.deepEqual(heard, [error]);
        for (const state of [shop.state, started]) {
          await fails(() => state.get(address), "InternalServerErrorException", error);
          assert.equal(state.known(address), undefined);
          assert.equal(state.get(at("mesh", "bank"))?.metadata.version, 1);
          if (kind !== "mesh") {
            assert.deepEqual(state.unreadable(mesh), [{ key, reason }]);
            assert.equal(state.get(addressed("virtualNode", "v2"))?.metadata.version, 1);
          }
        }
        assert.equal(told.length, 1);
        // Nobody writes over it, or takes away what it is in.
        const body = { spec: described.spec };
        await fails(() => shop.operations.describe(own, address), "InternalServerErrorException", error);
        await fails(() => shop.operations.update(own, address, body), "InternalServerErrorException", error);
        await fails(() => shop.operations.delete(own, address), "InternalServerErrorException", error);
        assert.equal(await raw(key), damaged);
        // What is beside it goes on.
        await shop.build(["mesh", ["later"]]);
        assert.equal(started.get(at("mesh", "later"))?.metadata.version, 1);

        await commit(key, before);
        assert.deepEqual(shop.operations.describe(own, address), described);
        assert.equal(started.get(address)?.metadata.version, described.metadata.version);
        assert.deepEqual(unreadable.list(), []);
        assert.deepEqual(heard, [error, { readable: key }]);
        const ofShop = told.filter(({ meshName }) => meshName === "shop").map(({ reads }) => reads);
        assert.deepEqual(ofShop, [ofShop[0], ofShop[0]]);
      });
    }
  }

  it("that is taken away is gone, and told", async () => {
    const key = addressKey(addressed("virtualNode", "v1"));
    await commit(key, "{");
    const told: MeshChange[] = [];
    shop.state.subscribe((change) => told.push(change));
    await commit(key, undefined);
    assert.deepEqual(told, [{ meshName: "shop", meshOwner: ACCOUNT, reads: ["virtualNode/v1"] }]);
    await fails(
      () => shop.operations.describe(own, addressed("virtualNode", "v1")),
      "NotFoundException",
      `VirtualNode with name v1 is not present under mesh shop for account ${ACCOUNT}`,
    );
    await shop.build(["virtualNode", ["shop", "v1"], {}]);
  });

  it("is not left behind without what it is in", async () => {
    const key = addressKey(addressed("route", "catalog", "all"));
    await shop.operations.delete(own, addressed("gatewayRoute", "edge", "all"));
    await shop.operations.delete(own, addressed("virtualService", "catalog.shop.local"));
    await commit(key, "{");
    await fails(
      () => shop.operations.delete(own, addressed("virtualRouter", "catalog")),
      "InternalServerErrorException",
      sentence(key, "it is no JSON"),
    );
  });

  it("is nothing for proxies to be told by: whoever reads it fails, and no one else", async () => {
    await commit(addressKey(addressed("route", "catalog", "all")), "{");
    await commit(addressKey(addressed("virtualNode", "v1")), "{");
    const entities = shop.state.entities("shop");
    assert.throws(() => entities.routes("catalog"), /route\/all of the store cannot be read/);
    assert.throws(() => entities.virtualNode("v1"), /virtualNode\/v1 of the store cannot be read/);
    assert.deepEqual(entities.virtualNode("v2"), node);
    assert.equal(entities.gatewayRoutes("edge").length, 1);
  });

  it("is a spec that only a later release knows; one with other limits, and more members, is read", async () => {
    const key = addressKey(addressed("virtualNode", "v1"));
    const value = (await raw(key)) as string;
    const ofSpec = (spec: object) => altered(value, { spec });
    await commit(key, ofSpec({ listeners: [{ portMapping: { port: 80, protocol: "http3" } }] }));
    const reason =
      'spec.listeners[0].portMapping.protocol: "http3" was given; "http", "tcp", "http2" or "grpc" is allowed';
    assert.deepEqual(shop.state.unreadable(mesh), [{ key, reason }]);
    await commit(key, ofSpec({ listeners: [{ portMapping: { port: 99_999, protocol: "http" } }], later: 1 }));
    assert.deepEqual(shop.state.unreadable(mesh), []);
    const routeKey = addressKey(addressed("route", "catalog", "all"));
    await commit(routeKey, altered((await raw(routeKey)) as string, { spec: { http3Route: {} } }));
    assert.deepEqual(
      shop.state.unreadable(mesh).map(({ key }) => key),
      [routeKey],
    );
  });

  const besides: readonly [what: string, reason: string, value: string][] = [
    ["shares", `${OTHER} is object, and not number`, JSON.stringify({ [OTHER]: { since: 1 } })],
    ["shares", "it is no JSON", "{"],
    ["settings", "defaultRetries is string, and not boolean", '{"defaultRetries":"no"}'],
    [
      "settings",
      "managedTls has a mode or a step that is not known here",
      '{"managedTls":{"mode":"STRICTER","settleSeconds":1,"from":0,"at":0}}',
    ],
    [
      "settings",
      "managedTls has a mode or a step that is not known here",
      '{"managedTls":{"mode":"STRICT","settleSeconds":1,"from":9,"at":0}}',
    ],
    [
      "settings",
      "managedTls.at is missing, and not number",
      '{"managedTls":{"mode":"OFF","settleSeconds":1,"from":0}}',
    ],
    ["serviceAccounts", "shop:catalog is list, and not object", '{"shop:catalog":[]}'],
    [
      "serviceAccounts",
      '["shop:catalog"].virtualNodes: "v1" was given; a list of at most 100 items is allowed',
      '{"shop:catalog":{"virtualNodes":"v1"}}',
    ],
  ];
  for (const [what, reason, value] of besides) {
    it(`${what}, ${reason}: it counts for nothing, and is not written over`, async () => {
      const key = `${addressKey(mesh)}/${what}`;
      const before = (await raw(key)) as string;
      await commit(key, value);
      const error = sentence(key, reason);
      const internal = (call: () => unknown) => fails(call, "InternalServerErrorException", error);
      const started = await MeshState.open(shop.store, ACCOUNT);
      for (const state of [shop.state, started]) {
        assert.deepEqual(state.unreadable(mesh), [{ key, reason }]);
        if (what === "shares") {
          await internal(() => state.shares(mesh));
          assert.equal(state.sees(OTHER, mesh), false);
        }
        if (what === "settings") await internal(() => state.entities("shop").settings?.());
        if (what === "serviceAccounts") await internal(() => state.serviceAccounts(mesh));
        assert.equal(state.sees(ACCOUNT, mesh), true);
      }
      await internal(() =>
        what === "shares"
          ? shop.sharing.share(own, "shop", "888888888888")
          : what === "settings"
            ? shop.settings.update(own, "shop", {})
            : serviceAccounts.put(own, "shop", "shop:other", {}),
      );
      assert.equal(await raw(key), value);
      await commit(key, before);
      assert.deepEqual(shop.state.unreadable(mesh), []);
      assert.equal(shop.state.sees(OTHER, mesh), true);
      assert.deepEqual(shop.settings.describe(own, "shop"), { defaultRetries: false });
      assert.deepEqual(shop.state.serviceAccounts(mesh), { "shop:catalog": { virtualNodes: ["v1"] } });
    });
  }

  it("of a mesh is told to its owner alone", async () => {
    const key = addressKey(mesh);
    await commit(key, "{");
    await fails(
      () => shop.operations.describe(own, mesh),
      "InternalServerErrorException",
      sentence(key, "it is no JSON"),
    );
    await fails(
      () => shop.operations.describe(other, mesh),
      "NotFoundException",
      `Mesh with name shop is not present for account ${ACCOUNT}`,
    );
    await fails(
      () => shop.build(["mesh", ["shop"]]),
      "InternalServerErrorException",
      sentence(key, "it is no JSON"),
    );
  });
});

const without = (value: string, member: string): string => altered(value, { [member]: undefined });
const altered = (value: string, change: object): string =>
  JSON.stringify({ ...JSON.parse(value), ...change });
