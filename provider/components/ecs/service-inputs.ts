// What an ECS service of the mesh is given, be it of a virtual node or of a virtual gateway.
import {
  arn,
  boolean,
  enumeration,
  integer,
  list,
  map,
  number,
  optional,
  required,
  string,
  structure,
} from "@pulumi-appmesh/model";
import { text } from "../shapes.js";

const percent = number({ min: 1, max: 100 });

export const EcsDeployment = structure(
  "EcsDeployment",
  "How an ECS service gets from one revision to the next.",
  {
    minimumHealthyPercent: optional(
      integer({ min: 0, max: 100 }),
      "Share of the desired tasks that run at any time of a deployment. Defaults to 100: an old task ends once a new one is healthy.",
    ),
    maximumPercent: optional(
      integer({ min: 1, max: 200 }),
      "The most tasks in a deployment, as a share of the desired ones; more than minimumHealthyPercent. Defaults to 200.",
    ),
    circuitBreaker: optional(
      boolean(),
      "Whether a deployment whose tasks do not become healthy is given up. Defaults to true.",
    ),
    rollback: optional(
      boolean(),
      "Whether the last revision that was well is deployed again after one that was given up. Defaults to true.",
    ),
    alarmNames: optional(
      list(text, { minItems: 1 }),
      "Alarms of CloudWatch that end a deployment, too, such as one of the errors that callers see.",
    ),
  },
);

export const EcsAutoscaling = structure(
  "EcsAutoscaling",
  "How many tasks there are, by what they need. At least one of cpuPercent and memoryPercent is given.",
  {
    minCapacity: required(integer({ min: 0 }), "The fewest tasks."),
    maxCapacity: required(integer({ min: 1 }), "The most tasks."),
    cpuPercent: optional(percent, "CPU that the tasks are to use on average, in percent of what they have."),
    memoryPercent: optional(
      percent,
      "Memory that the tasks are to use on average, in percent of what they have.",
    ),
    scaleInCooldownSeconds: optional(
      integer({ min: 0 }),
      "Seconds after tasks were taken away before more are. Defaults to 300.",
    ),
    scaleOutCooldownSeconds: optional(
      integer({ min: 0 }),
      "Seconds after tasks were added before more are. Defaults to 60.",
    ),
  },
);

export const EcsCapacityProvider = structure(
  "EcsCapacityProvider",
  "A share of the tasks and where it runs.",
  {
    capacityProvider: required(text, "Name of the capacity provider, such as FARGATE_SPOT."),
    weight: optional(
      integer({ min: 0, max: 1000 }),
      "Its share of the tasks. Defaults to 0; at least one provider has 1 or more.",
    ),
    base: optional(
      integer({ min: 0, max: 100_000 }),
      "Tasks that it runs before shares count, of one provider at the most. Defaults to 0.",
    ),
  },
);

export const serviceInputs = {
  clusterArn: required(arn, "ECS cluster of the service."),
  vpcId: required(text, "VPC of the tasks."),
  subnetIds: required(
    list(text, { minItems: 1, maxItems: 16 }),
    "Subnets of the tasks, up to 16, best in several availability zones. They need a way to the control plane, and to ECR, " +
      "CloudWatch and Secrets Manager: a NAT gateway or endpoints.",
  ),
  assignPublicIp: optional(
    boolean(),
    "Whether tasks on Fargate have public addresses, in public subnets without a NAT gateway. Defaults to false.",
  ),
  securityGroupIds: optional(
    list(text, { maxItems: 4 }),
    "More security groups of the tasks, up to four, beside the one that is made.",
  ),
  clientSecurityGroupIds: optional(
    map(text),
    "Security groups that reach the listeners, by a name that you choose: those of callers, as their securityGroupId.",
  ),
  clientCidrs: optional(
    map(text),
    "Networks that reach the listeners, as 10.0.0.0/16, by a name that you choose.",
  ),
  egressCidrs: optional(
    map(text),
    "Networks that the tasks reach, by a name that you choose. Backends, the control plane, DNS and AWS's endpoints must be " +
      "among them. Defaults to everything.",
  ),
  desiredCount: optional(
    integer({ min: 0 }),
    "How many tasks there are; with autoscaling, how many there are at first. Defaults to 1, and with autoscaling to its minCapacity.",
  ),
  autoscaling: optional(EcsAutoscaling, "How the number of tasks follows what they need. Unset, it stays."),
  deployment: optional(EcsDeployment, "How a new revision gets into place. By default no request is lost."),
  launchType: optional(
    enumeration("EcsLaunchType", "On what the tasks of a service run.", {
      FARGATE: "AWS Fargate.",
      EC2: "Instances of the cluster.",
    }),
    "On what the tasks run. Defaults to FARGATE if requiresCompatibilities has it, and to EC2 otherwise. Not beside " +
      "capacityProviders.",
  ),
  capacityProviders: optional(
    list(EcsCapacityProvider, { minItems: 1 }),
    "Which capacity providers of the cluster run which share of the tasks, such as FARGATE_SPOT: those of Fargate, or others.",
  ),
  platformVersion: optional(text, "Version of Fargate's platform. Defaults to LATEST."),
  healthCheckGracePeriodSeconds: optional(
    integer({ min: 0, max: 2_147_483_647 }),
    "Seconds after the start of a task in which failed health checks do not end it. Defaults to 60 behind a load balancer.",
  ),
  enableExecuteCommand: optional(
    boolean(),
    "Whether aws ecs execute-command opens a shell in the tasks' containers, but for those whose root file system is read-only, " +
      "as Envoy's is. The task role that is made may do what this needs; one that is given must be allowed it: " +
      "ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and OpenDataChannel. Defaults to false.",
  ),
  waitForSteadyState: optional(
    boolean(),
    "Whether an update ends only when the deployment has, and fails when that was given up. Defaults to true.",
  ),
} as const;

/** Those of them that decide how much is made. */
export const plainServiceInputs = [
  "clientSecurityGroupIds",
  "clientCidrs",
  "egressCidrs",
  "autoscaling",
  "enableExecuteCommand",
] as const;

/** What a service gives back. */
export const serviceOutputs = {
  serviceName: required(string(), "Name of the ECS service."),
  serviceArn: required(string(), "ARN of the ECS service."),
  taskDefinitionArn: required(string(), "ARN of the task definition, with its revision."),
  taskRoleArn: required(string(), "ARN of the task role."),
  taskRoleName: optional(string(), "Name of the task role that was made, for more policies."),
  executionRoleArn: required(string(), "ARN of the execution role."),
  logGroupName: optional(string(), "Name of the log group, if the containers have one."),
  securityGroupId: required(
    string(),
    "Security group of the tasks, for the clientSecurityGroupIds of what they call.",
  ),
} as const;
