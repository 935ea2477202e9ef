// An ECS service of the mesh: its security group, the service itself, and how many tasks it has.
import { Policy } from "@pulumi/aws/appautoscaling/policy.js";
import { Target } from "@pulumi/aws/appautoscaling/target.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Service, type ServiceArgs } from "@pulumi/aws/ecs/service.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { type CustomResourceOptions, type Input, type Output, output, type Resource } from "@pulumi/pulumi";
import type { Admitted } from "../aws/entrance.js";
import type { ComponentInputs } from "../component.js";
import type { DeepInputs, WithPlain } from "../deep-input.js";
import { given } from "../given.js";
import { TellingComponent } from "../telling-component.js";
import { shellStatement } from "./execution-policy.js";
import type { MeshOptions } from "./mesh-options.js";
import type { MeshTaskDefinition, MeshTaskDefinitionArgs } from "./mesh-task-definition.js";
import type { taskInputs } from "./mesh-task-definition-args.js";
import type { plainServiceInputs, serviceInputs } from "./service-inputs.js";

type Given = DeepInputs<ComponentInputs<typeof serviceInputs>>;
type Plain = (typeof plainServiceInputs)[number];

type OfTask = Pick<
  DeepInputs<ComponentInputs<typeof taskInputs>>,
  "region" | "tags" | "placementConstraints"
> &
  Pick<DeepInputs<MeshOptions>, "requiresCompatibilities">;

/** What decides on a service, whatever its tasks are. */
export type EcsServiceArgs = WithPlain<Given, Plain> & OfTask;

export interface Guarded {
  readonly group: SecurityGroup;
  /** Without them no task reaches what it starts with. */
  readonly rules: readonly Resource[];
}

/** The security group of the tasks: it lets in who is admitted, and out to where the tasks may call. */
export function guarded(
  name: string,
  description: string,
  args: EcsServiceArgs,
  admitted: readonly Admitted[],
  child: CustomResourceOptions,
): Guarded {
  const { region, tags, egressCidrs } = args;
  const common = { region, tags };
  const group = new SecurityGroup(
    `${name}-tasks`,
    given({ vpcId: args.vpcId, description, ...common }),
    child,
  );
  const rules: Resource[] = admitted.map(
    ({ suffix, port, from }) =>
      new SecurityGroupIngressRule(
        `${name}-${suffix}`,
        given({
          securityGroupId: group.id,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          ...from,
          ...common,
        }),
        child,
      ),
  );
  const out = (suffix: string, to: object) =>
    new SecurityGroupEgressRule(
      `${name}-${suffix}`,
      given({ securityGroupId: group.id, ipProtocol: "-1", ...to, ...common }),
      child,
    );
  if (egressCidrs === undefined) {
    rules.push(out("egress", { cidrIpv4: "0.0.0.0/0" }), out("egress-ipv6", { cidrIpv6: "::/0" }));
  }
  for (const [to, cidr] of Object.entries((egressCidrs ?? {}) as Readonly<Record<string, Input<string>>>)) {
    const only = (ipv6: boolean) =>
      output(cidr).apply((known) => (known.includes(":") === ipv6 ? known : undefined));
    rules.push(out(`egress-to-${to}`, { cidrIpv4: only(false), cidrIpv6: only(true) }));
  }
  return { group, rules };
}

export interface ServiceParts extends Guarded {
  readonly task: MeshTaskDefinition;
  /** How its tasks are found. */
  readonly found: Pick<ServiceArgs, "serviceRegistries" | "loadBalancers">;
  /** What must be there before the service is. */
  readonly readyWith: readonly Resource[];
}

export function ecsService(
  name: string,
  args: EcsServiceArgs,
  { group, rules, task, found, readyWith }: ServiceParts,
  child: CustomResourceOptions,
): Service {
  const { autoscaling, capacityProviders, region, tags } = args;
  const deployment = output(args.deployment);
  const balanced = found.loadBalancers !== undefined;
  const service = new Service(
    `${name}-service`,
    given({
      cluster: args.clusterArn,
      taskDefinition: task.taskDefinitionArn,
      desiredCount: args.desiredCount ?? (autoscaling as Scaling | undefined)?.minCapacity ?? 1,
      launchType:
        capacityProviders === undefined
          ? output({ given: args.launchType, compatible: args.requiresCompatibilities }).apply(
              (known) =>
                known.given ?? ((known.compatible ?? ["FARGATE"]).includes("FARGATE") ? "FARGATE" : "EC2"),
            )
          : undefined,
      capacityProviderStrategies: capacityProviders as ServiceArgs["capacityProviderStrategies"],
      platformVersion: args.platformVersion,
      // An old task ends once a new one is healthy: once its Envoy has what it serves, and the application with it.
      deploymentMinimumHealthyPercent: deployment.apply((known) => known?.minimumHealthyPercent ?? 100),
      deploymentMaximumPercent: deployment.apply((known) => known?.maximumPercent ?? 200),
      deploymentCircuitBreaker: deployment.apply((known) => {
        const enable = known?.circuitBreaker ?? true;
        return { enable, rollback: enable && (known?.rollback ?? true) };
      }),
      ...(args.deployment !== undefined && {
        alarms: deployment.apply((known) =>
          known?.alarmNames === undefined
            ? undefined
            : { alarmNames: [...known.alarmNames], enable: true, rollback: known.rollback ?? true },
        ),
      }),
      availabilityZoneRebalancing: output({ deployment, placed: args.placementConstraints }).apply(
        rebalancing,
      ),
      networkConfiguration: {
        subnets: args.subnetIds as Input<Input<string>[]>,
        securityGroups: output({ own: group.id, more: args.securityGroupIds }).apply(({ own, more }) => [
          own,
          ...(more ?? []),
        ]),
        assignPublicIp: args.assignPublicIp ?? false,
      },
      healthCheckGracePeriodSeconds: args.healthCheckGracePeriodSeconds ?? (balanced ? 60 : undefined),
      ...found,
      enableExecuteCommand: args.enableExecuteCommand,
      waitForSteadyState: args.waitForSteadyState ?? true,
      propagateTags: "SERVICE",
      region,
      tags,
    }),
    {
      ...child,
      dependsOn: [task, ...rules, ...readyWith],
      // How many there are is then the autoscaling's.
      ...(autoscaling !== undefined && { ignoreChanges: ["desiredCount"] }),
    },
  );
  if (autoscaling !== undefined) scaled(name, args, autoscaling as Scaling, service, child);
  return service;
}

