import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { MeshTaskDefinitionArgs } from "./mesh-task-definition.js";

/** As programs use the package as a library: the component in their own process. */
describe("MeshTaskDefinition in a program's own process", () => {
  const made: string[] = [];
  before(() =>
    pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        made.push(`${type} ${name}`);
        return { id: `${name}-id`, state: { ...inputs, name, arn: `arn:aws:x:::${name}`, revision: 3 } };
      },
      call: () => ({ region: "eu-west-1" }),
    }),
  );
  after(() => pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }));

  const args = (more: Partial<MeshTaskDefinitionArgs> = {}): MeshTaskDefinitionArgs => ({
    meshName: "shop",
    virtualNode: pulumi.output("catalog"),
    controlPlane: { host: "appmesh.internal", tokenFrom: Promise.resolve("/token") },
    containerDefinitions: [
      { name: "app", image: "shop/app:1", portMappings: [{ containerPort: pulumi.output(8080) }] },
    ],
    ...more,
  });
  const promised = <T>(output: pulumi.Output<T>): Promise<T> =>
    new Promise((resolve) => {
      output.apply(resolve);
    });

  it("is the same component", async () => {
    const { MeshTaskDefinition } = await import("./mesh-task-definition.js");
    const task = new MeshTaskDefinition("catalog", args());
    const [arn, text] = await Promise.all([
      promised(task.taskDefinitionArn),
      promised(task.containerDefinitions),
    ]);
    assert.equal(arn, "arn:aws:x:::catalog-task-definition");
    const [app, envoy, drain] = JSON.parse(text);
    assert.deepEqual([app.name, envoy.name, drain.name], ["app", "envoy", "envoy-drain"]);
    assert.deepEqual(envoy.secrets, [{ name: "APPMESH_XDS_TOKEN", valueFrom: "/token" }]);
    assert.deepEqual(made.sort(), [
      "appmesh:index:MeshTaskDefinition catalog",
      "aws:cloudwatch/logGroup:LogGroup catalog-logs",
      "aws:ecs/taskDefinition:TaskDefinition catalog-task-definition",
      "aws:iam/role:Role catalog-execution-role",
      "aws:iam/role:Role catalog-task-role",
      "aws:iam/rolePolicy:RolePolicy catalog-execution-policy",
    ]);
  });

  it("refuses what is known to be wrong before it makes anything", async () => {
    const { MeshTaskDefinition } = await import("./mesh-task-definition.js");
    made.length = 0;
    const wrong = args({
      meshName: "",
      virtualNode: "other/catalog",
      networkMode: "awsvpn" as never,
      taskRoleArn: "arn:aws:iam::123456789012:role/task",
      taskRoleStatements: [],
    });
    assert.throws(() => new MeshTaskDefinition("catalog", wrong), {
      message: [
        'the arguments of MeshTaskDefinition "catalog" are not valid:',
        '  meshName: "" was given; a string of 1 to 255 characters without "/" and control characters and not only dots is allowed.',
        '  networkMode: "awsvpn" was given; "awsvpc", "bridge", "host" or "none" is allowed.',
      ].join("\n"),
    });
    assert.throws(
      () => new MeshTaskDefinition("catalog", { ...wrong, meshName: "shop", networkMode: "host" }),
      {
        message: [
          'the arguments of MeshTaskDefinition "catalog" are not valid:',
          '  virtualNode: "other/catalog" was given, a virtual node of the mesh "other"; one of the mesh "shop" is allowed. Change meshName, or name another virtual node.',
          '  networkMode: "host" was given; "awsvpc" is allowed: Envoy shares a network with its application and with nobody else. Leave it out.',
          "  taskRoleStatements: it was given beside taskRoleArn; it is for what is made where that is not given. Leave one of both out.",
        ].join("\n"),
      },
    );
    assert.deepEqual(made, []);
  });
});
