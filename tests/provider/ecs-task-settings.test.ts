// What a MeshTaskDefinition makes of all that it may be given, on Pulumi's real engine, with a stand-in for the AWS provider.
import assert from "node:assert/strict";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { typeErrors } from "../support/aws-stand-in/types.js";
import { app, statements, TASK, taskArgs, taskProgram } from "./ecs-programs.js";
import { TestStack } from "./stack.js";

describe("the settings of a MeshTaskDefinition on the real engine", function () {
  this.timeout(180_000);
  let aws: StandIn;
  let stack: TestStack;
  before(async () => {
    aws = putStandIn("aws");
    stack = await TestStack.create({});
  });
  afterEach(async () => {
    await stack.destroy();
    aws.take();
  });

  it("gives the real provider what only tasks on instances have", async () => {
    const own = {
      requiresCompatibilities: ["EC2" as const],
      placementConstraints: [{ type: "memberOf" as const, expression: "attribute:ecs.os-type == linux" }],
      pidMode: "host" as const,
      ipcMode: "task" as const,
    };
    const up = await stack.up(taskProgram(taskArgs(own)));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = aws.made()[`${TASK} catalog-task-definition`] ?? {};
    assert.deepEqual(Object.fromEntries(Object.keys(own).map((name) => [name, made[name]])), own);
  });

  it("gives it what its types take, with everything that a task definition may have", async () => {
    const given = taskArgs({
      family: "shop-catalog",
      tracing: { samplingRate: 0.1, segmentName: "catalog" },
      containerDefinitions: [
        {
          ...app,
          mountPoints: [{ sourceVolume: "data", containerPath: "/data", readOnly: true }],
          logConfiguration: { logDriver: "awsfirelens", options: { Name: "datadog" } },
        },
        {
          name: "router",
          image: "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.32.5",
          firelensConfiguration: { type: "fluentbit", options: { "config-file-type": "file" } },
        },
      ],
      volumes: [
        {
          name: "data",
          efsVolumeConfiguration: {
            fileSystemId: "fs-1",
            transitEncryption: "ENABLED",
            authorizationConfig: { iam: "ENABLED" },
          },
        },
        { name: "scratch" },
      ],
      runtimePlatform: { cpuArchitecture: "ARM64" },
      ephemeralStorage: { sizeInGib: 50 },
      pidMode: "task",
      enableFaultInjection: true,
      skipDestroy: true,
      trackLatest: true,
      region: "eu-central-1",
      executionRolePolicyArns: ["arn:aws:iam::123456789012:policy/pull"],
      executionRoleStatements: [
        { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::cache/*" },
      ],
      secretKeyArns: ["arn:aws:kms:eu-central-1:123456789012:key/k1"],
      taskRolePolicyArns: ["arn:aws:iam::123456789012:policy/a", "arn:aws:iam::123456789012:policy/b"],
      taskRoleStatements: [{ Effect: "Allow", Action: "dynamodb:GetItem", Resource: "*" }],
      permissionsBoundary: "arn:aws:iam::123456789012:policy/bound",
      logRetentionInDays: 0,
      logKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/k2",
      tags: { team: "shop" },
    });
    const up = await stack.up(taskProgram(given));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = aws.made();
    assert.deepEqual(
      Object.keys(made)
        .map((key) => key.split(" ")[1])
        .sort(),
      [
        ...["catalog-execution-policy", "catalog-execution-role", "catalog-execution-role-0", "catalog-logs"],
        ...["catalog-task-definition", "catalog-task-policy", "catalog-task-role"],
        ...["catalog-task-role-0", "catalog-task-role-1"],
      ],
    );
    const { containerDefinitions, executionRoleArn, taskRoleArn, proxyConfiguration, ...rest } =
      made[`${TASK} catalog-task-definition`] ?? {};
    const { virtualNode: _, controlPlane: __, meshName: ___, ...own } = given;
    // The file system is mounted before there is an Envoy.
    assert.match(JSON.stringify(proxyConfiguration), /"EgressIgnoredPorts":"2049"/);
    assert.deepEqual(rest, {
      family: "shop-catalog",
      cpu: "512",
      memory: "1024",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" },
      ...Object.fromEntries(
        [
          ...(["volumes", "ephemeralStorage", "pidMode"] as const),
          ...(["enableFaultInjection", "skipDestroy", "trackLatest", "region", "tags"] as const),
        ].map((name) => [name, own[name]]),
      ),
    });
    assert.deepEqual(
      JSON.parse(String(containerDefinitions)).map((each: { name: string; dependsOn?: unknown }) => [
        each.name,
        each.dependsOn,
      ]),
      [
        ["catalog", [{ containerName: "envoy", condition: "HEALTHY" }]],
        ["router", undefined],
        ["envoy", [{ containerName: "otel-collector", condition: "START" }]],
        ["otel-collector", undefined],
        [
          "envoy-drain",
          [
            { containerName: "envoy", condition: "HEALTHY" },
            { containerName: "catalog", condition: "START" },
          ],
        ],
      ],
    );
    const policy = made["aws:iam/rolePolicy:RolePolicy catalog-task-policy"];
    assert.deepEqual(
      statements(policy).map(({ Action }: { Action: unknown }) => Action),
      [
        [
          ...["xray:GetSamplingRules", "xray:GetSamplingStatisticSummaries", "xray:GetSamplingTargets"],
          ...["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        ],
        "dynamodb:GetItem",
      ],
    );
    const executionPolicy = statements(made["aws:iam/rolePolicy:RolePolicy catalog-execution-policy"]);
    assert.deepEqual(executionPolicy.slice(-2), [
      {
        Effect: "Allow",
        Action: ["kms:Decrypt"],
        Resource: ["arn:aws:kms:eu-central-1:123456789012:key/k1"],
      },
      { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::cache/*" },
    ]);
    assert.deepEqual(typeErrors("@pulumi/aws", made), []);
  });

  it("makes no more than the task definition where roles and logs are there already", async () => {
    const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
    const given = taskArgs({
      executionRoleArn: role("execution"),
      taskRoleArn: role("task"),
      logGroupName: "/shop",
      tracing: { tracer: "xray" },
    });
    const roles = ["executionRoleArn", "taskRoleArn", "logGroupName"] as const;
    const up = await stack.up(taskProgram(given, roles));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(up.outputs, {
      executionRoleArn: role("execution"),
      taskRoleArn: role("task"),
      logGroupName: "/shop",
    });
    const made = aws.made();
    assert.deepEqual(Object.keys(made), [`${TASK} catalog-task-definition`]);
  });

  it("is an Envoy by itself for a virtual gateway, and on instances has what those have", async () => {
    const { virtualNode: _, containerDefinitions: __, ...rest } = taskArgs({ tags: { team: "edge" } });
    const up = await stack.up(taskProgram({ ...rest, virtualGateway: "ingress", listenerPorts: [8443] }));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const { proxyConfiguration, ...definition } = aws.made()[`${TASK} catalog-task-definition`] ?? {};
    assert.deepEqual([proxyConfiguration, definition.cpu, definition.memory], [undefined, "512", "1024"]);
    const containers = JSON.parse(String(definition.containerDefinitions)) as { name: string }[];
    assert.deepEqual(
      containers.map(({ name }) => name),
      ["envoy", "envoy-drain"],
    );

    const {
      cpu: ___,
      memory: ____,
      ...sizeless
    } = taskArgs({
      requiresCompatibilities: ["EC2"],
      containerDefinitions: [{ ...app, memoryReservation: 128 }],
      interception: { mode: "initContainer", image: "shop/iptables:1" },
    });
    const onInstances = await stack.up(taskProgram(sizeless));
    assert.deepEqual([onInstances.failure, onInstances.messages], [undefined, []]);
    const made = aws.made()[`${TASK} catalog-task-definition`] ?? {};
    assert.deepEqual(
      [made.cpu, made.memory, made.proxyConfiguration, made.requiresCompatibilities],
      [undefined, undefined, undefined, ["EC2"]],
    );
  });
});
