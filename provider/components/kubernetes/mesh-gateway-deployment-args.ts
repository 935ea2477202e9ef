import { integer, json, list, map, optional, required, resourceName, string } from "@pulumi-appmesh/model";
import type { ComponentInputs, ComponentType } from "../component.js";
import { gatewayInputs } from "../mesh/gateway-args.js";
import { meshGatewayDeploymentRules } from "./mesh-gateway-deployment-rules.js";
import { plainWorkloadInputs, workloadInputs } from "./workload-args.js";

const inputs = {
  ...gatewayInputs,
  podTemplate: optional(
    json(),
    "More of the pods, in Kubernetes' words: {metadata: {labels, annotations}, spec: {nodeSelector, containers, …}}. They need " +
      "no container but Envoy, which is put there.",
  ),
  service: optional(
    json(),
    "More of the Service, in Kubernetes' words: {metadata: {annotations}, spec: {type, loadBalancerClass, …}}. Unless it says " +
      "otherwise, it is reached from within the cluster alone (ClusterIP).",
  ),
  servicePorts: optional(
    list(integer({ min: 1, max: 65535 })),
    "Ports of the Service, one for each listener, in their order. Default to those of the listeners.",
  ),
  ...workloadInputs,
} as const;

/** The inputs that decide how much is made. */
export const plainMeshGatewayDeploymentInputs = ["listeners", "routes", ...plainWorkloadInputs] as const;

/** A way into a mesh on Kubernetes, as one. */
export const meshGatewayDeployment: ComponentType = {
  name: "MeshGatewayDeployment",
  doc:
    "A way into a mesh on Kubernetes, whole, without App Mesh's controller and its definitions: a virtual gateway and its " +
    "routes, a Deployment of Envoys for it, which loses no request when it is updated, and a Service before them.",
  inputs,
  plain: plainMeshGatewayDeploymentInputs,
  outputs: {
    virtualGatewayName: required(resourceName, "Name of the virtual gateway."),
    gatewayRouteNames: required(map(string()), "Names of the gateway routes, by route."),
    deploymentName: required(string(), "Name of the Deployment."),
    serviceName: required(string(), "Name of the Service."),
    serviceAccountName: required(string(), "Name of the service account as which the pods run."),
    podLabels: required(map(string()), "Labels by which these pods, and no others, are selected."),
  },
  rules: meshGatewayDeploymentRules,
  load: async () => (await import("./mesh-gateway-deployment.js")).MeshGatewayDeployment,
};

/** What `MeshGatewayDeployment` is given, once everything is known. */
export type MeshGatewayDeploymentInputs = ComponentInputs<typeof inputs>;
