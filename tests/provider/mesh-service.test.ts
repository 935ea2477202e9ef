// The component that is a whole service, on Pulumi's real engine.
import assert from "node:assert/strict";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { nodeSpec } from "./programs.js";
import { sorted, TestStack } from "./stack.js";

const program =
  (v2: number, port = 8080) =>
  async () => {
    const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
    const catalog = new appmesh.MeshService("catalog", {
      meshName,
      virtualServiceName: "catalog.shop.local",
      listener: { portMapping: { port, protocol: "http" } },
      versions: {
        v1: { weight: 100 - v2, serviceDiscovery: { dns: { hostname: "catalog-v1.internal" } } },
        v2: { weight: v2, serviceDiscovery: { dns: { hostname: "catalog-v2.internal" } } },
      },
    });
    const { virtualServiceName, virtualRouterName, routeName, virtualNodeNames } = catalog;
    return { virtualServiceName, virtualRouterName, routeName, virtualNodeNames };
  };

const steps = (op: string) => [
  { op, type: "appmesh:index:Mesh", name: "shop" },
  { op, type: "appmesh:index:MeshService", name: "catalog" },
  { op, type: "appmesh:index:Route", name: "catalog-route" },
  { op, type: "appmesh:index:VirtualNode", name: "catalog-v1" },
  { op, type: "appmesh:index:VirtualNode", name: "catalog-v2" },
  { op, type: "appmesh:index:VirtualRouter", name: "catalog-router" },
  { op, type: "appmesh:index:VirtualService", name: "catalog-service" },
];

describe("MeshService on the real engine", function () {
  this.timeout(180_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(() => controlPlane?.stop());
  afterEach(() => stack.destroy());

  const spec = async (path: string) =>
    (await controlPlane.call("GET", `/v20190125/meshes/shop/${path}`)).body.spec;
  const routeSpec = (v2: number) => ({
    httpRoute: {
      match: { prefix: "/" },
      action: {
        weightedTargets: [
          { virtualNode: "catalog-v1", weight: 100 - v2 },
          { virtualNode: "catalog-v2", weight: v2 },
        ],
      },
    },
  });

  it("is previewed, made of children of its own, shifted by its route alone, and leaves nothing", async () => {
    const planned = await stack.preview(program(0));
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(sorted(planned.steps), steps("create"));

    const made = await stack.up(program(0));
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    assert.deepEqual(sorted(made.steps), steps("create"));
    assert.deepEqual(made.outputs, {
      virtualServiceName: "catalog.shop.local",
      virtualRouterName: "catalog-router",
      routeName: "catalog-route",
      virtualNodeNames: { v1: "catalog-v1", v2: "catalog-v2" },
    });

    const component = "urn:pulumi:test::shop::appmesh:index:MeshService::catalog";
    const children = (await stack.resources()).filter(({ parent }) => parent === component);
    assert.deepEqual(children.map(({ id }) => id).sort(), [
      "shop/catalog-router",
      "shop/catalog-router/catalog-route",
      "shop/catalog-v1",
      "shop/catalog-v2",
      "shop/catalog.shop.local",
    ]);
    assert.deepEqual(await spec("virtualNodes/catalog-v1"), nodeSpec("catalog-v1.internal"));
    assert.deepEqual(await spec("virtualRouters/catalog-router"), {
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    });
    assert.deepEqual(await spec("virtualRouter/catalog-router/routes/catalog-route"), routeSpec(0));
    assert.deepEqual(await spec("virtualServices/catalog.shop.local"), {
      provider: { virtualRouter: { virtualRouterName: "catalog-router" } },
    });

    const again = await stack.preview(program(0));
    assert.deepEqual([again.steps, again.messages], [[], []]);

    const shifted = await stack.up(program(5));
    assert.deepEqual(shifted.messages, []);
    assert.deepEqual(sorted(shifted.steps), [
      // The engine's own record of what the component was given; nothing of the mesh.
      { op: "update", type: "appmesh:index:MeshService", name: "catalog" },
      {
        op: "update",
        type: "appmesh:index:Route",
        name: "catalog-route",
        diff: {
          "spec.httpRoute.action.weightedTargets[0].weight": "update",
          "spec.httpRoute.action.weightedTargets[1].weight": "update",
        },
      },
    ]);
    assert.deepEqual(await spec("virtualRouter/catalog-router/routes/catalog-route"), routeSpec(5));

    const gone = await stack.destroy();
    assert.deepEqual([gone.failure, gone.messages], [undefined, []]);
    assert.deepEqual(
      sorted(gone.steps).map(({ op, type, name }) => ({ op, type, name })),
      steps("delete"),
    );
    assert.deepEqual((await controlPlane.call("GET", "/v20190125/meshes")).body, { meshes: [] });
  });

  it("leads requests with a version's headers to that version, by a route of its own", async () => {
    const header = { name: "x-preview", match: { exact: "v2" } };
    const preview = async () => {
      const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
      new appmesh.MeshService("catalog", {
        meshName,
        virtualServiceName: "catalog.shop.local",
        listener: { portMapping: { port: 8080, protocol: "http" } },
        httpRoute: { timeout: { perRequest: { unit: "s", value: 3 } } },
        priority: 100,
        versions: {
          v1: { weight: 100, serviceDiscovery: { dns: { hostname: "catalog-v1.internal" } } },
          v2: {
            weight: 0,
            serviceDiscovery: { dns: { hostname: "catalog-v2.internal" } },
            preview: { headers: [header] },
          },
        },
      });
    };
    const made = await stack.up(preview);
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    const timeout = { perRequest: { unit: "s", value: 3 } };
    assert.deepEqual(await spec("virtualRouter/catalog-router/routes/catalog-v2-preview"), {
      priority: 0,
      httpRoute: {
        match: { prefix: "/", headers: [header] },
        action: { weightedTargets: [{ virtualNode: "catalog-v2", weight: 1 }] },
        timeout,
      },
    });
    const main = routeSpec(0).httpRoute;
    assert.deepEqual(await spec("virtualRouter/catalog-router/routes/catalog-route"), {
      priority: 100,
      httpRoute: { ...main, timeout },
    });
    assert.deepEqual((await stack.preview(preview)).steps, []);
  });

  it("tells mistakes at the places of its own arguments, in the preview", async () => {
    const { failure, messages } = await stack.preview(program(101, 0));
    assert.notEqual(failure, undefined);
    assert.deepEqual(messages, [
      "appmesh:index:MeshService resource 'catalog' has a problem: the properties of appmesh:index:MeshService " +
        '"catalog" are not valid\n' +
        "\t\t- property listener.portMapping.port with value '{0}' has a problem: 0 was given; an integer from 1 to 65535 is allowed.\n" +
        "\t\t- property versions.v1.weight with value '{-1}' has a problem: -1 was given; an integer from 0 to 100 is allowed.\n" +
        "\t\t- property versions.v2.weight with value '{101}' has a problem: 101 was given; an integer from 0 to 100 is allowed.",
    ]);
  });
});
