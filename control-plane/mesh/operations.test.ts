import assert from "node:assert/strict";
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
  own,
  REGION,
  toNode,
  toRouter,
} from "./harness.test.support.js";

const ARN = `arn:aws:appmesh:${REGION}:${ACCOUNT}:`;
const shop = at("mesh", "shop");

describe("Operations", () => {
  let mesh: Harness;
  beforeEach(async () => {
    mesh = await meshHarness();
  });
  afterEach(() => mesh.close());

  const metadata = (path: string, more: object) => ({
    arn: ARN + path,
    meshOwner: ACCOUNT,
    resourceOwner: ACCOUNT,
    ...more,
  });

  describe("create, describe, update and delete", () => {
    it("give the entity with its metadata and status", async () => {
      const created = {
        meshName: "shop",
        metadata: metadata("mesh/shop", {
          createdAt: 1_700_000_000.25,
          lastUpdatedAt: 1_700_000_000.25,
          uid: "uid-1",
          version: 1,
        }),
        spec: { egressFilter: { type: "DROP_ALL" } },
        status: { status: "ACTIVE" },
      };
      assert.deepEqual(
        await mesh.operations.create(own, "mesh", undefined, {
          meshName: "shop",
          spec: { egressFilter: { type: "DROP_ALL" } },
        }),
        created,
      );
      assert.deepEqual(mesh.operations.describe(own, shop), created);
      const updated = {
        ...created,
        metadata: { ...created.metadata, lastUpdatedAt: 1_700_000_000.5, version: 2 },
        spec: {},
      };
      assert.deepEqual(await mesh.operations.update(own, shop, { spec: {} }), updated);
      assert.deepEqual(mesh.operations.describe(own, shop), updated);
      assert.deepEqual(await mesh.operations.delete(own, shop), {
        ...updated,
        metadata: { ...updated.metadata, lastUpdatedAt: 1_700_000_000.75 },
        status: { status: "DELETED" },
      });
      const gone = `Mesh with name shop is not present for account ${ACCOUNT}`;
      await fails(() => mesh.operations.describe(own, shop), "NotFoundException", gone);
      await fails(() => mesh.operations.update(own, shop, {}), "NotFoundException", gone);
      await fails(() => mesh.operations.delete(own, shop), "NotFoundException", gone);
    });

    it("name an entity by all that it lives in", async () => {
      await mesh.build(
        ["mesh", ["shop"]],
        ["virtualNode", ["shop", "a"], {}],
        ["virtualRouter", ["shop", "r"], {}],
      );
      const { metadata: given, ...rest } = await mesh.operations.create(
        own,
        "route",
        at("virtualRouter", "shop", "r"),
        {
          routeName: "all",
          spec: httpRoute("a"),
        },
      );
      assert.deepEqual(rest, {
        meshName: "shop",
        virtualRouterName: "r",
        routeName: "all",
        spec: httpRoute("a"),
        status: { status: "ACTIVE" },
      });
      assert.equal(given.arn, `${ARN}mesh/shop/virtualRouter/r/route/all`);
    });

    it("give a spec back as it was written: empty lists, zeros, and its members in their order", async () => {
      await mesh.build(["mesh", ["shop"]]);
      const spec =
        '{"listeners":[],"backends":[],"backendDefaults":{"clientPolicy":{}},"serviceDiscovery":{"dns":{"responseType":"LOADBALANCER","hostname":"a"}}}';
      const body = JSON.parse(`{"virtualNodeName":"a","spec":${spec}}`);
      assert.equal(JSON.stringify((await mesh.operations.create(own, "virtualNode", shop, body)).spec), spec);
      assert.equal(JSON.stringify(mesh.operations.describe(own, at("virtualNode", "shop", "a")).spec), spec);
      const reordered = '{"backends":[],"listeners":[]}';
      await mesh.operations.update(own, at("virtualNode", "shop", "a"), { spec: JSON.parse(reordered) });
      assert.equal(
        JSON.stringify(mesh.operations.describe(own, at("virtualNode", "shop", "a")).spec),
        reordered,
      );
    });

    it("keep what is stored for a mesh that is opened again", async () => {
      await mesh.build(["mesh", ["shop"], {}, { tags: [{ key: "team", value: "shop" }] }]);
      const again = await meshOn(mesh.store);
      assert.deepEqual(again.operations.describe(own, shop), mesh.operations.describe(own, shop));
      assert.deepEqual(again.tagging.list(own, `${ARN}mesh/shop`, {}).tags, [{ key: "team", value: "shop" }]);
    });
  });

  describe("a name that exists", () => {
    it("is not created again", async () => {
      await mesh.build(["mesh", ["shop"]]);
      await fails(
        () => mesh.operations.create(own, "mesh", undefined, { meshName: "shop" }),
        "ConflictException",
        `Mesh with name shop already exists: ${ARN}mesh/shop. Update it, delete it first, or take another name`,
      );
      await fails(
        () => mesh.operations.create(own, "mesh", undefined, { meshName: "shop", clientToken: "later" }),
        "ConflictException",
        `Mesh with name shop already exists: ${ARN}mesh/shop. Update it, delete it first, or take another name`,
      );
    });

    it("may be that of another kind, or in another mesh", async () => {
      await mesh.build(
        ["mesh", ["a"]],
        ["mesh", ["b"]],
        ["virtualNode", ["a", "a"], {}],
        ["virtualRouter", ["a", "a"], {}],
        ["virtualNode", ["b", "a"], {}],
      );
      assert.equal(mesh.state.revision, 5);
    });
  });

  describe("clientToken", () => {
    const body = { meshName: "shop", spec: { egressFilter: { type: "DROP_ALL" } }, clientToken: "token-1" };

    it("lets a repeated create or update be answered again, and counted once", async () => {
      const created = await mesh.operations.create(own, "mesh", undefined, body);
      const reordered = {
        clientToken: "token-1",
        tags: [],
        spec: { egressFilter: { type: "DROP_ALL" } },
        meshName: "shop",
      };
      assert.deepEqual(await mesh.operations.create(own, "mesh", undefined, reordered), created);
      const update = { spec: {}, clientToken: "token-2" };
      const updated = await mesh.operations.update(own, shop, update);
      assert.deepEqual(await mesh.operations.update(own, shop, update), updated);
      assert.equal(updated.metadata.version, 2);
      assert.equal(mesh.state.revision, 2);
    });

    it("is refused for another request", async () => {
      await mesh.operations.create(own, "mesh", undefined, body);
      const message = (token: string) =>
        `clientToken ${token} was used before for another request on ${ARN}mesh/shop. Use a new token for a new request`;
      for (const other of [
        { ...body, spec: {} },
        { ...body, tags: [{ key: "a", value: "b" }] },
      ]) {
        await fails(
          () => mesh.operations.create(own, "mesh", undefined, other),
          "ConflictException",
          message("token-1"),
        );
      }
      await mesh.operations.update(own, shop, { spec: {}, clientToken: "token-2" });
      await fails(
        () => mesh.operations.update(own, shop, { spec: body.spec, clientToken: "token-2" }),
        "ConflictException",
        message("token-2"),
      );
      assert.deepEqual(mesh.operations.describe(own, shop).spec, {});
    });

    it("marks nothing where it is empty, as the AWS CLI's skeletons have it", async () => {
      const empty = { meshName: "shop", spec: {}, clientToken: "" };
      await mesh.operations.create(own, "mesh", undefined, empty);
      await assert.rejects(() => mesh.operations.create(own, "mesh", undefined, empty), {
        code: "ConflictException",
      });
      for (const spec of [body.spec, {}]) {
        const updated = await mesh.operations.update(own, shop, { spec, clientToken: "" });
        assert.deepEqual(updated.spec, spec);
      }
    });

    it("is known again after others have updated as well, so that a late repetition undoes nothing", async () => {
      await mesh.build(["mesh", ["shop"]], ["virtualNode", ["shop", "a"], {}]);
      const node = at("virtualNode", "shop", "a");
      const first = { spec: { backends: [] }, clientToken: "first" };
      await mesh.operations.update(own, node, first);
      for (let n = 1; n < 10; n++) {
        await mesh.operations.update(own, node, { spec: { listeners: [] }, clientToken: `other-${n}` });
      }
      const now = mesh.operations.describe(own, node);
      assert.deepEqual(await mesh.operations.update(own, node, first), now);
      assert.deepEqual(now.spec, { listeners: [] });
      await fails(
        () => mesh.operations.update(own, node, { ...first, spec: {} }),
        "ConflictException",
        `clientToken first was used before for another request on ${ARN}mesh/shop/virtualNode/a. Use a new token for a new request`,
      );
      // A client that repeats a call after ten of others is told by the version that it was made anew.
      await mesh.operations.update(own, node, { spec: {}, clientToken: "other-10" });
      assert.equal((await mesh.operations.update(own, node, first)).metadata.version, 13);
    });

    it("is not looked at once the entity is another one", async () => {
      await mesh.operations.create(own, "mesh", undefined, body);
      await mesh.operations.delete(own, shop);
      assert.equal(
        (await mesh.operations.create(own, "mesh", undefined, { ...body, spec: {} })).metadata.uid,
        "uid-2",
      );
    });
  });

  describe("bad input", () => {
    const bad = (body: unknown, message: string) =>
      fails(() => mesh.operations.create(own, "virtualNode", shop, body), "BadRequestException", message);

    beforeEach(() => mesh.build(["mesh", ["shop"]]));

    it("is refused with every field's path, and changes nothing", async () => {
      await bad(
        {
          virtualNodeName: "",
          spec: { listeners: [{ portMapping: { port: 70000, protocol: "http" } }], unheard: true },
          tags: [{ key: "k" }],
          tag: [],
          clientToken: "with space",
        },
        [
          'virtualNodeName: "" was given; a string of 1 to 255 characters without "/" and control characters and not only dots is allowed.',
          "spec.listeners[0].portMapping.port: 70000 was given; an integer from 1 to 65535 is allowed.",
          'spec.unheard: "unheard" is not a member of VirtualNodeSpec; listeners, serviceDiscovery, backends, backendDefaults and logging are allowed.',
          "spec.serviceDiscovery: nothing was given; a virtual node with listeners needs it, so that callers find its endpoints. Give it, or leave out the listeners.",
          'clientToken: "with space" was given; a string of at most 36 characters of letters, numbers, hyphens and underscores is allowed.',
          "tags[0].value: nothing was given; a string of at most 256 characters is required.",
          'tag: "tag" is not a member of CreateVirtualNodeInput; clientToken and tags are allowed. Did you mean tags?',
        ].join("\n"),
      );
      assert.equal(mesh.state.revision, 1);
    });

    it("is refused where it is no object, or lacks its spec", async () => {
      for (const body of [[], "text", 1, null, true]) {
        await bad(body, "the request's body must be a JSON object");
      }
      const anObject =
        "an object with listeners, serviceDiscovery, backends, backendDefaults and logging is allowed.";
      await bad({ virtualNodeName: "a" }, `spec: nothing was given; ${anObject}`);
      await bad({ virtualNodeName: "a", spec: null }, `spec: null was given; ${anObject}`);
      await bad(
        { spec: {} },
        'virtualNodeName: nothing was given; a string of 1 to 255 characters without "/" and control characters and not only dots is allowed.',
      );
    });

    it("is refused where a tag's key is given twice", async () => {
      const tags = [
        { key: "a", value: "1" },
        { key: "b", value: "2" },
        { key: "a", value: "3" },
      ];
      await bad(
        { virtualNodeName: "a", spec: {}, tags },
        'tags[2].key: "a" is given twice; give each key once.',
      );
    });
  });

  describe("what does not exist", () => {
    it("is named, from the mesh down", async () => {
      await mesh.build(["mesh", ["shop"]], ["virtualRouter", ["shop", "r"], {}]);
      const cases: [() => unknown, string][] = [
        [
          () => mesh.operations.describe(own, at("route", "gone", "r", "all")),
          `Mesh with name gone is not present for account ${ACCOUNT}`,
        ],
        [
          () => mesh.operations.describe(own, at("route", "shop", "gone", "all")),
          `VirtualRouter with name gone is not present under mesh shop for account ${ACCOUNT}`,
        ],
        [
          () => mesh.operations.describe(own, at("route", "shop", "r", "all")),
          `Route with name all is not present under mesh shop and VirtualRouter r for account ${ACCOUNT}`,
        ],
        [
          () =>
            mesh.operations.create(own, "virtualNode", at("mesh", "gone"), {
              virtualNodeName: "a",
              spec: {},
            }),
          `Mesh with name gone is not present for account ${ACCOUNT}`,
        ],
        [
          () => mesh.operations.list(own, "route", at("virtualRouter", "shop", "gone"), {}),
          `VirtualRouter with name gone is not present under mesh shop for account ${ACCOUNT}`,
        ],
        [
          () => mesh.operations.describe(own, { kind: "mesh", meshOwner: "999999999999", names: ["shop"] }),
          "Mesh with name shop is not present for account 999999999999",
        ],
      ];
      for (const [call, message] of cases) await fails(call, "NotFoundException", message);
    });
  });

  describe("references", () => {
    beforeEach(() =>
      mesh.build(
        ["mesh", ["shop"]],
        ["virtualRouter", ["shop", "r"], {}],
        ["virtualGateway", ["shop", "g"], { listeners: [httpListener()] }],
      ),
    );
    const missing = (what: string) => `${what} is not present under mesh shop for account ${ACCOUNT}`;

    it("must exist: a route's nodes, a service's provider and a gateway route's service", async () => {
      const router = at("virtualRouter", "shop", "r");
      const gateway = at("virtualGateway", "shop", "g");
      await fails(
        () => mesh.operations.create(own, "route", router, { routeName: "all", spec: httpRoute("gone") }),
        "NotFoundException",
        missing("VirtualNode with name gone"),
      );
      await fails(
        () =>
          mesh.operations.create(own, "virtualService", shop, {
            virtualServiceName: "s",
            spec: toNode("gone"),
          }),
        "NotFoundException",
        missing("VirtualNode with name gone"),
      );
      await fails(
        () =>
          mesh.operations.create(own, "virtualService", shop, {
            virtualServiceName: "s",
            spec: toRouter("gone"),
          }),
        "NotFoundException",
        missing("VirtualRouter with name gone"),
      );
      await fails(
        () =>
          mesh.operations.create(own, "gatewayRoute", gateway, {
            gatewayRouteName: "all",
            spec: gatewayRoute("gone"),
          }),
        "NotFoundException",
        missing("VirtualService with name gone"),
      );
      assert.equal(mesh.state.revision, 3);
    });

    it("must exist after an update, too", async () => {
      await mesh.build(["virtualNode", ["shop", "a"], {}], ["route", ["shop", "r", "all"], httpRoute("a")]);
      await fails(
        () => mesh.operations.update(own, at("route", "shop", "r", "all"), { spec: httpRoute("a", "gone") }),
        "NotFoundException",
        missing("VirtualNode with name gone"),
      );
      assert.deepEqual(mesh.operations.describe(own, at("route", "shop", "r", "all")).spec, httpRoute("a"));
    });

    it("may be to services that do not exist yet, in a node's backends: they refer to one another in circles", async () => {
      const backends = [{ virtualService: { virtualServiceName: "later.shop.local" } }];
      await mesh.build(
        ["virtualNode", ["shop", "a"], { backends }],
        ["virtualService", ["shop", "later.shop.local"], toNode("a")],
      );
      await mesh.operations.delete(own, at("virtualService", "shop", "later.shop.local"));
      assert.deepEqual(mesh.operations.describe(own, at("virtualNode", "shop", "a")).spec, { backends });
    });
  });

  describe("what is in use", () => {
    const inUse = (address: Parameters<Harness["operations"]["delete"]>[1], message: string) =>
      fails(() => mesh.operations.delete(own, address), "ResourceInUseException", message);

    it("is not deleted, and deleted once it no longer is", async () => {
      await mesh.build(
        ["mesh", ["shop"]],
        ["virtualNode", ["shop", "a"], {}],
        ["virtualNode", ["shop", "b"], {}],
        ["virtualRouter", ["shop", "r"], {}],
        ["route", ["shop", "r", "all"], httpRoute("a")],
        ["virtualService", ["shop", "s"], toRouter("r")],
        ["virtualService", ["shop", "t"], toNode("b")],
        ["virtualGateway", ["shop", "g"], { listeners: [httpListener()] }],
        ["gatewayRoute", ["shop", "g", "all"], gatewayRoute("s")],
        ["gatewayRoute", ["shop", "g", "more"], gatewayRoute("s")],
      );
      const holds = (children: string) =>
        `Mesh shop for account ${ACCOUNT} has active ${children}, please delete ${children} before deleting the Mesh`;
      await inUse(
        at("virtualNode", "shop", "a"),
        "VirtualNode with name a cannot be deleted because it is the target of one or more routes.",
      );
      await inUse(
        at("virtualNode", "shop", "b"),
        "VirtualNode with name b cannot be deleted because it is a VirtualService provider",
      );
      await inUse(
        at("virtualRouter", "shop", "r"),
        "VirtualRouter you're trying to delete r has active routes",
      );
      await inUse(
        at("virtualService", "shop", "s"),
        "VirtualService s is being referenced in the following: GATEWAY_ROUTE: [g/all, g/more]",
      );
      await inUse(
        at("virtualGateway", "shop", "g"),
        "VirtualGateway you're trying to delete g has active gateway routes",
      );
      await inUse(shop, holds("VirtualNodes"));
      await mesh.operations.delete(own, at("route", "shop", "r", "all"));
      await inUse(
        at("virtualRouter", "shop", "r"),
        "VirtualRouter with name r cannot be deleted because it is a VirtualService provider",
      );
      await mesh.operations.delete(own, at("virtualNode", "shop", "a"));
      await mesh.operations.delete(own, at("gatewayRoute", "shop", "g", "all"));
      await mesh.operations.delete(own, at("gatewayRoute", "shop", "g", "more"));
      for (const service of ["s", "t"])
        await mesh.operations.delete(own, at("virtualService", "shop", service));
      await mesh.operations.delete(own, at("virtualNode", "shop", "b"));
      await inUse(shop, holds("VirtualRouters"));
      await mesh.operations.delete(own, at("virtualRouter", "shop", "r"));
      await inUse(shop, holds("VirtualGateways"));
      await mesh.operations.delete(own, at("virtualGateway", "shop", "g"));
      await mesh.operations.delete(own, shop);
      assert.deepEqual((await mesh.store.load()).records, new Map());
    });

    it("is looked for in the same mesh and kind only", async () => {
      await mesh.build(
        ["mesh", ["a"]],
        ["mesh", ["b"]],
        ["virtualNode", ["a", "n"], {}],
        ["virtualNode", ["b", "n"], {}],
        ["virtualRouter", ["a", "n"], {}],
        ["virtualService", ["a", "s"], toNode("n")],
      );
      await mesh.operations.delete(own, at("virtualNode", "b", "n"));
      await mesh.operations.delete(own, at("virtualRouter", "a", "n"));
    });
  });

  describe("a router with several listeners", () => {
    const two = { listeners: [httpListener(8080), httpListener(9090)] };
    const withPort = { httpRoute: { ...httpRoute("a").httpRoute, match: { prefix: "/", port: 9090 } } };
    const router = at("virtualRouter", "shop", "r");

    it("asks each of its routes for a port", async () => {
      await mesh.build(
        ["mesh", ["shop"]],
        ["virtualNode", ["shop", "a"], {}],
        ["virtualRouter", ["shop", "r"], two],
      );
      await fails(
        () => mesh.operations.create(own, "route", router, { routeName: "all", spec: httpRoute("a") }),
        "BadRequestException",
        "Route must define a port match criteria if the Virtual Router has multiple listeners",
      );
      await mesh.build(["route", ["shop", "r", "all"], withPort]);
    });

    it("is not made of one whose routes have none", async () => {
      await mesh.build(
        ["mesh", ["shop"]],
        ["virtualNode", ["shop", "a"], {}],
        ["virtualRouter", ["shop", "r"], { listeners: [httpListener()] }],
        ["route", ["shop", "r", "all"], httpRoute("a")],
      );
      await fails(
        () => mesh.operations.update(own, router, { spec: two }),
        "BadRequestException",
        "All Routes for this Virtual Router must define a port match before adding multiple listeners to this Virtual Router. 1 Route(s) are missing port. Listing up to 5 route names: [all]",
      );
      await mesh.operations.update(own, at("route", "shop", "r", "all"), { spec: withPort });
      assert.deepEqual((await mesh.operations.update(own, router, { spec: two })).spec, two);
    });
  });

  describe("a gateway with several listeners", () => {
    const two = { listeners: [httpListener(8080), httpListener(9090)] };
    const withPort = (service: string) => ({
      httpRoute: { ...gatewayRoute(service).httpRoute, match: { prefix: "/", port: 9090 } },
    });
    const gateway = at("virtualGateway", "shop", "g");

    it("asks each of its routes for a port", async () => {
      await mesh.build(
        ["mesh", ["shop"]],
        ["virtualService", ["shop", "s"], {}],
        ["virtualGateway", ["shop", "g"], two],
      );
      await fails(
        () =>
          mesh.operations.create(own, "gatewayRoute", gateway, {
            gatewayRouteName: "all",
            spec: gatewayRoute("s"),
          }),
        "BadRequestException",
        "Gateway route must define a match port if the parent Virtual Gateway has multiple listeners.",
      );
      await mesh.build(["gatewayRoute", ["shop", "g", "all"], withPort("s")]);
    });

    it("is not made of one whose routes have none, of which five are named", async () => {
      const names = ["a", "b", "c", "d", "e", "f"];
      await mesh.build(
        ["mesh", ["shop"]],
        ["virtualService", ["shop", "s"], {}],
        ["virtualGateway", ["shop", "g"], { listeners: [httpListener()] }],
      );
      for (const name of names) await mesh.build(["gatewayRoute", ["shop", "g", name], gatewayRoute("s")]);
      await fails(
        () => mesh.operations.update(own, gateway, { spec: two }),
        "BadRequestException",
        "All Gateway Routes for this Virtual Gateway must define a port match before adding multiple listeners to this Virtual Gateway. 6 Gateway Route(s) are missing port. Listing up to 5 gateway route names: [a, b, c, d, e]",
      );
      for (const name of names) {
        await mesh.operations.update(own, at("gatewayRoute", "shop", "g", name), { spec: withPort("s") });
      }
      assert.deepEqual((await mesh.operations.update(own, gateway, { spec: two })).spec, two);
    });
  });

  describe("a precondition", () => {
    const node = at("virtualNode", "shop", "a");
    const changed = (now: number, wanted: string) =>
      `VirtualNode with name a is at version ${now}; the precondition is version ${wanted}. Nothing was changed. ` +
      "Read it again, apply the change to what it is now, and repeat with its version";
    beforeEach(() => mesh.build(["mesh", ["shop"]], ["virtualNode", ["shop", "a"], {}]));

    it("lets an update through only at a version that it names", async () => {
      const update = (versions: number[]) =>
        mesh.operations.update(own, node, { spec: { backends: [] } }, { versions });
      assert.equal((await update([1])).metadata.version, 2);
      await fails(() => update([1]), "PreconditionFailedException", changed(2, "1"));
      await fails(() => update([1, 3]), "PreconditionFailedException", changed(2, "1 or 3"));
      assert.equal((await update([1, 2])).metadata.version, 3);
    });

    it("lets a deletion through only at a version that it names", async () => {
      await mesh.operations.update(own, node, { spec: { backends: [] } });
      await fails(
        () => mesh.operations.delete(own, node, { versions: [1] }),
        "PreconditionFailedException",
        changed(2, "1"),
      );
      assert.deepEqual(mesh.operations.describe(own, node).spec, { backends: [] });
      await mesh.operations.delete(own, node, { versions: [2] });
    });

    it("does not stand in the way of a repeated call, which has made its version out of date itself", async () => {
      const body = { spec: { backends: [] }, clientToken: "once" };
      const updated = await mesh.operations.update(own, node, body, { versions: [1] });
      assert.deepEqual(await mesh.operations.update(own, node, body, { versions: [1] }), updated);
    });
  });

  describe("changes", () => {
    it("are told once each, with who, what, from and to, once they are committed", async () => {
      const node = at("virtualNode", "shop", "a");
      const arn = `${ARN}mesh/shop/virtualNode/a`;
      await mesh.build(["mesh", ["shop"]]);
      mesh.changes.splice(0);
      const key = { ...own, accessKeyId: "AKIATEST" };
      const create = { virtualNodeName: "a", spec: {}, clientToken: "once" };
      await mesh.operations.create(key, "virtualNode", shop, create);
      await mesh.operations.create(key, "virtualNode", shop, create);
      await mesh.operations.update(own, node, { spec: { backends: [] } });
      await mesh.tagging.tag(own, arn, { tags: [{ key: "k", value: "v" }] });
      await assert.rejects(mesh.operations.delete(own, node, { versions: [1] }));
      await mesh.tagging.untag(own, arn, { tagKeys: ["k"] });
      await mesh.operations.delete(own, node);
      const [one, two] = [
        { version: 1, spec: {}, tags: [] },
        { version: 2, spec: { backends: [] }, tags: [] },
      ];
      const tagged = { ...two, tags: [{ key: "k", value: "v" }] };
      assert.deepEqual(mesh.changes, [
        { caller: key, operation: "CreateVirtualNode", address: node, before: undefined, after: one },
        { caller: own, operation: "UpdateVirtualNode", address: node, before: one, after: two },
        { caller: own, operation: "TagResource", address: node, before: two, after: tagged },
        { caller: own, operation: "UntagResource", address: node, before: tagged, after: two },
        { caller: own, operation: "DeleteVirtualNode", address: node, before: two, after: undefined },
      ]);
    });
  });

  describe("list", () => {
    it("gives references in the order of their names, in pages", async () => {
      await mesh.build(
        ["mesh", ["shop"]],
        ...["c", "a", "b"].map(
          (name) => ["virtualNode", ["shop", name], {}] as ["virtualNode", string[], object],
        ),
      );
      const first = mesh.operations.list(own, "virtualNode", shop, { limit: 2 });
      assert.deepEqual(
        first.items.map(({ virtualNodeName }) => virtualNodeName),
        ["a", "b"],
      );
      const last = mesh.operations.list(own, "virtualNode", shop, { limit: 2, nextToken: first.nextToken });
      assert.deepEqual(last, {
        items: [
          {
            meshName: "shop",
            virtualNodeName: "c",
            ...metadata("mesh/shop/virtualNode/c", {
              createdAt: 1_700_000_000.5,
              lastUpdatedAt: 1_700_000_000.5,
              version: 1,
            }),
          },
        ],
        nextToken: undefined,
      });
      assert.deepEqual(mesh.operations.list(own, "virtualRouter", shop, {}), {
        items: [],
        nextToken: undefined,
      });
      assert.deepEqual(
        mesh.operations.list(own, "mesh", undefined, {}).items.map(({ meshName }) => meshName),
        ["shop"],
      );
    });

    it("gives at most a hundred at once", async () => {
      await mesh.build(["mesh", ["shop"]]);
      for (let n = 0; n < 101; n++) await mesh.build(["virtualNode", ["shop", `n${n}`], {}]);
      const { items, nextToken } = mesh.operations.list(own, "virtualNode", shop, {});
      assert.equal(items.length, 100);
      assert.equal(mesh.operations.list(own, "virtualNode", shop, { nextToken }).items.length, 1);
    });

    it("refuses limits and tokens that are none of this list", async () => {
      await mesh.build(
        ["mesh", ["shop"]],
        ["mesh", ["z"]],
        ["virtualNode", ["shop", "a"], {}],
        ["virtualNode", ["shop", "b"], {}],
      );
      for (const limit of [0, 101, -1, 1.5, Number.NaN]) {
        await fails(
          () => mesh.operations.list(own, "virtualNode", shop, { limit }),
          "BadRequestException",
          `limit: ${limit} is given; an integer from 1 to 100 is allowed`,
        );
      }
      const { nextToken: other } = mesh.operations.list(own, "mesh", undefined, { limit: 1 });
      assert.ok(other);
      for (const nextToken of ["", "nonsense", other, Buffer.from("[1,2]").toString("base64url")]) {
        await fails(
          () => mesh.operations.list(own, "virtualNode", shop, { nextToken }),
          "BadRequestException",
          "nextToken: the token is not from the last page of this list. Begin again without one",
        );
      }
    });
  });

  describe("tags", () => {
    const arn = `${ARN}mesh/shop`;
    const many = Array.from({ length: 50 }, (_, n) => ({ key: `k${n}`, value: "" }));

    it("are added, replaced, removed and listed, and count as no version", async () => {
      await mesh.build(["mesh", ["shop"], {}, { tags: [{ key: "b", value: "1" }] }]);
      await mesh.tagging.tag(own, arn, {
        tags: [
          { key: "a", value: "2" },
          { key: "b", value: "3" },
        ],
      });
      assert.deepEqual(mesh.tagging.list(own, arn, {}), {
        tags: [
          { key: "a", value: "2" },
          { key: "b", value: "3" },
        ],
        nextToken: undefined,
      });
      const first = mesh.tagging.list(own, arn, { limit: 1 });
      assert.deepEqual(first.tags, [{ key: "a", value: "2" }]);
      assert.deepEqual(mesh.tagging.list(own, arn, { limit: 1, nextToken: first.nextToken }).tags, [
        { key: "b", value: "3" },
      ]);
      await mesh.tagging.untag(own, arn, { tagKeys: ["b", "never"] });
      assert.deepEqual(mesh.tagging.list(own, arn, {}).tags, [{ key: "a", value: "2" }]);
      assert.equal(mesh.operations.describe(own, shop).metadata.version, 1);
      await mesh.operations.update(own, shop, { spec: {} });
      assert.deepEqual(mesh.tagging.list(own, arn, {}).tags, [{ key: "a", value: "2" }]);
    });

    it("are at most fifty", async () => {
      await mesh.build(["mesh", ["shop"], {}, { tags: many }]);
      await mesh.tagging.tag(own, arn, { tags: [{ key: "k7", value: "new" }] });
      await fails(
        () => mesh.tagging.tag(own, arn, { tags: [{ key: "one more", value: "" }] }),
        "TooManyTagsException",
        "the resource would have 51 tags; the limit tagsPerResource of this control plane is 50. Remove some first, or start it with a higher limit: appmesh serve --limit tagsPerResource=100 (or tagsPerResource=none)",
      );
    });

    it("are at most fifty in one request, too, and none of AWS's own", async () => {
      await mesh.build(["mesh", ["shop"]]);
      const more = [...many, { key: "one more", value: "" }];
      await fails(
        () => mesh.tagging.tag(own, arn, { tags: more }),
        "TooManyTagsException",
        "the resource would have 51 tags; the limit tagsPerResource of this control plane is 50. Remove some first, or start it with a higher limit: appmesh serve --limit tagsPerResource=100 (or tagsPerResource=none)",
      );
      await fails(
        () => mesh.tagging.tag(own, arn, { tags: [{ key: "AWS:cloudformation:stack-id", value: "" }] }),
        "BadRequestException",
        'tags[0].key: "AWS:cloudformation:stack-id" was given; a key that does not begin with "aws:" is allowed, which is reserved for AWS.',
      );
      assert.deepEqual(mesh.tagging.list(own, arn, {}).tags, []);
    });

    it("are of entities that exist, by their whole ARN", async () => {
      await mesh.build(["mesh", ["shop"]]);
      for (const other of [
        "",
        "mesh/shop",
        `${arn}/`,
        `${arn}2`,
        arn.replace(REGION, "us-east-1"),
        arn.replace("aws", "aws-cn"),
      ]) {
        await fails(
          () => mesh.tagging.list(own, other, {}),
          "NotFoundException",
          `there is no resource with the ARN ${other}`,
        );
      }
    });
  });
});
