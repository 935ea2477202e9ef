import assert from "node:assert/strict";
import type { MeshChange, MeshSource } from "../source/mesh-source.js";
import { entitiesOf, type MeshDocument } from "../translate/document.js";
import type { CloudMap, Discovered } from "./cloud-map.js";
import { withCloudMap } from "./with-cloud-map.js";

const document: MeshDocument = {
  meshName: "shop",
  virtualNodes: { catalog: {} },
  virtualRouters: { catalog: {} },
  virtualServices: { "catalog.local": {} },
  routes: { catalog: { all: { httpRoute: { match: { prefix: "/" }, action: { weightedTargets: [] } } } } },
};

describe("a source of meshes with AWS Cloud Map", () => {
  const discovered: Discovered = { instances: [], revision: undefined, checked: false };
  const cloudMap: CloudMap = {
    discover: () => Promise.resolve(discovered),
    revision: () => Promise.resolve(undefined),
  };
  let tell: (change: MeshChange) => void = () => {};
  const forgotten: string[] = [];
  const meshes: MeshSource = {
    entities: () => entitiesOf(document),
    subscribe: (listener) => {
      tell = listener;
      return () => {
        tell = () => {};
      };
    },
    forget: (_, __, read) => forgotten.push(read),
  };

  it("shows the meshes as they are, and the instances beside them", () => {
    const source = withCloudMap(meshes, { cloudMap });
    const entities = source.entities("shop");
    const bare = entitiesOf(document);
    assert.equal(entities.meshName, "shop");
    assert.deepEqual(entities.mesh(), bare.mesh());
    assert.equal(entities.virtualNode("catalog"), document.virtualNodes?.catalog);
    assert.equal(entities.virtualRouter("catalog"), document.virtualRouters?.catalog);
    assert.equal(entities.virtualService("catalog.local"), document.virtualServices?.["catalog.local"]);
    assert.equal(entities.virtualGateway("edge"), undefined);
    assert.equal(entities.routes("catalog"), bare.routes("catalog"));
    assert.deepEqual(entities.gatewayRoutes("edge"), []);
    assert.equal(entities.derive, undefined);
    assert.deepEqual(source.services, []);
    assert.deepEqual(entities.instances?.("shop.internal", "catalog"), { list: undefined });
    assert.deepEqual(source.services, [{ namespaceName: "shop.internal", serviceName: "catalog" }]);
    source.close();
    assert.deepEqual(source.services, []);
  });

  it("tells each mesh that reads a service of its changes, beside the changes of the mesh itself", async () => {
    const source = withCloudMap(meshes, { cloudMap });
    const changes: MeshChange[] = [];
    const told = new Promise<void>((resolve) => {
      source.subscribe((change) => changes.push(change) === 2 && resolve());
    });
    source.entities("shop").instances?.("internal", "catalog.shop");
    source.entities("market", "123456789012").instances?.("internal", "catalog.shop");
    await told;
    const reads = ["instances/catalog.shop.internal"];
    assert.deepEqual(changes.splice(0), [
      { meshName: "shop", meshOwner: "", reads },
      { meshName: "market", meshOwner: "123456789012", reads },
    ]);
    const own = { meshName: "shop", meshOwner: "000000000000", reads: ["mesh"] };
    tell(own);
    assert.deepEqual(changes, [own]);
    source.close();
  });

  it("forgets a service by its read, for one mesh at a time", () => {
    const source = withCloudMap(meshes, { cloudMap });
    source.entities("shop").instances?.("shop.internal", "catalog");
    source.entities("shop", "123456789012").instances?.("shop.internal", "catalog");
    source.entities("shop").instances?.("shop.internal", "ratings");
    const names = () => source.services.map(({ serviceName }) => serviceName);
    source.forget?.("shop", undefined, "instances/catalog.shop.internal");
    assert.deepEqual(names(), ["catalog", "ratings"]);
    source.forget?.("shop", "123456789012", "instances/catalog.shop.internal");
    assert.deepEqual(names(), ["ratings"]);
    source.forget?.("shop", undefined, "virtualNode/catalog");
    assert.deepEqual(forgotten.slice(-1), ["virtualNode/catalog"]);
    source.close();
  });
});
