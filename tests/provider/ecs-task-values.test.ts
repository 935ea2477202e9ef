// What a program may give a task definition, known or not, secret or not, right or not, on Pulumi's real engine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Topic } from "@pulumi/aws/sns/topic.js";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { app, statements, TASK, taskArgs, taskProgram } from "./ecs-programs.js";
import { TestStack } from "./stack.js";

describe("values of every kind in a MeshTaskDefinition on the real engine", function () {
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

  it("previews what is not known yet, at any place, and makes it once it is", async () => {
    const later = async () => {
      const { arn, name } = new Topic("later", {});
      const text = arn.apply((known) => `${known}`);
      const made = new appmesh.MeshTaskDefinition("catalog", {
        meshName: name.apply(() => "shop"),
        virtualNode: arn.apply(() => "shop/catalog"),
        controlPlane: {
          host: arn.apply(() => "appmesh.internal"),
          port: arn.apply(() => 443),
          tokenFrom: text,
        },
        containerDefinitions: [
          { ...app, image: arn.apply(() => "shop/catalog:2"), environment: [{ name: "TOPIC", value: arn }] },
          arn.apply(() => ({ name: "other", image: "shop/other:1" })),
        ],
        cpu: arn.apply(() => 512),
        tracing: { samplingRate: arn.apply(() => 0.5) },
        taskRoleStatements: [{ Effect: "Allow", Action: "sns:Publish", Resource: arn }],
        independentContainers: [arn.apply(() => "other")],
        tags: { topic: arn },
      });
      return { cpu: made.cpu };
    };
    const planned = await stack.preview(later);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    const preview = aws
      .take()
      .find(({ call, type, preview }) => call === "create" && type === TASK && preview);
    assert.deepEqual(preview?.inputs.containerDefinitions, { $unknown: true });

    const up = await stack.up(later);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(up.outputs, { cpu: "1024" });
    const made = aws.made();
    const topic = "arn:aws:sns:eu-west-1:123456789012:";
    const [catalog, other] = JSON.parse(
      String(made[`${TASK} catalog-task-definition`]?.containerDefinitions),
    );
    assert.equal(catalog.image, "shop/catalog:2");
    assert.ok(String(catalog.environment[0].value).startsWith(topic));
    assert.deepEqual([other.name, other.dependsOn], ["other", undefined]);
    assert.ok(
      String(statements(made["aws:iam/rolePolicy:RolePolicy catalog-task-policy"])[1].Resource).startsWith(
        topic,
      ),
    );
    const again = await stack.preview(later);
    assert.deepEqual([again.steps, again.messages], [[], []]);
  });

  it("keeps what is secret out of the state", async () => {
    const hidden = "hidden-password";
    const given = taskArgs({
      containerDefinitions: [{ ...app, environment: [{ name: "PASSWORD", value: pulumi.secret(hidden) }] }],
    });
    const up = await stack.up(taskProgram(given));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const { containerDefinitions } = aws.made()[`${TASK} catalog-task-definition`] ?? {};
    const { $secret } = containerDefinitions as { $secret: string };
    assert.ok($secret.includes(hidden));
    const state = join(stack.stack.workspace.workDir, ".pulumi", "stacks", "shop", "test.json");
    assert.ok(!readFileSync(state, "utf8").includes(hidden));
    assert.deepEqual((await stack.preview(taskProgram(given))).steps, []);
  });

  it("tells mistakes at the places of its own inputs, in the preview, and makes nothing", async () => {
    const { failure, messages } = await stack.preview(
      taskProgram(
        taskArgs({
          virtualNode: "other/catalog",
          networkMode: "bridge",
          containerDefinitions: [{ ...app, image: "shop/catalog" }, app],
          taskRoleArn: "arn:aws:iam::123456789012:role/task",
          taskRolePolicyArns: ["arn:aws:iam::123456789012:policy/a"],
        }),
      ),
    );
    assert.notEqual(failure, undefined);
    assert.deepEqual(
      messages.map((message) => message.split("\n").map((line) => line.trim())),
      [
        [
          "appmesh:index:MeshTaskDefinition resource 'catalog' has a problem: the properties of " +
            'appmesh:index:MeshTaskDefinition "catalog" are not valid',
          `- property virtualNode with value '{other/catalog}' has a problem: "other/catalog" was given, a virtual node of ` +
            'the mesh "other"; one of the mesh "shop" is allowed. Change meshName, or name another virtual node.',
          `- property networkMode with value '{bridge}' has a problem: "bridge" was given; "awsvpc" is allowed: Envoy shares ` +
            "a network with its application and with nobody else. Leave it out.",
          `- property containerDefinitions[0].image with value '{shop/catalog}' has a problem: "shop/catalog" was given; an ` +
            "image with a tag or a digest is allowed, as shop/catalog:1.0 or shop/catalog@sha256:…, so that all tasks run the same.",
          `- property containerDefinitions[1].name with value '{catalog}' has a problem: "catalog" was given, the name of ` +
            "containerDefinitions[0]; a name that no other container of the task has is allowed.",
          "- property containerDefinitions[1].portMappings[0].containerPort with value '{8080}' has a problem: 8080 was given, " +
            'the port of the container "catalog"; the containers of a task share their ports. Let one of them listen elsewhere.',
          `- property taskRolePolicyArns with value '{[{arn:aws:iam::123456789012:policy/a}]}' has a problem: it was given ` +
            "beside taskRoleArn; it is for what is made where that is not given. Leave one of both out.",
        ],
      ],
    );
    assert.deepEqual(aws.take(), []);
  });
});
