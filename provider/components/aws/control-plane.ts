import { randomBytes } from "node:crypto";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Cluster } from "@pulumi/aws/ecs/cluster.js";
import { Service } from "@pulumi/aws/ecs/service.js";
import { TaskDefinition } from "@pulumi/aws/ecs/taskDefinition.js";
import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity.js";
import { getRegionOutput } from "@pulumi/aws/getRegion.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Key } from "@pulumi/aws/kms/key.js";
import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Input,
  type Inputs,
  type Output,
  output,
  secret,
} from "@pulumi/pulumi";
import { checkedArgs } from "../check-args.js";
import type { DeepInputs, WithPlain } from "../deep-input.js";
import { executionStatements, policyDocument, tasksOnly } from "../ecs/execution-policy.js";
import { alarms } from "./alarms.js";
import { type ControlPlaneInputs, controlPlane } from "./control-plane-args.js";
import { type ReplicaSettings, replicaContainer, replicaStatements } from "./control-plane-container.js";
import { replicaSize } from "./control-plane-rules.js";
import { controlPlaneTable } from "./control-plane-table.js";
import { type Entrance, entrance } from "./entrance.js";
import { familyName, roleName } from "./role-name.js";
import { ports } from "./serve-arguments.js";

type Plain = "cloudMap" | "loadBalancer" | "clientSecurityGroupIds" | "clientCidrs";

/** What a `ControlPlane` is given. How much is made of it is known at once; all else may come later. */
export type ControlPlaneArgs = WithPlain<DeepInputs<ControlPlaneInputs>, Plain>;

/** The control plane on AWS: replicas on Fargate that share a DynamoDB table, and the way to them. */
export class ControlPlane extends ComponentResource {
  readonly host: Output<string>;
  readonly endpoint: Output<string>;
  readonly xdsPort: Output<number>;
  readonly tableName: Output<string>;
  readonly tableArn: Output<string>;
  readonly kmsKeyArn: Output<string>;
  readonly accessKeySecretArn: Output<string>;
  readonly clusterArn: Output<string>;
  readonly serviceName: Output<string>;
  readonly securityGroupId: Output<string>;
  readonly taskRoleArn: Output<string>;
  readonly logGroupName: Output<string>;

  readonly #child: CustomResourceOptions = { parent: this };

  constructor(name: string, args: ControlPlaneArgs, opts?: ComponentResourceOptions) {
    super(
      "appmesh:index:ControlPlane",
      name,
      checkedArgs(controlPlane, name, args) as unknown as Inputs,
      opts,
    );
    const { tags } = args;
    const child = this.#child;
    const region = getRegionOutput({}, { parent: this }).region;
    const account = output(args.accountId ?? getCallerIdentityOutput({}, { parent: this }).accountId);

    this.kmsKeyArn =
      args.kmsKeyArn === undefined
        ? new Key(
            `${name}-key`,
            {
              description: "What a control plane of App Mesh keeps: its table and its access key.",
              enableKeyRotation: true,
              tags,
            },
            child,
          ).arn
        : output(args.kmsKeyArn);
    const table = this.#table(name, args, region, account);
    this.tableName = table.name;
    this.tableArn = table.arn;
    this.accessKeySecretArn = this.#accessKey(name, args);
    const logs = new LogGroup(
      `${name}-logs`,
      { retentionInDays: args.logRetentionInDays ?? 90, tags },
      child,
    );
    this.logGroupName = logs.name;

    const group = new SecurityGroup(
      `${name}-replicas`,
      { vpcId: args.vpcId, description: "Replicas of a control plane of App Mesh", tags },
      child,
    );
    this.securityGroupId = group.id;
    const way = entrance(name, args, group, child);
    this.#rules(name, args, group, way);
    this.host = way.host;
    this.xdsPort = output(ports.xds);
    this.endpoint = way.host.apply((host) => new URL(`https://${host}:${way.apiPort}`).origin);

    const definition = this.#taskDefinition(name, args, { region, account });
    this.taskRoleArn = definition.taskRoleArn;
    const cluster =
      args.clusterArn === undefined
        ? new Cluster(
            `${name}-cluster`,
            { settings: [{ name: "containerInsights", value: "enabled" }], tags },
            child,
          )
        : undefined;
    this.clusterArn = cluster?.arn ?? output(args.clusterArn as string);
    const service = new Service(
      `${name}-service`,
      {
        cluster: this.clusterArn,
        taskDefinition: definition.arn,
        desiredCount: args.replicas ?? 2,
        launchType: "FARGATE",
        // A new replica has the whole state before an old one ends.
        deploymentMinimumHealthyPercent: 100,
        deploymentMaximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
        availabilityZoneRebalancing: "ENABLED",
        networkConfiguration: {
          subnets: args.subnetIds as Input<Input<string>[]>,
          securityGroups: [group.id],
          assignPublicIp: args.assignPublicIp ?? false,
        },
        ...way.ofService,
        propagateTags: "SERVICE",
        tags,
      },
      { ...child, dependsOn: way.readyWith },
    );
    this.serviceName = service.name;
    alarms(
      name,
      {
        actions: (args.alarmActionArns ?? []) as Input<Input<string>[]>,
        clusterArn: this.clusterArn,
        serviceName: service.name,
        tableName: this.tableName,
        logGroupName: logs.name,
        replicas: args.replicas ?? 2,
        tags,
      },
      child,
    );
    this.registerOutputs({
      host: this.host,
      endpoint: this.endpoint,
      xdsPort: this.xdsPort,
      tableName: this.tableName,
      tableArn: this.tableArn,
      kmsKeyArn: this.kmsKeyArn,
      accessKeySecretArn: this.accessKeySecretArn,
      clusterArn: this.clusterArn,
      serviceName: this.serviceName,
      securityGroupId: this.securityGroupId,
      taskRoleArn: this.taskRoleArn,
      logGroupName: this.logGroupName,
    });
  }

