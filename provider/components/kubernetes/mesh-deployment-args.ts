import {
  BackendDefaults,
  json,
  Listener,
  Logging,
  list,
  map,
  optional,
  required,
  resourceName,
  ServiceDiscovery,
  serviceName,
  string,
} from "@pulumi-appmesh/model";
import type { ComponentInputs, ComponentType } from "../component.js";
import { componentTags } from "../tags.js";
import { meshDeploymentRules } from "./mesh-deployment-rules.js";
import { PodInterception } from "./mesh-pod-options.js";
import { plainWorkloadInputs, workloadInputs } from "./workload-args.js";

const inputs = {
  virtualNodeName: optional(
    resourceName,
    "Name of the virtual node that is made. Defaults to the name of the component.",
  ),
  listeners: optional(
    list(Listener),
    "Ports on which the pods receive traffic. Unset, they only call others, and there is no Service.",
  ),
  serviceDiscovery: optional(
    ServiceDiscovery,
    "How callers in the mesh find the pods. Defaults to the Service that is made: its name leads to every pod that is ready. " +
      "Callers outside the cluster need a name that they can resolve.",
  ),
  clusterDomain: optional(
    string({ minLength: 1, maxLength: 253 }),
    "Domain of the cluster's own names. Defaults to cluster.local.",
  ),
  backends: optional(
    list(serviceName),
    "Names of the virtual services that the pods call. They need not exist yet.",
  ),
  backendDefaults: optional(BackendDefaults, "What applies to every backend."),
  logging: optional(Logging, "What the proxies log."),
  podTemplate: required(
    json(),
    "The pods, in Kubernetes' words: {metadata: {labels, annotations}, spec: {containers, …}}. Envoy, and what else the mesh " +
      "needs, is put into the spec.",
  ),
  service: optional(
    json(),
    "More of the Service, in Kubernetes' words: {metadata: {annotations, labels}, spec: {publishNotReadyAddresses, …}}. It is " +
      "headless: Envoys find each pod by it, and share the traffic out themselves.",
  ),
  ...workloadInputs,
  statefulSet: optional(
    json(),
    "Has a StatefulSet made instead of a Deployment, for pods that keep their names and volumes. More of it, in Kubernetes' " +
      "words: {metadata: {annotations, labels}, spec: {volumeClaimTemplates, podManagementPolicy, …}}; {} is enough. Not beside " +
      "deployment.",
  ),
  daemonSet: optional(
    json(),
    "Has a DaemonSet made instead of a Deployment, for one pod on each machine. More of it, in Kubernetes' words: {metadata: " +
      "{annotations, labels}, spec: {updateStrategy, minReadySeconds, …}}; {} is enough. Not beside deployment, statefulSet or " +
      "replicas.",
  ),
  interception: required(PodInterception, "How the application's traffic gets into Envoy."),
  tags: componentTags,
} as const;

/** The inputs that decide how much is made. */
export const plainMeshDeploymentInputs = [
  "listeners",
  "statefulSet",
  "daemonSet",
  ...plainWorkloadInputs,
] as const;

/** Pods of a Deployment that are a virtual node of a mesh, as one. */
export const meshDeployment: ComponentType = {
  name: "MeshDeployment",
  doc:
    "Pods on Kubernetes that are part of a mesh, whole, without App Mesh's controller and its definitions: a virtual node, a " +
    "Deployment with plain Envoy in its pods, which loses no request when it is updated, or a StatefulSet or DaemonSet, a Service by which " +
    "the mesh finds each pod, and a service account by which the pods prove who they are.",
  inputs,
  plain: plainMeshDeploymentInputs,
  outputs: {
    virtualNodeName: required(resourceName, "Name of the virtual node, for a version of a MeshService."),
    deploymentName: required(string(), "Name of the Deployment, or of the StatefulSet or DaemonSet."),
    serviceName: optional(string(), "Name of the Service, if there are listeners."),
    hostname: optional(string(), "Name of DNS of that Service."),
    serviceAccountName: required(string(), "Name of the service account as which the pods run."),
    podLabels: required(map(string()), "Labels by which these pods, and no others, are selected."),
  },
  rules: meshDeploymentRules,
  load: async () => (await import("./mesh-deployment.js")).MeshDeployment,
};

/** What `MeshDeployment` is given, once everything is known. */
export type MeshDeploymentInputs = ComponentInputs<typeof inputs>;
