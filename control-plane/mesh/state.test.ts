import assert from "node:assert/strict";
import type { MeshChange } from "../source/mesh-source.js";
import type { Change, Contents, Store } from "../store/store.js";
import { encodeEntity } from "./entity.js";
import {
  ACCOUNT,
  at,
  gatewayRoute,
  type Harness,
  httpListener,
  httpRoute,
  meshHarness,
  own,
  toRouter,
} from "./harness.test.support.js";
import { MeshState } from "./state.js";

describe("MeshState as the source of proxies' meshes", () => {
  let mesh: Harness;
  let changes: MeshChange[];
  beforeEach(async () => {
    mesh = await meshHarness();
    changes = [];
    mesh.state.subscribe((change) => changes.push(change));
  });
  afterEach(() => mesh.close());

  const shop = () => mesh.state.entities("shop");
  const reads = () =>
    changes.splice(0).map(({ reads, ...rest }) => {
      assert.deepEqual(rest, { meshName: "shop", meshOwner: ACCOUNT });
      return reads;
    });

  it("says of each change what has to be read again, after it shows it", async () => {
    const seen: unknown[] = [];
    mesh.state.subscribe(() => seen.push(shop().virtualNode("a")));
    await mesh.build(
      ["mesh", ["shop"]],
      ["virtualNode", ["shop", "a"], {}],
      ["virtualRouter", ["shop", "r"], {}],
      ["route", ["shop", "r", "all"], httpRoute("a")],
      ["virtualService", ["shop", "s.shop.local"], toRouter("r")],
      ["virtualGateway", ["shop", "g"], { listeners: [httpListener()] }],
      ["gatewayRoute", ["shop", "g", "all"], gatewayRoute("s.shop.local")],
    );
    assert.deepEqual(seen, [undefined, {}, {}, {}, {}, {}, {}]);
    assert.deepEqual(reads(), [
      ["mesh"],
      ["virtualNode/a"],
      ["virtualRouter/r"],
      ["routes/r"],
      ["virtualService/s.shop.local"],
      ["virtualGateway/g"],
      ["gatewayRoutes/g"],
    ]);
    await mesh.operations.update(own, at("virtualNode", "shop", "a"), { spec: { listeners: [] } });
    await mesh.operations.delete(own, at("gatewayRoute", "shop", "g", "all"));
    assert.deepEqual(reads(), [["virtualNode/a"], ["gatewayRoutes/g"]]);
  });

  it("says nothing of changes that proxies are not told of: tags, and specs written again", async () => {
    await mesh.build(["mesh", ["shop"]], ["virtualNode", ["shop", "a"], { listeners: [] }]);
    reads();
    const { metadata } = mesh.operations.describe(own, at("virtualNode", "shop", "a"));
    await mesh.tagging.tag(own, metadata.arn, { tags: [{ key: "k", value: "v" }] });
    await mesh.operations.update(own, at("virtualNode", "shop", "a"), { spec: { listeners: [] } });
    assert.deepEqual(reads(), []);
    assert.equal(mesh.operations.describe(own, at("virtualNode", "shop", "a")).metadata.version, 2);
  });

  it("keeps the object of an entity, and the list of routes, as long as they do not change", async () => {
    await mesh.build(
      ["mesh", ["shop"]],
      ["virtualNode", ["shop", "a"], { listeners: [] }],
      ["virtualNode", ["shop", "b"], {}],
      ["virtualRouter", ["shop", "r"], {}],
      ["route", ["shop", "r", "z"], httpRoute("a")],
      ["route", ["shop", "r", "k"], httpRoute("b")],
    );
    const before = { a: shop().virtualNode("a"), routes: shop().routes("r") };
    assert.deepEqual(
      before.routes.map(({ name }) => name),
      ["k", "z"],
    );
    await mesh.operations.update(own, at("virtualNode", "shop", "a"), { spec: { listeners: [] } });
    await mesh.operations.update(own, at("virtualNode", "shop", "b"), { spec: { listeners: [] } });
    await mesh.operations.update(own, at("route", "shop", "r", "k"), { spec: httpRoute("b") });
    assert.equal(shop().virtualNode("a"), before.a);
    assert.equal(shop().routes("r"), before.routes);
    await mesh.operations.update(own, at("route", "shop", "r", "k"), { spec: httpRoute("a") });
    assert.notEqual(shop().routes("r"), before.routes);
    assert.equal(shop().routes("r")[1]?.spec, before.routes[1]?.spec);
  });

  it("shows what comes after it was asked for, and what is gone", async () => {
    const view = shop();
    assert.deepEqual(
      [view.mesh(), view.virtualNode("a"), view.routes("r"), view.gatewayRoutes("g")],
      [undefined, undefined, [], []],
    );
    await mesh.build(
      ["mesh", ["shop"]],
      ["virtualNode", ["shop", "a"], {}],
      ["virtualRouter", ["shop", "r"], {}],
    );
    await mesh.build(["route", ["shop", "r", "all"], httpRoute("a")]);
    assert.deepEqual([view.mesh(), view.virtualNode("a")], [{}, {}]);
    assert.deepEqual(view.routes("r"), [{ name: "all", spec: httpRoute("a") }]);
    await mesh.operations.delete(own, at("route", "shop", "r", "all"));
    assert.deepEqual(view.routes("r"), []);
  });

  it("keeps the meshes of different owners apart", async () => {
    await mesh.build(["mesh", ["shop"], { egressFilter: { type: "ALLOW_ALL" } }]);
    assert.deepEqual(mesh.state.entities("shop", ACCOUNT).mesh(), { egressFilter: { type: "ALLOW_ALL" } });
    assert.equal(mesh.state.entities("shop", "999999999999").mesh(), undefined);
  });

  it("stops calling back once that is ended", async () => {
    const heard: MeshChange[] = [];
    const end = mesh.state.subscribe((change) => heard.push(change));
    await mesh.build(["mesh", ["shop"]]);
    end();
    await mesh.build(["virtualNode", ["shop", "a"], {}]);
    assert.equal(heard.length, 1);
  });
});

