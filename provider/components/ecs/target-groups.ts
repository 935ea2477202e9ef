// Load balancers that are there, before the tasks of a service.
import { type Infer, optional, portNumber, required, structure } from "@pulumi-appmesh/model";
import { text } from "../shapes.js";
import { type ContainerDefinition, ecsName } from "./container-definition.js";

/** Of one service (Amazon ECS service quotas). */
export const mostTargetGroups = 5;

export const EcsLoadBalancer = structure(
  "EcsLoadBalancer",
  "A target group of a load balancer that is there, with which ECS registers the tasks of a service.",
  {
    targetGroupArn: required(
      text,
      "The target group, of the target type ip. A listener of its load balancer must have it.",
    ),
    containerPort: required(
      portNumber,
      "Port of the tasks. What comes to one of the listeners' ports goes through Envoy, what comes to another past it.",
    ),
    containerName: optional(
      ecsName,
      "Container with that port among its portMappings. Defaults to the one that has it, and with explicit interception, for " +
        "the port of a listener, to Envoy's.",
    ),
  },
);

type LoadBalancer = Infer<typeof EcsLoadBalancer>;

/** What it is that decides on whose port it is. */
export interface Containers {
  readonly containerDefinitions?: readonly ContainerDefinition[] | undefined;
  readonly envoyName: string;
  /** On which Envoy itself listens: those of the listeners in explicit interception. */
  readonly envoyPorts: readonly number[];
}

/** Name of the container whose port it is; undefined where there is none. */
export function containerOf(
  { containerPort, containerName }: Pick<LoadBalancer, "containerPort" | "containerName">,
  { containerDefinitions = [], envoyName, envoyPorts }: Containers,
): string | undefined {
  if (containerName !== undefined) return containerName;
  if (envoyPorts.includes(containerPort)) return envoyName;
  return containerDefinitions.find(({ portMappings = [] }) =>
    portMappings.some((mapping) => mapping.containerPort === containerPort),
  )?.name;
}
