import assert from "node:assert/strict";
import type { Caller } from "./caller.js";
import {
  ACCOUNT,
  at,
  fails,
  gatewayRoute,
  type Harness,
  httpListener,
  httpRoute,
  meshHarness,
  meshOn,
  OTHER,
  other,
  own,
  REGION,
} from "./harness.test.support.js";
import { noLimits } from "./limits.js";

const shop = at("mesh", "shop");
const third: Caller = { account: "111111111111", accessKeyId: undefined };
const hidden = `Mesh with name shop is not present for account ${ACCOUNT}`;

describe("Sharing of meshes", () => {
  let mesh: Harness;
  beforeEach(async () => {
    mesh = await meshHarness();
    await mesh.build(
      ["mesh", ["shop"]],
      ["virtualNode", ["shop", "a"], {}],
      ["virtualRouter", ["shop", "r"], {}],
    );
  });
  afterEach(() => mesh.close());

  const names = (caller: Caller) =>
    mesh.operations
      .list(caller, "mesh", undefined, {})
      .items.map(({ meshName, meshOwner, resourceOwner }) => ({ meshName, meshOwner, resourceOwner }));
  const node = (name: string) => ({ virtualNodeName: name, spec: {} });

  describe("by its owner", () => {
    it("is made, told, repeated without effect, and ended", async () => {
      const shared = { meshName: "shop", meshOwner: ACCOUNT, account: OTHER, sharedAt: 1_700_000_001 };
      assert.deepEqual(mesh.sharing.list(own, "shop"), []);
      assert.deepEqual(await mesh.sharing.share(own, "shop", OTHER), shared);
      assert.deepEqual(await mesh.sharing.share(own, "shop", OTHER), shared);
      const first = { ...shared, account: third.account, sharedAt: 1_700_000_001.25 };
      assert.deepEqual(await mesh.sharing.share(own, "shop", third.account), first);
      assert.deepEqual(mesh.sharing.list(own, "shop"), [first, shared]);
      assert.deepEqual(mesh.sharing.get(own, "shop", OTHER), shared);
      assert.deepEqual(await mesh.sharing.unshare(own, "shop", OTHER), shared);
      const gone = `Mesh shop of account ${ACCOUNT} is not shared with account ${OTHER}`;
      await fails(() => mesh.sharing.get(own, "shop", OTHER), "NotFoundException", gone);
      await fails(() => mesh.sharing.unshare(own, "shop", OTHER), "NotFoundException", gone);
      assert.deepEqual(
        mesh.changes.slice(3).map(({ caller: _, address: __, ...change }) => change),
        [
          { operation: "ShareMesh", before: { sharedWith: [] }, after: { sharedWith: [OTHER] } },
          {
            operation: "ShareMesh",
            before: { sharedWith: [OTHER] },
            after: { sharedWith: [third.account, OTHER] },
          },
          {
            operation: "UnshareMesh",
            before: { sharedWith: [third.account, OTHER] },
            after: { sharedWith: [third.account] },
          },
        ],
      );
    });

    it("is with another account, by its number", async () => {
      await fails(
        () => mesh.sharing.share(own, "shop", "me"),
        "BadRequestException",
        'account: "me" was given; a string of exactly 12 digits is allowed.',
      );
      await fails(
        () => mesh.sharing.share(own, "shop", ACCOUNT),
        "BadRequestException",
        `account: "${ACCOUNT}" was given, which owns the mesh; another account is allowed.`,
      );
    });

    it("is the owner's alone: to others, the mesh is not there", async () => {
      await mesh.sharing.share(own, "shop", OTHER);
      const absent = `Mesh with name shop is not present for account ${OTHER}`;
      await fails(() => mesh.sharing.list(other, "shop"), "NotFoundException", absent);
      await fails(() => mesh.sharing.share(other, "shop", third.account), "NotFoundException", absent);
      await fails(() => mesh.sharing.unshare(other, "shop", OTHER), "NotFoundException", absent);
    });

    it("ends with the mesh: another one of its name is shared with nobody", async () => {
      await mesh.build(["mesh", ["short"]]);
      await mesh.sharing.share(own, "short", OTHER);
      await mesh.operations.delete(own, at("mesh", "short"));
      assert.deepEqual(
        [...(await mesh.store.load()).records.keys()].filter((key) => key.includes("short")),
        [],
      );
      await mesh.build(["mesh", ["short"]]);
      assert.deepEqual(mesh.sharing.list(own, "short"), []);
      assert.deepEqual(names(other), []);
    });

    it("is known to other processes on the same store, and to one that is started again", async () => {
      const running = await meshOn(mesh.store);
      await mesh.sharing.share(own, "shop", OTHER);
      const again = await meshOn(mesh.store);
      for (const { operations, sharing } of [running, again]) {
        assert.equal(operations.describe(other, shop).meshName, "shop");
        assert.equal(sharing.list(own, "shop").length, 1);
      }
      await again.sharing.unshare(own, "shop", OTHER);
      await fails(() => running.operations.describe(other, shop), "NotFoundException", hidden);
    });
  });

  describe("a mesh that is not shared", () => {
    it("is answered like one that does not exist, in every operation", async () => {
      await mesh.sharing.share(own, "shop", third.account);
      const router = at("virtualRouter", "shop", "r");
      const calls: (() => unknown)[] = [
        () => mesh.operations.describe(other, shop),
        () => mesh.operations.describe(other, at("virtualNode", "shop", "a")),
        () => mesh.operations.describe(other, at("virtualNode", "shop", "never")),
        () => mesh.operations.describe(other, at("route", "shop", "r", "never")),
        () => mesh.operations.list(other, "virtualNode", shop, {}),
        () => mesh.operations.list(other, "route", router, {}),
        () => mesh.operations.create(other, "virtualNode", shop, node("b")),
        () => mesh.operations.create(other, "virtualNode", shop, node("a")),
        () =>
          mesh.operations.create(other, "virtualGateway", shop, {
            virtualGatewayName: "g",
            spec: { listeners: [httpListener()] },
          }),
        () => mesh.operations.create(other, "route", router, { routeName: "x", spec: httpRoute("a") }),
        () => mesh.operations.update(other, at("virtualNode", "shop", "a"), { spec: {} }),
        () => mesh.operations.delete(other, at("virtualNode", "shop", "a")),
        () => mesh.operations.delete(other, shop),
      ];
      for (const call of calls) await fails(call, "NotFoundException", hidden);
      const arn = `arn:aws:appmesh:${REGION}:${ACCOUNT}:mesh/shop/virtualNode/a`;
      const noArn = `there is no resource with the ARN ${arn}`;
      await fails(() => mesh.tagging.list(other, arn, {}), "NotFoundException", noArn);
      await fails(() => mesh.tagging.tag(other, arn, { tags: [] }), "NotFoundException", noArn);
      assert.deepEqual(names(other), []);
    });
  });

  describe("a shared mesh", () => {
    beforeEach(async () => {
      await mesh.sharing.share(own, "shop", OTHER);
      await mesh.operations.create(other, "mesh", undefined, { meshName: "mine" });
      mesh.changes.splice(0);
    });

    it("is in the list of those who share it, beside their own, and of nobody else", async () => {
      await mesh.operations.create(other, "mesh", undefined, { meshName: "shop" });
      const owned = (meshName: string, account: string) => ({
        meshName,
        meshOwner: account,
        resourceOwner: account,
      });
      assert.deepEqual(names(other), [owned("mine", OTHER), owned("shop", ACCOUNT), owned("shop", OTHER)]);
      assert.deepEqual(names(own), [owned("shop", ACCOUNT)]);
      assert.deepEqual(names(third), []);
      const first = mesh.operations.list(other, "mesh", undefined, { limit: 2 });
      const rest = mesh.operations.list(other, "mesh", undefined, { limit: 2, nextToken: first.nextToken });
      assert.deepEqual([first.items.length, rest.items.length, rest.nextToken], [2, 1, undefined]);
    });

    it("lets them create in it, and see what others have created", async () => {
      const { metadata } = await mesh.operations.create(other, "virtualNode", shop, node("theirs"));
      assert.deepEqual(
        [metadata.arn, metadata.meshOwner, metadata.resourceOwner],
        [`arn:aws:appmesh:${REGION}:${ACCOUNT}:mesh/shop/virtualNode/theirs`, ACCOUNT, OTHER],
      );
      for (const caller of [own, other]) {
        assert.deepEqual(
          mesh.operations
            .list(caller, "virtualNode", shop, {})
            .items.map(({ virtualNodeName, resourceOwner }) => [virtualNodeName, resourceOwner]),
          [
            ["a", ACCOUNT],
            ["theirs", OTHER],
          ],
        );
      }
      assert.equal(mesh.operations.describe(other, at("virtualNode", "shop", "a")).virtualNodeName, "a");
    });

    it("lets each account update what it has created, and nothing else", async () => {
      await mesh.operations.create(other, "virtualNode", shop, node("theirs"));
      await fails(
        () => mesh.operations.update(other, at("virtualNode", "shop", "a"), { spec: { backends: [] } }),
        "ForbiddenException",
        `account ${OTHER} may not update VirtualNode a: only the account that created it, ${ACCOUNT}, may`,
      );
      await fails(
        () => mesh.operations.update(own, at("virtualNode", "shop", "theirs"), { spec: { backends: [] } }),
        "ForbiddenException",
        `account ${ACCOUNT} may not update VirtualNode theirs: only the account that created it, ${OTHER}, may`,
      );
      const updated = await mesh.operations.update(other, at("virtualNode", "shop", "theirs"), {
        spec: { backends: [] },
      });
      assert.equal(updated.metadata.version, 2);
    });

    it("lets each account delete what it has created, and its owner everything", async () => {
      for (const name of ["one", "two"]) await mesh.operations.create(other, "virtualNode", shop, node(name));
      await fails(
        () => mesh.operations.delete(other, at("virtualNode", "shop", "a")),
        "ForbiddenException",
        `account ${OTHER} may not delete VirtualNode a: only the account that created it, ${ACCOUNT}, and the mesh's owner, ${ACCOUNT}, may`,
      );
      await mesh.operations.delete(other, at("virtualNode", "shop", "one"));
      await mesh.operations.delete(own, at("virtualNode", "shop", "two"));
    });

    it("has gateways of its owner only", async () => {
      await mesh.build(
        ["virtualGateway", ["shop", "g"], { listeners: [httpListener()] }],
        ["virtualService", ["shop", "s"], {}],
      );
      await fails(
        () =>
          mesh.operations.create(other, "virtualGateway", shop, {
            virtualGatewayName: "h",
            spec: { listeners: [httpListener()] },
          }),
        "ForbiddenException",
        `account ${OTHER} may not create a VirtualGateway in mesh shop of account ${ACCOUNT}: only the owner of a shared mesh may`,
      );
      await fails(
        () =>
          mesh.operations.create(other, "gatewayRoute", at("virtualGateway", "shop", "g"), {
            gatewayRouteName: "x",
            spec: gatewayRoute("s"),
          }),
        "ForbiddenException",
        `account ${OTHER} may not create a GatewayRoute in mesh shop of account ${ACCOUNT}: only the owner of a shared mesh may`,
      );
    });

    it("has routes of the router's owner only", async () => {
      await mesh.operations.create(other, "virtualRouter", shop, { virtualRouterName: "theirs", spec: {} });
      const route = { routeName: "x", spec: httpRoute("a") };
      await fails(
        () => mesh.operations.create(other, "route", at("virtualRouter", "shop", "r"), route),
        "ForbiddenException",
        `account ${OTHER} may not create a Route of VirtualRouter r: only the owner of the VirtualRouter, account ${ACCOUNT}, may`,
      );
      await fails(
        () => mesh.operations.create(own, "route", at("virtualRouter", "shop", "theirs"), route),
        "ForbiddenException",
        `account ${ACCOUNT} may not create a Route of VirtualRouter theirs: only the owner of the VirtualRouter, account ${OTHER}, may`,
      );
      await mesh.operations.create(other, "route", at("virtualRouter", "shop", "theirs"), route);
    });

    it("shows tags to the account that created what they are of, and to nobody else", async () => {
      const arn = `arn:aws:appmesh:${REGION}:${ACCOUNT}:mesh/shop/virtualNode/theirs`;
      await mesh.operations.create(other, "virtualNode", shop, {
        ...node("theirs"),
        tags: [{ key: "k", value: "v" }],
      });
      assert.deepEqual(mesh.tagging.list(other, arn, {}).tags, [{ key: "k", value: "v" }]);
      const why = `only the account that created it, ${OTHER}, may`;
      await fails(
        () => mesh.tagging.list(own, arn, {}),
        "ForbiddenException",
        `account ${ACCOUNT} may not list the tags of VirtualNode theirs: ${why}`,
      );
      await fails(
        () => mesh.tagging.untag(own, arn, { tagKeys: ["k"] }),
        "ForbiddenException",
        `account ${ACCOUNT} may not untag VirtualNode theirs: ${why}`,
      );
    });

    it("keeps what others have created once it is no longer shared, for its owner to see and delete", async () => {
      await mesh.operations.create(other, "virtualNode", shop, node("theirs"));
      await mesh.sharing.unshare(own, "shop", OTHER);
      const theirs = at("virtualNode", "shop", "theirs");
      await fails(() => mesh.operations.describe(other, theirs), "NotFoundException", hidden);
      await fails(() => mesh.operations.delete(other, theirs), "NotFoundException", hidden);
      assert.equal(mesh.operations.describe(own, theirs).metadata.resourceOwner, OTHER);
      await mesh.operations.delete(own, theirs);
    });

    it("has one count of what is in it, whoever has created it", async () => {
      const limited = await meshOn(mesh.store, { ...noLimits, virtualNodesPerMesh: 2 });
      await limited.operations.create(other, "virtualNode", shop, node("theirs"));
      for (const caller of [own, other]) {
        await fails(
          () => limited.operations.create(caller, "virtualNode", shop, node("more")),
          "LimitExceededException",
          "Mesh shop has 2 virtual nodes, and there would be one more; the limit virtualNodesPerMesh of this control plane is 2. " +
            "Remove some first, or start it with a higher limit: appmesh serve --limit virtualNodesPerMesh=4 (or virtualNodesPerMesh=none)",
        );
      }
    });

    it("is not seen with a key that is not for it", async () => {
      const scoped: Caller = {
        ...other,
        sees: ({ meshName, meshOwner }) => meshName === "mine" && meshOwner === OTHER,
      };
      assert.deepEqual(names(scoped), [{ meshName: "mine", meshOwner: OTHER, resourceOwner: OTHER }]);
      await fails(() => mesh.operations.describe(scoped, shop), "NotFoundException", hidden);
    });
  });
});
