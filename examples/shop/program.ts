import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";

/** The four sidecars of the shop: a virtual node each. The catalog runs in two versions. */
export const nodes = ["storefront", "catalog-v1", "catalog-v2", "ratings"] as const;
export type NodeName = (typeof nodes)[number];

/** The port at which every service of the shop is reached. */
export const port = 8080;

/** Where each sidecar is: a host name or an IP address. */
export type Addresses = Readonly<Record<NodeName, string>>;

/** What the program reads from the configuration of its stack. */
export function configured(): { readonly addresses: Addresses; readonly v2: number } {
  const config = new pulumi.Config();
  return { addresses: config.requireObject("addresses"), v2: config.requireNumber("catalogV2Weight") };
}

/**
 * The Pulumi program: the mesh `shop`, three services, and the catalog's two versions behind a weighted route.
 * `v2` is the share of version 2, in percent.
 */
export function shop(addresses: Addresses, v2: number) {
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

  return { arn: catalog.arn, route: route.id };
}
