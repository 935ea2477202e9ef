import assert from "node:assert/strict";
import { type Address, AppMesh } from "../client/appmesh.js";
import { type Double, startDouble } from "../client/double.test.support.js";
import { dependents } from "./dependents.js";
import { describeAddress } from "./identity.js";

describe("what keeps an entity from being deleted", () => {
  let double: Double;
  let appMesh: AppMesh;
  beforeEach(async () => {
    double = await startDouble();
    appMesh = new AppMesh({ endpoint: double.endpoint, region: "us-east-1", maxRetries: 0 });
  });
  afterEach(async () => {
    appMesh.close();
    await double.close();
  });

  const add = (path: string, spec: object = {}) => double.entities.set(`meshes/shop${path}`, { spec });
  const of = async (kind: Address["kind"], ...names: string[]) =>
    (await dependents({ kind, names }, { appMesh, call: {} })).map(describeAddress);
  const to = (...nodes: string[]) => ({
    httpRoute: {
      match: { prefix: "/" },
      action: { weightedTargets: nodes.map((virtualNode) => ({ virtualNode, weight: 1 })) },
    },
  });

  /** A mesh with something of every kind. */
  function shop(): void {
    double.entities.set("meshes/shop", {});
    add("/virtualNodes/v1");
    add("/virtualNodes/v2", { backends: [{ virtualService: { virtualServiceName: "catalog.local" } }] });
    add("/virtualRouters/catalog");
    add("/virtualRouter/catalog/routes/all", to("v1", "v2"));
    add("/virtualRouter/catalog/routes/old", to("v1"));
    add("/virtualServices/catalog.local", {
      provider: { virtualRouter: { virtualRouterName: "catalog" } },
    });
    add("/virtualServices/v1.local", { provider: { virtualNode: { virtualNodeName: "v1" } } });
    add("/virtualGateways/edge");
    add("/virtualGateway/edge/gatewayRoutes/catalog", {
      httpRoute: {
        match: { prefix: "/" },
        action: { target: { virtualService: { virtualServiceName: "catalog.local" } } },
      },
    });
  }

  it("is everything in a mesh", async () => {
    shop();
    assert.deepEqual(await of("mesh", "shop"), [
      'virtual node "v1" of mesh "shop"',
      'virtual node "v2" of mesh "shop"',
      'virtual router "catalog" of mesh "shop"',
      'virtual service "catalog.local" of mesh "shop"',
      'virtual service "v1.local" of mesh "shop"',
      'virtual gateway "edge" of mesh "shop"',
    ]);
  });

  it("is what names a virtual node: virtual services that it provides, and routes that send to it", async () => {
    shop();
    assert.deepEqual(await of("virtualNode", "shop", "v1"), [
      'virtual service "v1.local" of mesh "shop"',
      'route "all" of virtual router "catalog" of mesh "shop"',
      'route "old" of virtual router "catalog" of mesh "shop"',
    ]);
    assert.deepEqual(await of("virtualNode", "shop", "v2"), [
      'route "all" of virtual router "catalog" of mesh "shop"',
    ]);
  });

  it("is the routes of a virtual router, and the virtual services that it provides", async () => {
    shop();
    assert.deepEqual(await of("virtualRouter", "shop", "catalog"), [
      'route "all" of virtual router "catalog" of mesh "shop"',
      'route "old" of virtual router "catalog" of mesh "shop"',
      'virtual service "catalog.local" of mesh "shop"',
    ]);
  });

  it("is the gateway routes that lead to a virtual service, not the nodes that may call it", async () => {
    shop();
    assert.deepEqual(await of("virtualService", "shop", "catalog.local"), [
      'gateway route "catalog" of virtual gateway "edge" of mesh "shop"',
    ]);
  });

  it("is the routes of a virtual gateway, and nothing where a route is to go", async () => {
    shop();
    assert.deepEqual(await of("virtualGateway", "shop", "edge"), [
      'gateway route "catalog" of virtual gateway "edge" of mesh "shop"',
    ]);
    assert.deepEqual(await of("route", "shop", "catalog", "all"), []);
    assert.deepEqual(await of("gatewayRoute", "shop", "edge", "catalog"), []);
  });

  it("is all children, but of what has to be read only as much as helps", async () => {
    shop();
    for (let n = 0; n < 12; n++) {
      add(`/virtualNodes/n${n}`);
      add(`/virtualRouter/catalog/routes/r${n}`, to("v1"));
    }
    assert.equal((await of("mesh", "shop")).length, 18);
    assert.equal((await of("virtualRouter", "shop", "catalog")).length, 14);
    assert.equal((await of("virtualNode", "shop", "v1")).length, 10);
  });
});
