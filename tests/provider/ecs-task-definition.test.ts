// The component of a task definition, on Pulumi's real engine, with a stand-in for the AWS provider.
import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { sorted, TestStack } from "./stack.js";

const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:appmesh/catalog-AbCdEf";
const trustArn = "arn:aws:ssm:eu-west-1:123456789012:parameter/appmesh/trust";

const task = (more: Partial<appmesh.MeshTaskDefinitionArgs> = {}): appmesh.MeshTaskDefinitionArgs => ({
  meshName: "shop",
  virtualNode: "shop/catalog",
  controlPlane: { host: "appmesh.shop.internal", trustFrom: trustArn, tokenFrom: `${secretArn}:token::` },
  containerDefinitions: [
    {
      name: "catalog",
      image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/catalog:1.4.2",
      portMappings: [{ containerPort: 8080 }],
    },
  ],
  cpu: 256,
  memory: 512,
  ...more,
});

const program =
  (args = task(), opts: pulumi.ComponentResourceOptions = {}) =>
  async () => {
    const made = new appmesh.MeshTaskDefinition("catalog", args, opts);
    const { taskDefinitionArn, cpu, memory, executionRoleArn, taskRoleArn, logGroupName } = made;
    return { taskDefinitionArn, cpu, memory, executionRoleArn, taskRoleArn, logGroupName };
  };

const steps = (op: string) => [
  { op, type: "appmesh:index:MeshTaskDefinition", name: "catalog" },
  { op, type: "aws:cloudwatch/logGroup:LogGroup", name: "catalog-logs" },
  { op, type: "aws:ecs/taskDefinition:TaskDefinition", name: "catalog-task-definition" },
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

  it("is previewed, made of children of its own, and the same the next time", async () => {
    const planned = await stack.preview(program());
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(sorted(planned.steps), steps("create"));
    aws.take();
    const made = await stack.up(program());
    assert.deepEqual([made.failure, made.messages], [undefined, []]);
    const again = await stack.preview(program());
    assert.deepEqual([again.steps, again.messages], [[], []]);
  });
});
