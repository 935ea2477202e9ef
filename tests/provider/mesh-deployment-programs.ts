// What the tests of the pods that components make have in common.
import type * as appmesh from "@pulumi-appmesh/appmesh";
import { sorted } from "./stack.js";

export const app = { name: "app", image: "shop/app:1", ports: [{ name: "http", containerPort: 8080 }] };

export const controlPlane = {
  host: "xds.shop.internal",
  trustFrom: { name: "authorities", key: "ca.pem" },
};

export const deploymentArgs = (
  more: Partial<appmesh.MeshDeploymentArgs> = {},
): appmesh.MeshDeploymentArgs => ({
  meshName: "shop",
  namespace: "shop",
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  backends: ["prices.shop.internal"],
  controlPlane,
  interception: { image: "shop/iptables:1" },
  podTemplate: { spec: { containers: [app] } },
  ...more,
});

/** What the pods need of a cluster. */
export const needed = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "authorities", namespace: "shop" },
    stringData: { "ca.pem": "authorities" },
  },
];

/** All that is made of pods with a listener. */
export const deploymentChildren = (name: string): readonly string[] => [
  `appmesh:index:MeshDeployment ${name}`,
  `appmesh:index:ProxyServiceAccount ${name}-proxies`,
  `appmesh:index:VirtualNode ${name}-node`,
  `kubernetes:apps/v1:Deployment ${name}-deployment`,
  `kubernetes:core/v1:Service ${name}-service`,
  `kubernetes:core/v1:ServiceAccount ${name}-service-account`,
];

/** What is made, changed or deleted: what is only read, is read each time, and let go in the end. */
export const shown = (steps: Parameters<typeof sorted>[0]): string[] =>
  sorted(steps)
    .filter(({ op }) => op !== "read" && op !== "discard")
    .map(({ op, type, name }) => `${op} ${type} ${name}`)
    .sort();

export const steps = (op: string, all: readonly string[]): string[] =>
  all.map((each) => `${op} ${each}`).sort();
