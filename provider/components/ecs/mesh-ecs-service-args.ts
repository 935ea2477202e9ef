import {
  arn,
  BackendDefaults,
  exactlyOne,
  Listener,
  Logging,
  list,
  optional,
  required,
  resourceName,
  serviceName,
  string,
  structure,
} from "@pulumi-appmesh/model";
import type { ComponentInputs, ComponentType } from "../component.js";
import { text } from "../shapes.js";
import { meshEcsServiceRules } from "./mesh-ecs-service-rules.js";
import { taskMembers } from "./mesh-members.js";
import { plainTaskInputs } from "./mesh-task-definition-args.js";
import { plainServiceInputs, serviceInputs, serviceOutputs } from "./service-inputs.js";
import { EcsLoadBalancer, mostTargetGroups } from "./target-groups.js";

export const EcsCloudMap = structure(
  "EcsCloudMap",
  "The name in a DNS namespace of AWS Cloud Map under which the tasks of a service are found.",
  {
    namespaceId: optional(text, "Id of the namespace, as ns-…, in which a service of Cloud Map is made."),
    serviceArn: optional(
      arn,
      "ARN of a service of Cloud Map that is there, in which the tasks are registered instead. Those of several versions may " +
        "be: each virtual node has the tasks of its own family. Its healthCheckCustomConfig must be there.",
    ),
    namespaceName: required(
      string({ minLength: 1, maxLength: 1024 }),
      "Name of the namespace, such as shop.internal.",
    ),
    serviceName: optional(
      string({ minLength: 1, maxLength: 63 }),
      "Name in the namespace, a label of DNS. Defaults to the name of the component; beside serviceArn it is required, and " +
        "the name of that service.",
    ),
  },
  exactlyOne("namespaceId", "serviceArn"),
);

const inputs = {
  virtualNodeName: optional(
    resourceName,
    "Name of the virtual node that is made. Defaults to the name of the component.",
  ),
  listeners: optional(
    list(Listener),
    "Ports on which the containers receive traffic. Unset, they only call others, and nobody finds them.",
  ),
  backends: optional(
    list(serviceName),
    "Names of the virtual services that the containers call. They need not exist yet.",
  ),
  backendDefaults: optional(BackendDefaults, "What applies to every backend."),
  logging: optional(Logging, "What the proxies log."),
  cloudMap: optional(
    EcsCloudMap,
    "How callers find the tasks. Required with listeners; a service of Cloud Map is made for it.",
  ),
  loadBalancers: optional(
    list(EcsLoadBalancer, { minItems: 1, maxItems: mostTargetGroups }),
    "Load balancers that are there, before the tasks, such as one that the internet reaches. clientSecurityGroupIds then has " +
      "their security groups, which reach these ports, too.",
  ),
  ...serviceInputs,
  ...taskMembers,
} as const;

/** The inputs that decide how much is made. */
export const plainMeshEcsServiceInputs = [
  "listeners",
  "cloudMap",
  "loadBalancers",
  ...plainServiceInputs,
  ...plainTaskInputs,
] as const;

/** Containers on ECS that are a virtual node of a mesh, as one. */
export const meshEcsService: ComponentType = {
  name: "MeshEcsService",
  doc:
    "A service on Amazon ECS that is part of a mesh, whole: a virtual node, the service of AWS Cloud Map by which it is found, " +
    "a task definition with Envoy beside the containers and the roles and logs that it needs, a security group that lets " +
    "in only those who are named, on the listeners' ports, and an ECS service that loses no request when it is updated and goes " +
    "back to what was well when an update is not.",
  inputs,
  plain: plainMeshEcsServiceInputs,
  outputs: {
    virtualNodeName: required(resourceName, "Name of the virtual node, for a version of a MeshService."),
    cloudMapServiceArn: optional(string(), "ARN of the service of Cloud Map."),
    ...serviceOutputs,
  },
  rules: meshEcsServiceRules,
  load: async () => (await import("./mesh-ecs-service.js")).MeshEcsService,
};

/** What `MeshEcsService` is given, once everything is known. */
export type MeshEcsServiceInputs = ComponentInputs<typeof inputs>;
