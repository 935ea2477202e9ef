import assert from "node:assert/strict";
import type { VirtualNodeSpec } from "@pulumi-appmesh/model";
import { entitiesOf, type MeshDocument } from "./document.js";
import type { Instance, Instances } from "./entities.js";
import { translate } from "./translate.js";

const node: VirtualNodeSpec = {
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  serviceDiscovery: { awsCloudMap: { namespaceName: "shop.internal", serviceName: "catalog" } },
};
const shop: MeshDocument = {
  meshName: "shop",
  virtualNodes: {
    front: { backends: [{ virtualService: { virtualServiceName: "catalog.local" } }] },
    catalog: node,
  },
  virtualServices: { "catalog.local": { provider: { virtualNode: { virtualNodeName: "catalog" } } } },
};
const known = (catalog: Instances): MeshDocument => ({
  ...shop,
  instances: { "shop.internal": { catalog } },
});
const told = (document: MeshDocument) =>
  translate(entitiesOf(document), {
    meshName: "shop",
    kind: "virtualNode",
    name: "front",
    interception: { mode: "transparent" },
  });
const instance = (id: string, address: string): Instance => ({
  id,
  attributes: { AWS_INSTANCE_IPV4: address },
  healthy: true,
});

describe("endpoints from AWS Cloud Map", () => {
  const names = (resources: readonly { readonly name: string }[]) => resources.map(({ name }) => name);

  it("are waited for until they are known, or until it is known why they are not", () => {
    const { waiting, endpoints } = told(known({ list: undefined }));
    assert.equal(waiting, "service catalog in namespace shop.internal is being looked up in AWS Cloud Map");
    assert.deepEqual(endpoints, []);
    assert.equal(told(known({ list: [] })).waiting, undefined);
    assert.equal(told(known({ list: undefined, problem: "it is away" })).waiting, undefined);
  });

  it("are not told at all where nobody looks them up, which keeps those that a proxy has", () => {
    const { waiting, clusters, endpoints, problems } = told(shop);
    assert.equal(waiting, undefined);
    assert.deepEqual(names(clusters), ["cds_egress_shop_amazonaws", "cds_egress_shop_catalog_http_8080"]);
    assert.deepEqual(endpoints, []);
    assert.deepEqual(problems, [
      {
        entity: "virtualNode/catalog",
        path: "spec.serviceDiscovery.awsCloudMap",
        message: "endpoints in AWS Cloud Map are not looked up here; callers that know no endpoints get 503",
      },
    ]);
  });

  it("change alone: clusters, listeners and routes stay the same objects", () => {
    const before = told(known({ list: [instance("1", "10.0.0.1")] }));
    const after = told(known({ list: [instance("1", "10.0.0.1"), instance("2", "10.0.0.2")] }));
    assert.notEqual(after.endpoints, before.endpoints);
    assert.equal(after.clusters, before.clusters);
    assert.equal(after.listeners, before.listeners);
    assert.equal(after.routes, before.routes);
  });

  it("are told to a gateway too", () => {
    const document: MeshDocument = {
      ...known({ list: [instance("1", "10.0.0.1")] }),
      virtualGateways: { edge: { listeners: [{ portMapping: { port: 80, protocol: "http" } }] } },
      gatewayRoutes: {
        edge: {
          all: {
            httpRoute: {
              match: { prefix: "/" },
              action: { target: { virtualService: { virtualServiceName: "catalog.local" } } },
            },
          },
        },
      },
    };
    const { endpoints } = translate(entitiesOf(document), {
      meshName: "shop",
      kind: "virtualGateway",
      name: "edge",
      interception: { mode: "transparent" },
    });
    assert.deepEqual(names(endpoints), ["cds_egress_shop_catalog_http_8080"]);
  });
});
