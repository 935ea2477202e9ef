// What changes of a service on ECS make of it, and what is before it, on Pulumi's real engine: AWS has a stand-in.
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { typeErrors } from "../support/aws-stand-in/types.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { app } from "./ecs-programs.js";
import { serviceArgs } from "./ecs-service-programs.js";
import { TestStack } from "./stack.js";

const alone = (args: appmesh.MeshEcsServiceArgs) => async () => {
  const { virtualNodeName } = new appmesh.MeshEcsService("catalog", args);
  return { virtualNodeName };
};

describe("a MeshEcsService on the real engine", function () {
  this.timeout(240_000);
  let aws: StandIn;
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    aws = putStandIn("aws");
    controlPlane = await startControlPlane();
    await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(() => controlPlane?.stop());
  afterEach(async () => {
    await stack.destroy();
    aws.take();
  });

  it("is changed in place, or by another revision of its tasks, and by another virtual node where that has another name", async () => {
    const args = (more: Partial<appmesh.MeshEcsServiceArgs> = {}) => alone(serviceArgs(more));
    const up = await stack.up(args());
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const changes = async (more: Partial<appmesh.MeshEcsServiceArgs>) => {
      const { failure, messages, steps } = await stack.preview(args(more));
      assert.deepEqual([failure, messages], [undefined, []]);
      return steps
        .filter(({ op, type }) => !type.startsWith("appmesh:index:Mesh") && !/-repla/.test(op))
        .map(({ op, name }) => `${op} ${name}`)
        .sort();
    };
    const revision = ["replace catalog-task-definition", "update catalog-service"];
    assert.deepEqual(await changes({ desiredCount: 3 }), ["update catalog-service"]);
    assert.deepEqual(await changes({ backends: [] }), ["update catalog-node"]);
    assert.deepEqual(await changes({ cpu: 1024, memory: 2048 }), revision);
    assert.deepEqual(
      await changes({ containerDefinitions: [{ ...app, environment: [{ name: "A", value: "1" }] }] }),
      revision,
    );
    assert.deepEqual(
      await changes({
        listeners: [{ portMapping: { port: 8081, protocol: "http" } }],
        containerDefinitions: [{ ...app, portMappings: [{ containerPort: 8081 }] }],
      }),
      [...revision, "update catalog-listener-0-from-web", "update catalog-node"].sort(),
    );
    assert.deepEqual(
      await changes({ virtualNodeName: "catalog-blue" }),
      ["replace catalog-node", ...revision].sort(),
    );
  });

  it("is registered with load balancers that are there, by Envoy's port and past it", async () => {
    const given = serviceArgs({
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      interception: { mode: "explicit", appPorts: { 8080: 9080 } },
      containerDefinitions: [
        { ...app, portMappings: [{ containerPort: 9080 }] },
        { name: "admin", image: "shop/admin:3", portMappings: [{ containerPort: 9090 }] },
      ],
      loadBalancers: [
        { targetGroupArn: pulumi.output("group-shop"), containerPort: 8080 },
        { targetGroupArn: "group-admin", containerPort: 9090 },
      ],
      clientSecurityGroupIds: { balancer: "sg-balancer" },
    });
    const up = await stack.up(alone(given));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = aws.made();
    const { loadBalancers, healthCheckGracePeriodSeconds } =
      made["aws:ecs/service:Service catalog-service"] ?? {};
    assert.deepEqual(loadBalancers, [
      { targetGroupArn: "group-shop", containerName: "envoy", containerPort: 8080 },
      { targetGroupArn: "group-admin", containerName: "admin", containerPort: 9090 },
    ]);
    assert.equal(healthCheckGracePeriodSeconds, 60);
    const rules = Object.entries(made).filter(([key]) => key.includes("IngressRule:"));
    assert.deepEqual(
      rules
        .map(([key, { fromPort, toPort, referencedSecurityGroupId }]) => [
          key.split(" ")[1],
          [fromPort, toPort, referencedSecurityGroupId],
        ])
        .sort(),
      [
        ["catalog-listener-0-from-balancer", [8080, 8080, "sg-balancer"]],
        ["catalog-port-9090-from-balancer", [9090, 9090, "sg-balancer"]],
      ],
    );
    assert.deepEqual(typeErrors("@pulumi/aws", made), []);
    const again = await stack.preview(alone(given));
    assert.deepEqual([again.steps, again.messages], [[], []]);
  });
});
