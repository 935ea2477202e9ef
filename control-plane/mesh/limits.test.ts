import assert from "node:assert/strict";
import { entityTypes } from "@pulumi-appmesh/model";
import {
  ACCOUNT,
  at,
  fails,
  type Harness,
  httpListener,
  httpRoute,
  meshHarness,
  meshOn,
  own,
} from "./harness.test.support.js";
import { defaultLimits, limitNames, limitOf, noLimits, pluralOf } from "./limits.js";

describe("Limits", () => {
  let mesh: Harness;
  afterEach(() => mesh.close());

  const lift = (name: string, twice: number) =>
    `Remove some first, or start it with a higher limit: appmesh serve --limit ${name}=${twice} (or ${name}=none)`;
  const shop = at("mesh", "shop");

  it("are by default App Mesh's own", async () => {
    mesh = await meshHarness();
    assert.deepEqual(defaultLimits, {
      meshesPerAccount: 15,
      virtualNodesPerMesh: 200,
      virtualRoutersPerMesh: 200,
      virtualServicesPerMesh: 200,
      virtualGatewaysPerMesh: 3,
      routesPerVirtualRouter: 50,
      gatewayRoutesPerVirtualGateway: 10,
      backendsPerVirtualNode: 50,
      tagsPerResource: 50,
    });
    for (let n = 0; n < 15; n++) await mesh.build(["mesh", [`m${n}`]]);
    await fails(
      () => mesh.operations.create(own, "mesh", undefined, { meshName: "one more" }),
      "LimitExceededException",
      `account ${ACCOUNT} has 15 meshes, and there would be one more; the limit meshesPerAccount of this control plane is 15. ${lift("meshesPerAccount", 30)}`,
    );
    await mesh.operations.delete(own, at("mesh", "m3"));
    await mesh.build(["mesh", ["one more"]]);
  });

  it("hold for each kind where it lives, and say what is counted, the value, and how to lift it", async () => {
    mesh = await meshHarness({
      ...noLimits,
      virtualNodesPerMesh: 1,
      virtualRoutersPerMesh: 1,
      virtualServicesPerMesh: 1,
      virtualGatewaysPerMesh: 1,
      routesPerVirtualRouter: 1,
      gatewayRoutesPerVirtualGateway: 1,
    });
    const gatewayRoute = {
      httpRoute: {
        match: { prefix: "/" },
        action: { target: { virtualService: { virtualServiceName: "s" } } },
      },
    };
    const specs = {
      virtualNode: {},
      virtualRouter: {},
      virtualService: {},
      virtualGateway: { listeners: [httpListener()] },
      route: httpRoute("a"),
      gatewayRoute,
    } as const;
    await mesh.build(
      ["mesh", ["shop"]],
      ["mesh", ["other"]],
      ["virtualNode", ["shop", "a"], {}],
      ["virtualRouter", ["shop", "r"], {}],
      ["virtualService", ["shop", "s"], {}],
      ["virtualGateway", ["shop", "g"], specs.virtualGateway],
      ["route", ["shop", "r", "x"], specs.route],
      ["gatewayRoute", ["shop", "g", "x"], specs.gatewayRoute],
      // Another mesh counts for itself.
      ["virtualNode", ["other", "a"], {}],
    );
    const said: Record<string, string> = {
      virtualNode: "Mesh shop has 1 virtual nodes",
      virtualRouter: "Mesh shop has 1 virtual routers",
      virtualService: "Mesh shop has 1 virtual services",
      virtualGateway: "Mesh shop has 1 virtual gateways",
      route: "VirtualRouter r has 1 routes",
      gatewayRoute: "VirtualGateway g has 1 gateway routes",
    };
    for (const kind of [
      "virtualNode",
      "virtualRouter",
      "virtualService",
      "virtualGateway",
      "route",
      "gatewayRoute",
    ] as const) {
      const parent =
        kind === "route"
          ? at("virtualRouter", "shop", "r")
          : kind === "gatewayRoute"
            ? at("virtualGateway", "shop", "g")
            : shop;
      const name = limitOf[kind];
      await fails(
        () =>
          mesh.operations.create(own, kind, parent, {
            [entityTypes[kind].nameMember]: "more",
            spec: specs[kind],
          }),
        "LimitExceededException",
        `${said[kind]}, and there would be one more; the limit ${name} of this control plane is 1. ${lift(name, 2)}`,
      );
    }
  });

  it("hold for a virtual node's backends, which may stay as they were but not grow", async () => {
    mesh = await meshHarness();
    const backends = (count: number) => ({
      backends: Array.from({ length: count }, (_, n) => ({
        virtualService: { virtualServiceName: `s${n}` },
      })),
    });
    const tooMany = (count: number, most: number) =>
      `VirtualNode a would have ${count} backends; the limit backendsPerVirtualNode of this control plane is ${most}. ${lift("backendsPerVirtualNode", 2 * most)}`;
    await mesh.build(["mesh", ["shop"]]);
    const create = { virtualNodeName: "a", spec: backends(51) };
    await fails(
      () => mesh.operations.create(own, "virtualNode", shop, create),
      "LimitExceededException",
      tooMany(51, 50),
    );
    await mesh.build(["virtualNode", ["shop", "a"], backends(50)]);
    const node = at("virtualNode", "shop", "a");
    await fails(
      () => mesh.operations.update(own, node, { spec: backends(51) }),
      "LimitExceededException",
      tooMany(51, 50),
    );
    const lowered = await meshOn(mesh.store, { ...noLimits, backendsPerVirtualNode: 10 });
    await lowered.operations.update(own, node, { spec: backends(50) });
    await lowered.operations.update(own, node, { spec: backends(20) });
    await fails(
      () => lowered.operations.update(own, node, { spec: backends(21) }),
      "LimitExceededException",
      tooMany(21, 10),
    );
  });

  it("hold for the tags of what is created", async () => {
    mesh = await meshHarness({ ...noLimits, tagsPerResource: 1 });
    const tags = ["a", "b"].map((key) => ({ key, value: "" }));
    await fails(
      () => mesh.operations.create(own, "mesh", undefined, { meshName: "shop", tags }),
      "LimitExceededException",
      `the resource would have 2 tags; the limit tagsPerResource of this control plane is 1. ${lift("tagsPerResource", 2)}`,
    );
  });

  it("are none where they are lifted", async () => {
    mesh = await meshHarness(noLimits);
    for (let n = 0; n < 20; n++) await mesh.build(["mesh", [`m${n}`]]);
    assert.deepEqual(Object.keys(noLimits), limitNames);
  });

  it("do not stand in the way of a repeated call", async () => {
    mesh = await meshHarness({ ...noLimits, meshesPerAccount: 1 });
    const body = { meshName: "shop", clientToken: "once" };
    const created = await mesh.operations.create(own, "mesh", undefined, body);
    assert.deepEqual(await mesh.operations.create(own, "mesh", undefined, body), created);
  });

  it("name what they count as people write it", async () => {
    mesh = await meshHarness();
    assert.deepEqual((Object.keys(entityTypes) as (keyof typeof entityTypes)[]).map(pluralOf), [
      "meshes",
      "virtual nodes",
      "virtual routers",
      "routes",
      "virtual services",
      "virtual gateways",
      "gateway routes",
    ]);
  });
});
