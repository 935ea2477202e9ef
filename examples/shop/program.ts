import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";

/** The four sidecars of the shop: a virtual node each. The catalog runs in two versions. */
export const nodes = ["storefront", "catalog-v1", "catalog-v2", "ratings"] as const;
export type NodeName = (typeof nodes)[number];

/** The port at which every service of the shop is reached. */
export const port = 8080;

/** The Pulumi program: the mesh `shop`, three services, and the catalog's two versions behind a weighted route. */
export async function shop(): Promise<void> {
  const config = new pulumi.Config();
  const addresses = config.requireObject<Record<NodeName, string>>("addresses");
  const v2 = config.requireNumber("catalogV2Weight");

  const { meshName } = new appmesh.Mesh("shop", {
    meshName: "shop",
    spec: { egressFilter: { type: "DROP_ALL" } },
  });

  const virtualNode = (name: NodeName, backends: pulumi.Input<string>[] = []) =>
    new appmesh.VirtualNode(name, {
      meshName,
      virtualNodeName: name,
      spec: {
        listeners: [{ portMapping: { port, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: addresses[name] } },
        backends: backends.map((virtualServiceName) => ({ virtualService: { virtualServiceName } })),
      },
    });

  const ratings = new appmesh.VirtualService("ratings", {
    meshName,
    virtualServiceName: "ratings.shop.local",
    spec: { provider: { virtualNode: { virtualNodeName: virtualNode("ratings").virtualNodeName } } },
  });

  const v1Node = virtualNode("catalog-v1", [ratings.virtualServiceName]);
  const v2Node = virtualNode("catalog-v2", [ratings.virtualServiceName]);
  const router = new appmesh.VirtualRouter("catalog", {
    meshName,
    virtualRouterName: "catalog",
    spec: { listeners: [{ portMapping: { port, protocol: "http" } }] },
  });
  const route = new appmesh.Route("catalog", {
    meshName,
    virtualRouterName: router.virtualRouterName,
    routeName: "canary",
    spec: {
      httpRoute: {
        match: { prefix: "/" },
        action: {
          weightedTargets: [
            { virtualNode: v1Node.virtualNodeName, weight: 100 - v2 },
            { virtualNode: v2Node.virtualNodeName, weight: v2 },
          ],
        },
      },
    },
  });
  const catalog = new appmesh.VirtualService(
    "catalog",
    {
      meshName,
      virtualServiceName: "catalog.shop.local",
      spec: { provider: { virtualRouter: { virtualRouterName: router.virtualRouterName } } },
    },
    { dependsOn: route },
  );

  new appmesh.VirtualService("storefront", {
    meshName,
    virtualServiceName: "storefront.shop.local",
    spec: {
      provider: {
        virtualNode: {
          virtualNodeName: virtualNode("storefront", [catalog.virtualServiceName]).virtualNodeName,
        },
      },
    },
  });
}
