import {
  arn,
  boolean,
  enumeration,
  integer,
  json,
  list,
  optional,
  required,
  string,
  structure,
} from "@pulumi-appmesh/model";
import type { ComponentInputs, ComponentType } from "../component.js";
import { text } from "../shapes.js";
import { componentTags } from "../tags.js";
import { ContainerDefinitions, ecsName } from "./container-definition.js";
import { meshOptions } from "./mesh-options.js";
import { taskDefinitionRules } from "./task-definition-rules.js";
import { TaskVolume } from "./task-volume.js";

const STATEMENTS = 'in IAM\'s JSON, as {Effect: "Allow", Action: […], Resource: …}';

/** What `MeshTaskDefinition` is given beside the options of the mesh: what else a task definition of ECS has. */
export const taskInputs = {
  containerDefinitions: optional(
    ContainerDefinitions,
    "The task's own containers, in the words of Amazon ECS. Envoy and what else the mesh needs are put beside them. A " +
      "virtual gateway needs none.",
  ),
  family: optional(ecsName, "Family of the task definition. Defaults to the name of the component."),
  volumes: optional(list(TaskVolume), "Volumes that the containers may mount."),
  runtimePlatform: optional(
    structure("TaskRuntimePlatform", "The machine that a task runs on.", {
      cpuArchitecture: optional(
        enumeration("TaskCpuArchitecture", "The processor that a task runs on.", {
          X86_64: "x86-64.",
          ARM64: "64-bit Arm, for which Envoy's images and AWS's are made, too.",
        }),
        "The processor. Defaults to X86_64.",
      ),
      operatingSystemFamily: optional(text, "The operating system: LINUX, where Envoy runs. Defaults to it."),
    }),
    "The machine that the task runs on.",
  ),
  ephemeralStorage: optional(
    structure("TaskEphemeralStorage", "Storage that a task on Fargate has while it runs.", {
      sizeInGib: required(integer({ min: 21, max: 200 }), "Its size, 21 to 200 GiB."),
    }),
    "Storage while the task runs, on Fargate. Defaults to 20 GiB.",
  ),
  placementConstraints: optional(
    list(
      structure("TaskPlacementConstraint", "A condition of the instances on which a task may run.", {
        type: required(
          enumeration("TaskPlacementConstraintType", "A kind of condition.", {
            memberOf: "An expression of the cluster query language is true.",
          }),
          "The kind of condition: memberOf.",
        ),
        expression: optional(text, "The expression."),
      }),
    ),
    "On which instances the task may run. Not on Fargate.",
  ),
  pidMode: optional(
    enumeration("TaskPidMode", "Whose processes the containers of a task see.", {
      task: "Those of the task.",
      host: "Those of the instance. Not on Fargate.",
    }),
    "Whose processes the containers see. Defaults to each its own.",
  ),
  ipcMode: optional(
    enumeration("TaskIpcMode", "Whose shared memory the containers of a task see.", {
      task: "That of the task.",
      host: "That of the instance.",
      none: "Each its own.",
    }),
    "Whose shared memory the containers see. Not on Fargate.",
  ),
  enableFaultInjection: optional(
    boolean(),
    "Whether the task takes part in fault injection. Defaults to false.",
  ),
  skipDestroy: optional(boolean(), "Whether older revisions stay when a new one is made. Defaults to false."),
  trackLatest: optional(
    boolean(),
    "Whether a revision that somebody else made is taken for the current one. Defaults to false.",
  ),
  region: optional(text, "Region of everything that is made. Defaults to that of the provider."),
  executionRoleArn: optional(
    arn,
    "ARN of a role with which ECS starts the task. If unset, one is made that may read the secrets that the containers " +
      "name, write the logs that they name, and pull the images that they name.",
  ),
  executionRolePolicyArns: optional(list(arn), "More policies of the execution role that is made."),
  executionRoleStatements: optional(
    list(json()),
    `More statements for the policy of the execution role that is made, ${STATEMENTS}.`,
  ),
  secretKeyArns: optional(
    list(arn),
    "Keys of AWS KMS with which the secrets are encrypted, if they are not AWS's own. The execution role that is made may " +
      "decrypt with them.",
  ),
  taskRoleArn: optional(
    arn,
    "ARN of the role that the containers have. If unset, one is made. With a tracer in the task, it must be allowed to " +
      "write to X-Ray.",
  ),
  taskRolePolicyArns: optional(list(arn), "Policies of the task role that is made."),
  taskRoleStatements: optional(
    list(json()),
    `Statements for the policy of the task role that is made, ${STATEMENTS}: what the application may do.`,
  ),
  permissionsBoundary: optional(arn, "ARN of the policy that bounds the roles that are made."),
  logGroupName: optional(
    text,
    "Log group of CloudWatch for the output of all containers that have no logConfiguration. If unset, one is made.",
  ),
  logRetentionInDays: optional(
    integer({ min: 0 }),
    "Days for which the log group that is made keeps what it gets; 0 for ever. Defaults to 30.",
  ),
  logKeyArn: optional(arn, "Key of AWS KMS for the log group that is made."),
  tags: componentTags,
} as const;

/** Those of them that decide how much is made. */
export const plainTaskInputs = [
  "tracing",
  "executionRolePolicyArns",
  "taskRolePolicyArns",
  "taskRoleStatements",
] as const;

const inputs = { ...taskInputs, ...meshOptions } as const;

/** An ECS task definition with Envoy in it, and the roles and the log group that it needs. */
export const meshTaskDefinition: ComponentType = {
  name: "MeshTaskDefinition",
  doc:
    "An Amazon ECS task definition that makes containers a part of a mesh, on Fargate or EC2: Envoy and, if asked for, a " +
    "tracer are put beside them, started before them and stopped after them, and the task gets a log group, an execution " +
    "role and a task role that may do no more than they need.",
  inputs,
  plain: plainTaskInputs,
  outputs: {
    taskDefinitionArn: required(string(), "ARN of the task definition, with its revision."),
    family: required(string(), "Family of the task definition."),
    revision: required(integer(), "Its revision in the family."),
    containerDefinitions: required(string(), "All containers of the task, as the JSON that ECS takes."),
    cpu: optional(string(), "CPU units of the task."),
    memory: optional(string(), "MiB of the task."),
    envoyContainerName: required(
      string(),
      "Name of the Envoy container: the target of a load balancer before a virtual gateway.",
    ),
    executionRoleArn: required(string(), "ARN of the execution role."),
    taskRoleArn: required(string(), "ARN of the task role."),
    taskRoleName: optional(string(), "Name of the task role that was made, for more policies."),
    logGroupName: optional(string(), "Name of the log group, if the containers have one."),
  },
  rules: taskDefinitionRules,
  load: async () => (await import("./mesh-task-definition.js")).MeshTaskDefinition,
};

/** What `MeshTaskDefinition` is given, once everything is known. */
export type MeshTaskDefinitionInputs = ComponentInputs<typeof inputs>;