describe("MeshState.open", () => {
  const node = (name: string, version: number) => {
    const time = { createdAt: 1, lastUpdatedAt: version };
    const metadata = { arn: name, ...time, meshOwner: ACCOUNT, resourceOwner: ACCOUNT, uid: name, version };
    return encodeEntity({
      address: at("virtualNode", "shop", name),
      metadata,
      spec: {},
      tags: [],
      calls: { create: [], update: [] },
    });
  };

  it("misses no change that is committed while it reads the store", async () => {
    // A store in which others write between the subscription and the answer to the reading.
    let tell: (change: Change) => void = () => assert.fail("nobody has subscribed");
    const store: Store = {
      load: async (): Promise<Contents> => {
        tell({ revision: 6, writes: [node("read already", 1)] });
        tell({ revision: 7, writes: [node("read already", 2)] });
        tell({
          revision: 8,
          writes: [node("not read yet", 1), { key: node("gone", 1).key, value: undefined }],
        });
        const records = [node("read already", 2), node("gone", 1)].map(
          ({ key, value }) => [key, value] as const,
        );
        return { revision: 7, records: new Map(records) };
      },
      subscribe: (listener) => {
        tell = listener;
        return () => {};
      },
      commit: () => assert.fail("nothing is written"),
      checkWritable: async () => {},
      close: async () => {},
    };
    const state = await MeshState.open(store, ACCOUNT);
    const versions = () =>
      Object.fromEntries(
        [...state.children(at("mesh", "shop"), "virtualNode")].map(({ metadata }) => [
          metadata.arn,
          metadata.version,
        ]),
      );
    assert.equal(state.revision, 8);
    assert.deepEqual(versions(), { "not read yet": 1, "read already": 2 });
    tell({ revision: 9, writes: [node("not read yet", 2)] });
    assert.deepEqual(versions(), { "not read yet": 2, "read already": 2 });
  });
});