/**
 * A zone that has too many tasks gives one up only where another may be added first, and where the program does not say itself
 * which zones are for the tasks.
 */
const rebalancing = ({
  deployment,
  placed = [],
}: {
  readonly deployment?: { readonly maximumPercent?: number } | undefined;
  readonly placed?: readonly { readonly expression?: string }[] | undefined;
}): "ENABLED" | "DISABLED" =>
  (deployment?.maximumPercent ?? 200) > 100 &&
  !placed.some(({ expression = "" }) => expression.includes("ecs.availability-zone"))
    ? "ENABLED"
    : "DISABLED";

type Scaling = DeepInputs<NonNullable<ComponentInputs<typeof serviceInputs>["autoscaling"]>>;

function scaled(
  name: string,
  { clusterArn, region, tags }: EcsServiceArgs,
  scaling: Scaling,
  service: Service,
  child: CustomResourceOptions,
): void {
  const target = new Target(
    `${name}-capacity`,
    given({
      serviceNamespace: "ecs",
      scalableDimension: "ecs:service:DesiredCount",
      resourceId: output({ cluster: clusterArn, service: service.name }).apply(
        (known) => `service/${known.cluster.slice(known.cluster.indexOf("/") + 1)}/${known.service}`,
      ),
      minCapacity: scaling.minCapacity,
      maxCapacity: scaling.maxCapacity,
      region,
      tags,
    }),
    child,
  );
  for (const [part, targetValue, predefinedMetricType] of [
    ["cpu", scaling.cpuPercent, "ECSServiceAverageCPUUtilization"],
    ["memory", scaling.memoryPercent, "ECSServiceAverageMemoryUtilization"],
  ] as const) {
    if (targetValue === undefined) continue;
    new Policy(
      `${name}-scale-on-${part}`,
      given({
        policyType: "TargetTrackingScaling",
        serviceNamespace: target.serviceNamespace,
        scalableDimension: target.scalableDimension,
        resourceId: target.resourceId,
        targetTrackingScalingPolicyConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType },
          targetValue,
          scaleInCooldown: scaling.scaleInCooldownSeconds ?? 300,
          scaleOutCooldown: scaling.scaleOutCooldownSeconds ?? 60,
        },
        region,
      }),
      child,
    );
  }
}

type OfRole = Pick<MeshTaskDefinitionArgs, "taskRoleArn" | "taskRoleStatements"> & {
  readonly enableExecuteCommand?: unknown;
};

/** What the task role that is made may do: with `enableExecuteCommand`, let shells be opened as well. */
export const taskRights = ({
  taskRoleArn,
  taskRoleStatements = [],
  enableExecuteCommand,
}: OfRole): Pick<MeshTaskDefinitionArgs, "taskRoleStatements"> =>
  enableExecuteCommand === true && taskRoleArn === undefined
    ? { taskRoleStatements: [...taskRoleStatements, shellStatement] }
    : {};

/** A component that is a service on ECS, whatever its tasks are. */
export abstract class EcsServiceComponent extends TellingComponent {
  readonly serviceName!: Output<string>;
  readonly serviceArn!: Output<string>;
  readonly taskDefinitionArn!: Output<string>;
  readonly taskRoleArn!: Output<string>;
  readonly taskRoleName: Output<string> | undefined;
  readonly executionRoleArn!: Output<string>;
  readonly logGroupName: Output<string> | undefined;
  readonly securityGroupId!: Output<string>;
}

/** What every one of them gives back. */
export const outputsOf = (service: Service, task: MeshTaskDefinition, { group }: Guarded) => ({
  serviceName: service.name,
  serviceArn: service.arn,
  taskDefinitionArn: task.taskDefinitionArn,
  taskRoleArn: task.taskRoleArn,
  taskRoleName: task.taskRoleName,
  executionRoleArn: task.executionRoleArn,
  logGroupName: task.logGroupName,
  securityGroupId: group.id,
});
