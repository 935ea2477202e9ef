import assert from "node:assert/strict";
import { type ObjectValue, UNKNOWN } from "../../server/values.js";
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

  it("is a load balancer before what is no port of the tasks", () => {
    const before = (...given: ObjectValue[]) => ({
      loadBalancers: given.map((each, index) => ({ targetGroupArn: `group-${index}`, ...each })),
    });
    const admin: ObjectValue = {
      name: "admin",
      image: "shop/admin:1",
      portMappings: [{ containerPort: 9090 }],
    };
    const both = { containerDefinitions: [...(whole.containerDefinitions as ObjectValue[]), admin] };
    assert.deepEqual(told({ ...both, ...before({ containerPort: 8080 }, { containerPort: 9090 }) }), []);
    const alone = { ...before({ containerPort: 8080 }), clientCidrs: { vpc: "10.0.0.0/8" } };
    assert.deepEqual(told(alone, ["listeners", "cloudMap"]), []);
    const explicit = {
      interception: { mode: "explicit", appPorts: { 8080: 9080 } },
      containerDefinitions: [{ name: "app", image: "shop/app:1", portMappings: [{ containerPort: 9080 }] }],
    };
    assert.deepEqual(told({ ...explicit, ...before({ containerPort: 8080 }) }), []);
    assert.deepEqual(told({ ...explicit, ...before({ containerPort: 8080, containerName: "envoy" }) }), []);
    for (const containerDefinitions of [
      UNKNOWN,
      [{ name: "app", image: "shop/app:1", portMappings: UNKNOWN }],
    ])
      assert.deepEqual(told({ containerDefinitions, ...before({ containerPort: 8081 }) }), []);

    assert.deepEqual(
      told({
        ...both,
        ...before(
          { containerPort: 8081 },
          { containerPort: 8080, containerName: "admin" },
          { containerPort: 9090, targetGroupArn: "group-0" },
          { containerPort: UNKNOWN },
        ),
      }),
      [
        "loadBalancers[0].containerPort: 8081 was given, which is no port of a container; there are 8080 of app, 9090 of admin. Add it to portMappings, or give one of them.",
        'loadBalancers[1].containerPort: 8080 was given, which is no port of "admin"; there are 8080 of app, 9090 of admin. Add it to portMappings, or give one of them.',
        "loadBalancers[2].targetGroupArn: it was given, that of loadBalancers[0]; a target group is registered once. Leave one of both out.",
        "loadBalancers[3].containerPort: a value that is not known yet was given; a port is required, which must be known before anything is made.",
      ],
    );
  });

  it("is a volume that a service would have to say more of", () => {
    assert.deepEqual(told({ volumes: [{ name: "data", configureAtLaunch: true }] }), [
      "volumes[0].configureAtLaunch: true was given; the service that is made says nothing of volumes. For one that does, give it to a MeshTaskDefinition, whose taskDefinitionArn an aws.ecs.Service takes.",
    ]);
  });

  it("is a caller or a network that is let in, or out to, twice", () => {
    assert.deepEqual(told({ clientSecurityGroupIds: { web: "sg-1", shop: "sg-1" } }), [
      'clientSecurityGroupIds.shop: "sg-1" was given, which web is as well; a security group has each rule once. Leave one of both out.',
    ]);
    const cidrs = { a: "10.0.0.0/8", b: "10.0.0.0/8" };
    assert.deepEqual(told({ clientCidrs: cidrs, egressCidrs: cidrs }), [
      'clientCidrs.b: "10.0.0.0/8" was given, which a is as well; a security group has each rule once. Leave one of both out.',
      'egressCidrs.b: "10.0.0.0/8" was given, which a is as well; a security group has each rule once. Leave one of both out.',
    ]);
  });

  it("is a deployment that is not given up and is rolled back", () => {
    assert.deepEqual(told({ deployment: { circuitBreaker: false, rollback: true } }), [
      "deployment.rollback: true was given beside a circuitBreaker of false; only a deployment that is given up is rolled back. Leave one of both out, or give alarmNames.",
    ]);
    const byAlarms = { circuitBreaker: false, rollback: true, alarmNames: ["errors"] };
    assert.deepEqual(told({ deployment: byAlarms }), []);
  });

  it("is a place where the tasks cannot run", () => {
    assert.deepEqual(
      told({ launchType: "FARGATE", capacityProviders: [{ capacityProvider: "spot", weight: 1 }] }),
      [
        "launchType: it was given beside capacityProviders; one of them is allowed: either says on what the tasks run. Leave one of both out.",
      ],
    );
    assert.deepEqual(told({ launchType: "EC2" }), [
      'launchType: "EC2" was given; the task is made for FARGATE. Name it in requiresCompatibilities, too.',
    ]);
    assert.deepEqual(told({ requiresCompatibilities: ["MANAGED_INSTANCES"], memory: 512 }), [
      "capacityProviders: nothing was given; it is required for MANAGED_INSTANCES: the capacity provider of the cluster on whose instances the tasks run.",
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

  it("is a strategy of capacity providers that gives no task a place", () => {
    const spot = { capacityProvider: "FARGATE_SPOT", weight: 3 };
    assert.deepEqual(told({ capacityProviders: [{ capacityProvider: "FARGATE", base: 1 }, spot] }), []);
    assert.deepEqual(told({ capacityProviders: [{ capacityProvider: "FARGATE_SPOT" }] }), [
      "capacityProviders[0].weight: no capacity provider has a weight of 1 or more; at least one is required, or no task has a place. Give it.",
    ]);
    assert.deepEqual(
      told({
        capacityProviders: [
          { capacityProvider: "FARGATE", base: 1 },
          { ...spot, base: 2 },
        ],
      }),
      [
        "capacityProviders[1].base: it was given beside that of capacityProviders[0]; one of them may have a base. Leave one of both out.",
      ],
    );
    assert.deepEqual(told({ capacityProviders: [spot, { capacityProvider: "large", weight: 1 }] }), [
      'capacityProviders[1].capacityProvider: "large" was given beside "FARGATE_SPOT"; a service is on Fargate or on instances. Make a service for each.',
    ]);
    assert.deepEqual(told({ capacityProviders: [spot], requiresCompatibilities: ["EC2"], memory: 512 }), [
      'capacityProviders[0].capacityProvider: "FARGATE_SPOT" was given; the task is made for EC2. Name "FARGATE" in requiresCompatibilities, too.',
    ]);
  });

  it("is what only tasks on Fargate have, or only others", () => {
    assert.deepEqual(
      told({
        ipcMode: "task",
        pidMode: "host",
        placementConstraints: [{ type: "memberOf", expression: "x" }],
      }),
      [
        'placementConstraints: it was given for FARGATE; only tasks on instances have it. Leave it out, or let requiresCompatibilities be ["EC2"].',
        'ipcMode: it was given for FARGATE; only tasks on instances have it. Leave it out, or let requiresCompatibilities be ["EC2"].',
        'pidMode: "host" was given for FARGATE; only tasks on instances have it. Leave it out, or let requiresCompatibilities be ["EC2"].',
      ],
    );
    assert.deepEqual(told({ pidMode: "task", ephemeralStorage: { sizeInGib: 30 } }), []);
    const onInstances = { requiresCompatibilities: ["EC2"], memory: 512, ipcMode: "task", pidMode: "host" };
    assert.deepEqual(told({ ...onInstances, ephemeralStorage: { sizeInGib: 30 } }), [
      "ephemeralStorage: it was given for EC2; only tasks on Fargate have it. Leave it out: elsewhere it is the instance's.",
    ]);
  });
});
