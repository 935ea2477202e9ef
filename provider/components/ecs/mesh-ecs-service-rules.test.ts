import assert from "node:assert/strict";
import type { ObjectValue } from "../../server/values.js";
import { checkComponent } from "../check.js";
import { meshEcsService } from "./mesh-ecs-service-args.js";

const whole: ObjectValue = {
  meshName: "shop",
  clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1"],
  cloudMap: { namespaceId: "ns-1", namespaceName: "shop.internal" },
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  controlPlane: { host: "appmesh.internal" },
  containerDefinitions: [{ name: "app", image: "shop/app:1", portMappings: [{ containerPort: 8080 }] }],
};
const told = (more: ObjectValue, without: readonly string[] = []) => {
  const kept = Object.entries({ ...whole, ...more }).filter(([name]) => !without.includes(name));
  return checkComponent(meshEcsService, Object.fromEntries(kept)).map(
    ({ property, reason }) => `${property}: ${reason}`,
  );
};

describe("what is refused of a MeshEcsService", () => {
  it("is nothing of what is right", () => {
    assert.deepEqual(told({}), []);
    assert.deepEqual(told({}, ["listeners", "cloudMap"]), []);
    assert.deepEqual(told({ requiresCompatibilities: ["EC2"], memory: 512 }), []);
    assert.deepEqual(told({ deployment: { minimumHealthyPercent: 0, maximumPercent: 100 } }), []);
  });

  it("is a way to nobody, and nobody's way", () => {
    assert.deepEqual(told({}, ["cloudMap"]), [
      "cloudMap: nothing was given; it is required with listeners, so that callers find the tasks. Give it, or leave out listeners.",
    ]);
    const nobody =
      "it was given without listeners; nobody calls what does not listen. Give listeners, or leave it out.";
    assert.deepEqual(told({ clientCidrs: { vpc: "10.0.0.0/8" } }, ["listeners"]), [
      `cloudMap: ${nobody}`,
      `clientCidrs: ${nobody}`,
    ]);
  });

  it("is a service of Cloud Map that is there and is made, or has no name", () => {
    const serviceArn = "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-1";
    const given = { namespaceName: "shop.internal", serviceName: "catalog", serviceArn };
    assert.deepEqual(told({ cloudMap: given }), []);
    const { serviceName: _, ...nameless } = given;
    assert.deepEqual(told({ cloudMap: nameless }), [
      "cloudMap.serviceName: nothing was given; it is required beside serviceArn: the name of that service of Cloud Map, by " +
        "which the control plane looks for the tasks. Give it.",
    ]);
    assert.deepEqual(told({ cloudMap: { ...given, namespaceId: "ns-1" } }), [
      "cloudMap: namespaceId and serviceArn were given; exactly one of namespaceId and serviceArn is allowed.",
    ]);
    assert.deepEqual(told({ cloudMap: { namespaceName: "shop.internal" } }), [
      "cloudMap: neither namespaceId nor serviceArn was given; exactly one of them is required.",
    ]);
  });

  it("is what no virtual node has, told at the places of the service", () => {
    const [first, ...others] = told({
      listeners: [
        {
          portMapping: { port: 8080, protocol: "http" },
          timeout: { grpc: { idle: { value: 1, unit: "s" } } },
        },
      ],
    });
    assert.match(String(first), /^listeners\[0\]\.timeout\./);
    assert.deepEqual(others, []);
  });

  it("is a number of tasks that cannot be", () => {
    assert.deepEqual(told({ autoscaling: { minCapacity: 1, maxCapacity: 3 } }), [
      "autoscaling: neither cpuPercent nor memoryPercent was given; at least one of them is required, by which the number of " +
        "tasks is found. For a number that stays, give desiredCount instead of autoscaling.",
    ]);
    assert.deepEqual(
      told({ autoscaling: { minCapacity: 2, maxCapacity: 3, cpuPercent: 50 }, desiredCount: 4 }),
      ["desiredCount: 4 was given; 2 to 3 is allowed, as autoscaling says. Leave it out to begin with 2."],
    );
  });

  it("is a deployment that is not given up and is rolled back", () => {
    assert.deepEqual(told({ deployment: { circuitBreaker: false, rollback: true } }), [
      "deployment.rollback: true was given beside a circuitBreaker of false; only a deployment that is given up is rolled back. Leave one of both out.",
    ]);
  });

  it("is a place where the tasks cannot run", () => {
    assert.deepEqual(told({ launchType: "FARGATE", capacityProviders: [{ capacityProvider: "spot" }] }), [
      "launchType: it was given beside capacityProviders; one of them is allowed: either says on what the tasks run. Leave one of both out.",
    ]);
    assert.deepEqual(told({ launchType: "EC2" }), [
      'launchType: "EC2" was given; the task is made for FARGATE. Name it in requiresCompatibilities, too.',
    ]);
    assert.deepEqual(
      told({
        requiresCompatibilities: ["EC2"],
        memory: 512,
        assignPublicIp: true,
        platformVersion: "1.4.0",
      }),
      [
        "assignPublicIp: true was given; only tasks on Fargate have public addresses. Leave it out, and give subnets with a NAT gateway.",
        "platformVersion: it was given for tasks on instances; only Fargate has platform versions. Leave it out.",
      ],
    );
  });
});
