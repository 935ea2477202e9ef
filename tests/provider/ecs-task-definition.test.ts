// The component of a task definition, on Pulumi's real engine, with a stand-in for the AWS provider: what it makes.
import assert from "node:assert/strict";
import { addMesh } from "@pulumi-appmesh/provider/components/ecs/add-mesh.js";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import {
  app,
  controlPlane,
  secretArn,
  statements,
  TASK,
  taskArgs,
  taskProgram,
  trustArn,
} from "./ecs-programs.js";
import { sorted, TestStack } from "./stack.js";

const all = [
  ...(["taskDefinitionArn", "family", "revision", "cpu", "memory", "envoyContainerName"] as const),
  ...(["executionRoleArn", "taskRoleArn", "taskRoleName", "logGroupName"] as const),
];

const steps = (op: string) => [
  { op, type: "appmesh:index:MeshTaskDefinition", name: "catalog" },
  { op, type: "aws:cloudwatch/logGroup:LogGroup", name: "catalog-logs" },
  { op, type: TASK, name: "catalog-task-definition" },
  { op, type: "aws:iam/role:Role", name: "catalog-execution-role" },
  { op, type: "aws:iam/role:Role", name: "catalog-task-role" },
  { op, type: "aws:iam/rolePolicy:RolePolicy", name: "catalog-execution-policy" },
];

describe("MeshTaskDefinition on the real engine", function () {
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

  it("is previewed, made of children of its own, changed by a revision, and leaves nothing", async () => {
    const planned = await stack.preview(taskProgram(taskArgs(), all));
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(sorted(planned.steps), steps("create"));
    aws.take();

    const up = await stack.up(taskProgram(taskArgs(), all));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(sorted(up.steps), steps("create"));
    const made = aws.made();
    const logs = String(made["aws:cloudwatch/logGroup:LogGroup catalog-logs"]?.name);
    const [execution, role] = ["execution", "task"].map((part) =>
      String(made[`aws:iam/role:Role catalog-${part}-role`]?.name),
    );
    assert.deepEqual(up.outputs, {
      taskDefinitionArn: "arn:aws:ecs:eu-west-1:123456789012:task-definition/catalog:1",
      family: "catalog",
      revision: 1,
      cpu: "512",
      memory: "1024",
      envoyContainerName: "envoy",
      executionRoleArn: `arn:aws:iam::123456789012:role/${execution}`,
      taskRoleArn: `arn:aws:iam::123456789012:role/${role}`,
      taskRoleName: role,
      logGroupName: logs,
    });

    const { containerDefinitions, ...definition } = made[`${TASK} catalog-task-definition`] ?? {};
    const expected = addMesh([app], {
      meshName: "shop",
      virtualNode: "catalog",
      controlPlane,
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": logs,
          "awslogs-region": "eu-west-1",
          "awslogs-stream-prefix": "catalog",
        },
      },
    });
    assert.deepEqual(JSON.parse(String(containerDefinitions)), expected.containerDefinitions);
    assert.deepEqual(definition, {
      family: "catalog",
      cpu: "512",
      memory: "1024",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      proxyConfiguration: {
        type: "APPMESH",
        containerName: "envoy",
        properties: {
          IgnoredUID: "1337",
          ProxyIngressPort: "15000",
          ProxyEgressPort: "15001",
          AppPorts: "8080",
          EgressIgnoredIPs: "169.254.170.2,169.254.169.254",
        },
      },
      executionRoleArn: up.outputs.executionRoleArn,
      taskRoleArn: up.outputs.taskRoleArn,
    });
    assert.deepEqual(statements(made["aws:iam/rolePolicy:RolePolicy catalog-execution-policy"]), [
      { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: "*" },
      {
        Effect: "Allow",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: ["arn:aws:ecr:eu-west-1:123456789012:repository/shop/catalog"],
      },
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [`arn:aws:logs:eu-west-1:*:log-group:${logs}:*`],
      },
      { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [secretArn] },
      { Effect: "Allow", Action: ["ssm:GetParameters"], Resource: [trustArn] },
    ]);
    assert.deepEqual(JSON.parse(String(made["aws:iam/role:Role catalog-task-role"]?.assumeRolePolicy)), {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" },
      ],
    });

    const component = "urn:pulumi:test::shop::appmesh:index:MeshTaskDefinition::catalog";
    const children = (await stack.resources()).filter(({ parent }) => parent === component);
    assert.equal(children.length, steps("").length - 1);

    const again = await stack.preview(taskProgram(taskArgs(), all));
    assert.deepEqual([again.steps, again.messages], [[], []]);

    const newer = taskArgs({
      containerDefinitions: [{ ...app, image: app.image.replace("1.4.2", "1.5.0") }],
    });
    const changed = await stack.up(taskProgram(newer));
    assert.deepEqual(
      [...new Set(sorted(changed.steps).map(({ op, name }) => `${op} ${name}`))],
      [
        "update catalog",
        "create-replacement catalog-task-definition",
        "replace catalog-task-definition",
        "delete-replaced catalog-task-definition",
      ],
    );

    const gone = await stack.destroy();
    assert.deepEqual(
      sorted(gone.steps).map(({ op, type, name }) => ({ op, type, name })),
      steps("delete"),
    );
  });
});