  #table(name: string, args: ControlPlaneArgs, region: Output<string>, account: Output<string>) {
    if (args.tableName !== undefined) {
      const tableName = output(args.tableName);
      const arn = output({ region, account, tableName, key: this.kmsKeyArn }).apply(
        (known) =>
          `arn:${known.key.split(":")[1]}:dynamodb:${known.region}:${known.account}:table/${known.tableName}`,
      );
      return { name: tableName, arn };
    }
    const { deletionProtection, tags } = args;
    return controlPlaneTable(
      `${name}-table`,
      {
        kmsKeyArn: this.kmsKeyArn,
        deletionProtection: deletionProtection as Input<boolean> | undefined,
        tags: tags as Input<Record<string, Input<string>>> | undefined,
      },
      this.#child,
    );
  }

  /** The first access key is made up once; a later program run makes up another, which is not looked at. */
  #accessKey(name: string, { accessKeySecretArn, tags }: ControlPlaneArgs): Output<string> {
    if (accessKeySecretArn !== undefined) return output(accessKeySecretArn);
    const held = new Secret(
      `${name}-access-key`,
      { description: "First access key of a control plane of App Mesh", kmsKeyId: this.kmsKeyArn, tags },
      this.#child,
    );
    const value = JSON.stringify({
      accessKeyId: `AKIA${randomBytes(10).toString("hex").slice(0, 16).toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString("base64url"),
    });
    const version = new SecretVersion(
      `${name}-access-key-version`,
      { secretId: held.id, secretString: secret(value) },
      { ...this.#child, ignoreChanges: ["secretString"] },
    );
    return version.arn;
  }

  #taskDefinition(
    name: string,
    args: ControlPlaneArgs,
    { region, account }: { readonly region: Output<string>; readonly account: Output<string> },
  ): TaskDefinition & { readonly taskRoleArn: Output<string> } {
    const { permissionsBoundary, tags } = args;
    const child = this.#child;
    const container = output({
      image: args.image,
      region,
      account,
      table: this.tableName,
      host: this.host,
      accessKeySecretArn: this.accessKeySecretArn,
      logGroup: this.logGroupName,
      trustDomain: args.trustDomain,
      trustedNetworkPort: args.trustedNetworkPort,
      authorities: args.authorities,
      limits: args.limits,
      environment: args.environment,
    }).apply((settings) => replicaContainer(settings as ReplicaSettings));
    const roleOf = (part: string) =>
      new Role(
        `${name}-${part}-role`,
        {
          ...roleName(`${name}-${part}-role`),
          assumeRolePolicy: tasksOnly,
          ...(permissionsBoundary !== undefined && { permissionsBoundary }),
          tags,
        },
        child,
      );
    const execution = roleOf("execution");
    const mayStart = new RolePolicy(
      `${name}-execution-policy`,
      {
        role: execution.name,
        policy: output({ container, region, key: this.kmsKeyArn }).apply((known) =>
          policyDocument(executionStatements([known.container], known.region, [known.key])),
        ),
      },
      child,
    );
    const task = roleOf("task");
    const mayWork = new RolePolicy(
      `${name}-task-policy`,
      {
        role: task.name,
        policy: output({
          region,
          tableArn: this.tableArn,
          kmsKeyArn: this.kmsKeyArn,
          certificateArns: args.certificateArns ?? [],
          authorities: args.authorities,
          more: args.taskRoleStatements ?? [],
        }).apply(({ more, ...rights }) => policyDocument([...replicaStatements(rights), ...more])),
      },
      child,
    );
    return new TaskDefinition(
      `${name}-task-definition`,
      {
        family: familyName(name),
        containerDefinitions: container.apply((known) => JSON.stringify([known])),
        cpu: output(args.cpu ?? replicaSize.cpu).apply(String),
        memory: output(args.memory ?? replicaSize.memory).apply(String),
        networkMode: "awsvpc",
        requiresCompatibilities: ["FARGATE"],
        executionRoleArn: execution.arn,
        taskRoleArn: task.arn,
        runtimePlatform: {
          cpuArchitecture: output(args.cpuArchitecture).apply((given) => given ?? "X86_64"),
          operatingSystemFamily: "LINUX",
        },
        tags,
      },
      // A task that starts before its roles may do what it must fails.
      { ...child, dependsOn: [mayStart, mayWork] },
    ) as TaskDefinition & { readonly taskRoleArn: Output<string> };
  }

  /** Who reaches the replicas: clients or the load balancer before them, and each other for notices. */
  #rules(name: string, args: ControlPlaneArgs, group: SecurityGroup, way: Entrance): void {
    const child = this.#child;
    const { tags } = args;
    const tcp = (port: Input<number>) => ({ ipProtocol: "tcp", fromPort: port, toPort: port });
    for (const { suffix, port, from } of way.admitted) {
      new SecurityGroupIngressRule(
        `${name}-${suffix}`,
        { securityGroupId: group.id, ...tcp(port), ...from, tags },
        child,
      );
    }
    new SecurityGroupIngressRule(
      `${name}-notices`,
      {
        securityGroupId: group.id,
        referencedSecurityGroupId: group.id,
        ipProtocol: "udp",
        fromPort: ports.notices,
        toPort: ports.notices,
        tags,
      },
      child,
    );
    new SecurityGroupEgressRule(
      `${name}-egress`,
      { securityGroupId: group.id, ipProtocol: "-1", cidrIpv4: "0.0.0.0/0", tags },
      child,
    );
  }
}
