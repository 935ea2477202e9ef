// The program that the tests put on a stack, the demonstration's own, and what the engine calls its resources.
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import type { Addresses } from "@pulumi-appmesh/example-shop/program.js";
import { nodes, port, shop } from "@pulumi-appmesh/example-shop/program.js";
import type { Step } from "./stack.js";

export const nodeSpec = (hostname: string) => ({
  listeners: [{ portMapping: { port, protocol: "http" as const } }],
  serviceDiscovery: { dns: { hostname } },
});

const addresses = Object.fromEntries(nodes.map((name) => [name, `${name}.internal`])) as unknown as Addresses;

/** A mesh `shop` whose catalog has two versions behind a weighted route; version 2 has that share, in percent. */
export const shopWith =
  (v2: number): PulumiFn =>
  async () =>
    shop(addresses, v2);

/** Every resource of the shop, in the order of their types. */
export const shopSteps = (op: string): Step[] => [
  { op, type: "appmesh:index:Mesh", name: "shop" },
  { op, type: "appmesh:index:Route", name: "catalog" },
  ...nodes.toSorted().map((name) => ({ op, type: "appmesh:index:VirtualNode", name })),
  { op, type: "appmesh:index:VirtualRouter", name: "catalog" },
  ...["catalog", "ratings", "storefront"].map((name) => ({ op, type: "appmesh:index:VirtualService", name })),
];
