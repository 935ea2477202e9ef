import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { TaskDefinition, type TaskDefinitionArgs } from "@pulumi/aws/ecs/taskDefinition.js";
import { getRegionOutput } from "@pulumi/aws/getRegion.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import {
  type ComponentResourceOptions,
  type Input,
  type Inputs,
  type Output,
  output,
  type Resource,
} from "@pulumi/pulumi";
import { roleName } from "../aws/role-name.js";
import { checkedArgs } from "../check-args.js";
import type { DeepInputs, WithPlain } from "../deep-input.js";
import { given } from "../given.js";
import { defaultEnvoyName } from "../sidecar/defaults.js";
import { TellingComponent } from "../telling-component.js";
import { addMesh, type MeshedTask } from "./add-mesh.js";
import type { ContainerDefinition } from "./container-definition.js";
import { executionStatements, policyDocument, tasksOnly, tracingStatement } from "./execution-policy.js";
import { withFileSystems } from "./file-systems.js";
import { type MeshOptions, meshOptions } from "./mesh-options.js";
import { type MeshTaskDefinitionInputs, meshTaskDefinition } from "./mesh-task-definition-args.js";
import type { TaskVolume } from "./task-volume.js";

type Plain = "tracing" | "executionRolePolicyArns" | "taskRolePolicyArns" | "taskRoleStatements";

/** What a `MeshTaskDefinition` is given. How much is made of it is known at once; all else may come later. */
export type MeshTaskDefinitionArgs = WithPlain<DeepInputs<MeshTaskDefinitionInputs>, Plain>;

/** An ECS task definition with Envoy beside its containers, and the roles and the log group that it needs. */
export class MeshTaskDefinition extends TellingComponent {
  readonly taskDefinitionArn!: Output<string>;
  readonly family!: Output<string>;
  readonly revision!: Output<number>;
  readonly containerDefinitions!: Output<string>;
  readonly cpu!: Output<string | undefined>;
  readonly memory!: Output<string | undefined>;
  readonly envoyContainerName!: Output<string>;
  readonly executionRoleArn!: Output<string>;
  readonly taskRoleArn!: Output<string>;
  readonly taskRoleName: Output<string> | undefined;
  readonly logGroupName: Output<string> | undefined;

  readonly #rights: Resource[] = [];

  constructor(name: string, args: MeshTaskDefinitionArgs, opts?: ComponentResourceOptions) {
    super(
      "appmesh:index:MeshTaskDefinition",
      name,
      checkedArgs(meshTaskDefinition, name, args) as unknown as Inputs,
      opts,
    );
    const { tags } = args;
    const region = output(args.region ?? getRegionOutput({}, { parent: this }).region);
    const logGroupName = this.#logGroup(name, args);
    const task = this.#task(name, args, region, logGroupName);

    const execution = this.#executionRole(name, args, task, region);
    const taskRole = this.#taskRole(name, args);
    const definition = new TaskDefinition(
      `${name}-task-definition`,
      given({
        family: args.family ?? name,
        containerDefinitions: task.apply(({ containerDefinitions }) => JSON.stringify(containerDefinitions)),
        proxyConfiguration: task.apply(forProvider),
        cpu: task.apply(({ cpu }) => cpu),
        memory: task.apply(({ memory }) => memory),
        networkMode: "awsvpc",
        requiresCompatibilities: (args.requiresCompatibilities ?? ["FARGATE"]) as Input<Input<string>[]>,
        executionRoleArn: execution,
        taskRoleArn: taskRole.arn,
        volumes: args.volumes as TaskDefinitionArgs["volumes"],
        // ECS gives back both: with one of them, each update would be a new revision.
        ...(args.runtimePlatform !== undefined && {
          runtimePlatform: output(args.runtimePlatform).apply((known) => ({
            cpuArchitecture: known?.cpuArchitecture ?? "X86_64",
            operatingSystemFamily: known?.operatingSystemFamily ?? "LINUX",
          })),
        }),
        ephemeralStorage: args.ephemeralStorage,
        placementConstraints: args.placementConstraints as TaskDefinitionArgs["placementConstraints"],
        pidMode: args.pidMode,
        ipcMode: args.ipcMode,
        enableFaultInjection: args.enableFaultInjection,
        skipDestroy: args.skipDestroy,
        trackLatest: args.trackLatest,
        region: args.region,
        tags,
      }),
      // A task that starts before its roles may do what it must fails.
      { parent: this, dependsOn: this.#rights },
    );

    this.tell<MeshTaskDefinition>({
      taskDefinitionArn: definition.arn,
      family: definition.family,
      revision: definition.revision,
      containerDefinitions: definition.containerDefinitions,
      cpu: definition.cpu,
      memory: definition.memory,
      envoyContainerName: output(args.envoy).apply((envoy) => envoy?.name ?? defaultEnvoyName),
      executionRoleArn: execution,
      taskRoleArn: taskRole.arn,
      taskRoleName: taskRole.name,
      logGroupName,
    });
  }

  /** The log group of the containers that have no logConfiguration; none where that is given for all of them. */
  #logGroup(name: string, args: MeshTaskDefinitionArgs): Output<string> | undefined {
    if (args.logConfiguration !== undefined) return undefined;
    if (args.logGroupName !== undefined) return output(args.logGroupName);
    const group = new LogGroup(
      `${name}-logs`,
      given({
        retentionInDays: args.logRetentionInDays ?? 30,
        kmsKeyId: args.logKeyArn,
        region: args.region,
        tags: args.tags,
      }),
      { parent: this },
    );
    return group.name;
  }

