// Programs that the tests put on a stack, and what the engine calls their resources.
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import * as appmesh from "@pulumi-appmesh/appmesh";
import type { Step } from "./stack.js";

const listeners = [
  { portMapping: { port: 8080, protocol: "http" } },
] satisfies appmesh.types.input.ListenerArgs[];

export const nodeSpec = (hostname: string) => ({
  listeners,
  serviceDiscovery: { dns: { hostname } },
});

/** A mesh `shop` whose catalog has two versions behind a weighted route. */
export const catalog = (v2: number): PulumiFn => {
  return async () => {
    const { meshName } = new appmesh.Mesh("shop", {
      meshName: "shop",
      spec: { egressFilter: { type: "DROP_ALL" } },
    });
    const [v1Node, v2Node] = ["catalog-v1", "catalog-v2"].map(
      (name) =>
        new appmesh.VirtualNode(name, {
          meshName,
          virtualNodeName: name,
          spec: nodeSpec(`${name}.internal`),
        }),
    ) as [appmesh.VirtualNode, appmesh.VirtualNode];
    const router = new appmesh.VirtualRouter("catalog", {
      meshName,
      virtualRouterName: "catalog",
      spec: { listeners },
    });
    const route = new appmesh.Route("canary", {
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
    const service = new appmesh.VirtualService(
      "catalog.shop.local",
      {
        meshName,
        virtualServiceName: "catalog.shop.local",
        spec: { provider: { virtualRouter: { virtualRouterName: router.virtualRouterName } } },
      },
      { dependsOn: route },
    );
    return { arn: service.arn, route: route.id };
  };
};

/** Every resource of `catalog`, in the order of their types. */
export const catalogSteps = (op: string): Step[] => [
  { op, type: "appmesh:index:Mesh", name: "shop" },
  { op, type: "appmesh:index:Route", name: "canary" },
  { op, type: "appmesh:index:VirtualNode", name: "catalog-v1" },
  { op, type: "appmesh:index:VirtualNode", name: "catalog-v2" },
  { op, type: "appmesh:index:VirtualRouter", name: "catalog" },
  { op, type: "appmesh:index:VirtualService", name: "catalog.shop.local" },
];