  #task(
    name: string,
    args: MeshTaskDefinitionArgs,
    region: Output<string>,
    logGroupName: Output<string> | undefined,
  ): Output<MeshedTask> {
    const logConfiguration =
      logGroupName === undefined
        ? args.logConfiguration
        : {
            logDriver: "awslogs",
            options: {
              "awslogs-group": logGroupName,
              "awslogs-region": region,
              "awslogs-stream-prefix": name,
            },
          };
    const members = Object.keys(meshOptions).map((member) => [member, args[member as keyof MeshOptions]]);
    const options = { ...Object.fromEntries(members), logConfiguration };
    const { containerDefinitions: containers = [], volumes = [] } = args;
    return output({ containers, options, volumes }).apply((known) =>
      addMesh(
        given(known.containers) as readonly ContainerDefinition[],
        withFileSystems(
          given(known.options) as unknown as MeshOptions,
          given(known.volumes) as readonly TaskVolume[],
        ),
      ),
    );
  }

  #executionRole(
    name: string,
    args: MeshTaskDefinitionArgs,
    task: Output<MeshedTask>,
    region: Output<string>,
  ): Output<string> {
    if (args.executionRoleArn !== undefined) return output(args.executionRoleArn);
    const role = this.#role(
      `${name}-execution-role`,
      "execution-role",
      args,
      args.executionRolePolicyArns,
      name,
    );
    const { secretKeyArns = [], executionRoleStatements = [] } = args;
    const policy = output({ task, region, secretKeyArns, executionRoleStatements }).apply((known) =>
      policyDocument([
        ...executionStatements(known.task.containerDefinitions as never, known.region, known.secretKeyArns),
        ...known.executionRoleStatements,
      ]),
    );
    const attached = new RolePolicy(
      `${name}-execution-policy`,
      { role: role.name, policy },
      { parent: this },
    );
    this.#rights.push(attached);
    return output({ arn: role.arn, attached: attached.id }).apply(({ arn }) => arn);
  }

  #taskRole(
    name: string,
    args: MeshTaskDefinitionArgs,
  ): { readonly arn: Output<string>; readonly name: Output<string> | undefined } {
    if (args.taskRoleArn !== undefined) return { arn: output(args.taskRoleArn), name: undefined };
    const role = this.#role(`${name}-task-role`, "task-role", args, args.taskRolePolicyArns, name);
    const traces = args.tracing !== undefined && (args.tracing as { host?: unknown }).host === undefined;
    const statements: readonly Input<unknown>[] = [
      ...(traces ? [tracingStatement] : []),
      ...((args.taskRoleStatements ?? []) as readonly Input<unknown>[]),
    ];
    if (statements.length > 0) {
      const policy = output([...statements]).apply(policyDocument);
      this.#rights.push(new RolePolicy(`${name}-task-policy`, { role: role.name, policy }, { parent: this }));
    }
    return { arn: role.arn, name: role.name };
  }

  #role(
    resource: string,
    part: string,
    { permissionsBoundary, tags }: MeshTaskDefinitionArgs,
    policyArns: unknown,
    name: string,
  ): Role {
    const role = new Role(
      resource,
      given({ ...roleName(resource), assumeRolePolicy: tasksOnly, permissionsBoundary, tags }),
      { parent: this },
    );
    for (const [index, policyArn] of ((policyArns ?? []) as readonly Input<string>[]).entries()) {
      this.#rights.push(
        new RolePolicyAttachment(
          `${name}-${part}-${index}`,
          { role: role.name, policyArn },
          { parent: this },
        ),
      );
    }
    return role;
  }
}

/** ECS's JSON has lists where the provider has maps. */
const forProvider = ({ proxyConfiguration }: MeshedTask) =>
  proxyConfiguration && {
    ...proxyConfiguration,
    properties: Object.fromEntries(proxyConfiguration.properties.map(({ name, value }) => [name, value])),
  };
