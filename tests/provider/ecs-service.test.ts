// The component of a whole service on ECS, on Pulumi's real engine: the mesh is a control plane, AWS has a stand-in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { typeErrors } from "../support/aws-stand-in/types.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { app } from "./ecs-programs.js";
import { serviceArgs, serviceChildren } from "./ecs-service-programs.js";
import { sorted, TestStack } from "./stack.js";

/** Two versions behind one service, the second with a weight of its own, and the mesh. */
const versions =
  (v2: number, more: Partial<appmesh.MeshEcsServiceArgs> = {}) =>
  async () => {
    const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
    const made = ["catalog-v1", "catalog-v2"].map(
      (name) => new appmesh.MeshEcsService(name, serviceArgs({ meshName, ...more })),
    );
    const [one, two] = made as [appmesh.MeshEcsService, appmesh.MeshEcsService];
    const service = new appmesh.MeshService("catalog", {
      meshName,
      virtualServiceName: "catalog.shop.internal",
      listener: { portMapping: { port: 8080, protocol: "http" } },
      versions: {
        v1: { weight: 100 - v2, virtualNodeName: one.virtualNodeName },
        v2: { weight: v2, virtualNodeName: two.virtualNodeName },
      },
    });
    const { virtualNodeName, securityGroupId, taskDefinitionArn, serviceName, serviceArn } = one;
    const { cloudMapServiceArn, taskRoleName, taskRoleArn, logGroupName } = one;
    return {
      ...{ virtualNodeName, securityGroupId, taskDefinitionArn, serviceName, serviceArn },
      ...{ cloudMapServiceArn, taskRoleName, taskRoleArn, logGroupName },
      nodes: service.virtualNodeNames,
    };
  };

/** One service by itself, in a mesh that is there. */
const alone =
  (args: appmesh.MeshEcsServiceArgs, opts: pulumi.ComponentResourceOptions = {}) =>
  async () => {
    const made = new appmesh.MeshEcsService("catalog", args, opts);
    return { virtualNodeName: made.virtualNodeName, cloudMapServiceArn: made.cloudMapServiceArn };
  };

const shown = (steps: Parameters<typeof sorted>[0]): string[] =>
  sorted(steps).map(({ op, type, name }) => `${op} ${type} ${name}`);
const all = [
  "appmesh:index:Mesh shop",
  "appmesh:index:MeshService catalog",
  "appmesh:index:Route catalog-route",
  "appmesh:index:VirtualRouter catalog-router",
  "appmesh:index:VirtualService catalog-service",
  ...serviceChildren("catalog-v1"),
  ...serviceChildren("catalog-v2"),
];
const steps = (op: string) => all.map((each) => `${op} ${each}`).sort();

describe("MeshEcsService on the real engine", function () {
  this.timeout(240_000);
  let aws: StandIn;
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    aws = putStandIn("aws");
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(() => controlPlane?.stop());
  afterEach(async () => {
    await stack.destroy();
    await controlPlane.call("DELETE", "/v20190125/meshes/shop");
    aws.take();
  });
  const call = async (path: string) =>
    (await controlPlane.call("GET", `/v20190125/meshes/shop/${path}`)).body;

  it("is, in two versions, previewed, made, the same the next time, shifted by a route alone, and gone", async () => {
    const planned = await stack.preview(versions(10));
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(shown(planned.steps).sort(), steps("create"));

    aws.take();
    const up = await stack.up(versions(10));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    // Neither version has a share of the traffic before it has tasks.
    const order = up.steps.map(({ name }) => name);
    const [route, ...services] = ["catalog-route", "catalog-v1-service", "catalog-v2-service"].map((name) =>
      order.indexOf(name),
    );
    assert.ok(
      services.every((at) => at >= 0 && at < (route ?? 0)),
      order.join(", "),
    );
    const made = aws.made();
    const nameOf = (resource: string) => String(made[resource]?.name);
    const service = nameOf("aws:ecs/service:Service catalog-v1-service");
    const role = nameOf("aws:iam/role:Role catalog-v1-task-role");
    assert.deepEqual(up.outputs, {
      virtualNodeName: "catalog-v1",
      securityGroupId: "sg-catalog-v1-tasks",
      taskDefinitionArn: "arn:aws:ecs:eu-west-1:123456789012:task-definition/catalog-v1:1",
      serviceName: service,
      serviceArn: `arn:aws:ecs:eu-west-1:123456789012:service/${service}`,
      cloudMapServiceArn: "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-catalog-v1-discovery",
      taskRoleName: role,
      taskRoleArn: `arn:aws:iam::123456789012:role/${role}`,
      logGroupName: nameOf("aws:cloudwatch/logGroup:LogGroup catalog-v1-logs"),
      nodes: { v1: "catalog-v1", v2: "catalog-v2" },
    });

    assert.deepEqual((await call("virtualNodes/catalog-v1")).spec, {
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { awsCloudMap: { namespaceName: "shop.internal", serviceName: "catalog-v1" } },
      backends: [{ virtualService: { virtualServiceName: "prices.shop.internal" } }],
    });
    assert.deepEqual(made["aws:ecs/service:Service catalog-v1-service"], {
      name: service,
      cluster: "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
      taskDefinition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/catalog-v1:1",
      desiredCount: 1,
      launchType: "FARGATE",
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: "ENABLED",
      networkConfiguration: {
        subnets: ["subnet-1", "subnet-2"],
        securityGroups: ["sg-catalog-v1-tasks"],
        assignPublicIp: false,
      },
      serviceRegistries: {
        registryArn: "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-catalog-v1-discovery",
      },
      waitForSteadyState: true,
      propagateTags: "SERVICE",
    });
    assert.deepEqual(made["aws:servicediscovery/service:Service catalog-v1-discovery"], {
      name: "catalog-v1",
      dnsConfig: {
        namespaceId: "ns-1",
        dnsRecords: [{ type: "A", ttl: 10 }],
        routingPolicy: "MULTIVALUE",
      },
      healthCheckCustomConfig: { failureThreshold: 1 },
      forceDestroy: true,
    });
    assert.deepEqual(
      made["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule catalog-v1-listener-0-from-web"],
      {
        securityGroupId: "sg-catalog-v1-tasks",
        referencedSecurityGroupId: "sg-web",
        ipProtocol: "tcp",
        fromPort: 8080,
        toPort: 8080,
      },
    );
    const task = made["aws:ecs/taskDefinition:TaskDefinition catalog-v1-task-definition"];
    assert.equal(task?.family, "catalog-v1");
    assert.match(JSON.stringify(task?.proxyConfiguration), /"AppPorts":"8080"/);
    assert.deepEqual(typeErrors("@pulumi/aws", made), []);

    const component = "urn:pulumi:test::shop::appmesh:index:MeshEcsService";
    const state = await stack.resources();
    assert.deepEqual(
      state.filter(({ parent }) => parent === `${component}::catalog-v1`).length,
      // The task definition has four children of its own, and the component itself is none.
      serviceChildren("").length - 6,
    );
    assert.deepEqual(
      state.filter(({ parent }) => parent === `${component}$appmesh:index:MeshTaskDefinition::catalog-v1`)
        .length,
      5,
    );

    const again = await stack.preview(versions(10));
    assert.deepEqual([again.steps, again.messages], [[], []]);

    const shifted = await stack.up(versions(50));
    assert.deepEqual(shown(shifted.steps), [
      "update appmesh:index:MeshService catalog",
      "update appmesh:index:Route catalog-route",
    ]);
    const { httpRoute } = (await call("virtualRouter/catalog-router/routes/catalog-route")).spec;
    assert.deepEqual(httpRoute.action.weightedTargets, [
      { virtualNode: "catalog-v1", weight: 50 },
      { virtualNode: "catalog-v2", weight: 50 },
    ]);
    assert.deepEqual(shown((await stack.destroy()).steps).sort(), steps("delete"));
  });

  it("is made with every setting, and leaves the number of tasks to its autoscaling", async () => {
    await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const given = (more: Partial<appmesh.MeshEcsServiceArgs> = {}) =>
      serviceArgs({
        virtualNodeName: "catalog-blue",
        region: "eu-central-1",
        cloudMap: {
          namespaceId: pulumi.output("ns-1"),
          namespaceName: pulumi.output("shop.internal"),
          serviceName: "catalog",
        },
        clientCidrs: { office: pulumi.output("10.8.0.0/16"), lab: "2001:db8::/56" },
        egressCidrs: { vpc: "10.0.0.0/8" },
        securityGroupIds: ["sg-more"],
        assignPublicIp: true,
        requiresCompatibilities: ["FARGATE", "EC2"],
        capacityProviders: [{ capacityProvider: "FARGATE_SPOT", weight: 3, base: 1 }],
        platformVersion: "1.4.0",
        deployment: {
          minimumHealthyPercent: 50,
          maximumPercent: 100,
          rollback: false,
          alarmNames: ["errors"],
        },
        autoscaling: {
          minCapacity: 2,
          maxCapacity: 10,
          cpuPercent: 60,
          memoryPercent: pulumi.output(70),
          scaleInCooldownSeconds: 600,
        },
        healthCheckGracePeriodSeconds: 90,
        enableExecuteCommand: true,
        waitForSteadyState: false,
        tags: { team: "shop" },
        ...more,
      });
    const up = await stack.up(alone(given()));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    assert.deepEqual(up.outputs.virtualNodeName, "catalog-blue");
    const made = aws.made();
    const common = { region: "eu-central-1", tags: { team: "shop" } };
    const { name, ...service } = made["aws:ecs/service:Service catalog-service"] ?? {};
    assert.deepEqual(service, {
      cluster: "arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
      taskDefinition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/catalog:1",
      desiredCount: 2,
      capacityProviderStrategies: [{ capacityProvider: "FARGATE_SPOT", weight: 3, base: 1 }],
      platformVersion: "1.4.0",
      deploymentMinimumHealthyPercent: 50,
      deploymentMaximumPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: false },
      alarms: { alarmNames: ["errors"], enable: true, rollback: false },
      availabilityZoneRebalancing: "DISABLED",
      networkConfiguration: {
        subnets: ["subnet-1", "subnet-2"],
        securityGroups: ["sg-catalog-tasks", "sg-more"],
        assignPublicIp: true,
      },
      healthCheckGracePeriodSeconds: 90,
      serviceRegistries: {
        registryArn: "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-catalog-discovery",
      },
      enableExecuteCommand: true,
      waitForSteadyState: false,
      propagateTags: "SERVICE",
      ...common,
    });
    // A shell in a container needs them, and nothing else was asked for.
    const { policy: rights } = made["aws:iam/rolePolicy:RolePolicy catalog-task-policy"] ?? {};
    assert.deepEqual(JSON.parse(String(rights)).Statement, [
      {
        Effect: "Allow",
        Action: [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ],
        Resource: "*",
      },
    ]);
    const scaled = {
      serviceNamespace: "ecs",
      scalableDimension: "ecs:service:DesiredCount",
      resourceId: `service/shop/${name}`,
    };
    assert.deepEqual(made["aws:appautoscaling/target:Target catalog-capacity"], {
      ...scaled,
      minCapacity: 2,
      maxCapacity: 10,
      ...common,
    });
    const { name: _, ...policy } = made["aws:appautoscaling/policy:Policy catalog-scale-on-memory"] ?? {};
    assert.deepEqual(policy, {
      ...scaled,
      policyType: "TargetTrackingScaling",
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageMemoryUtilization" },
        targetValue: 70,
        scaleInCooldown: 600,
        scaleOutCooldown: 60,
      },
      region: "eu-central-1",
    });
    const rules = Object.entries(made)
      .filter(([key]) => key.includes("gressRule:"))
      .map(([key, inputs]) => [
        key.split(" ")[1],
        inputs.referencedSecurityGroupId ?? inputs.cidrIpv4 ?? inputs.cidrIpv6,
        inputs.fromPort,
      ]);
    assert.deepEqual(rules.sort(), [
      ["catalog-egress-to-vpc", "10.0.0.0/8", undefined],
      ["catalog-listener-0-from-lab", "2001:db8::/56", 8080],
      ["catalog-listener-0-from-office", "10.8.0.0/16", 8080],
      ["catalog-listener-0-from-web", "sg-web", 8080],
    ]);
    assert.deepEqual((await call("virtualNodes/catalog-blue")).spec.serviceDiscovery, {
      awsCloudMap: { namespaceName: "shop.internal", serviceName: "catalog" },
    });
    const others = Object.entries(made).filter(
      ([key, { region, tags }]) =>
        !key.includes(":iam/") && !key.includes("/policy:") && !(region === "eu-central-1" && tags),
    );
    assert.deepEqual(
      others.map(([key]) => key),
      [],
    );
    assert.deepEqual(typeErrors("@pulumi/aws", made), []);

    const more = {
      autoscaling: { minCapacity: 3, maxCapacity: 10, cpuPercent: 60, scaleInCooldownSeconds: 600 },
    };
    assert.deepEqual(shown((await stack.preview(alone(given(more)))).steps).sort(), [
      "delete aws:appautoscaling/policy:Policy catalog-scale-on-memory",
      "update appmesh:index:MeshEcsService catalog",
      "update aws:appautoscaling/target:Target catalog-capacity",
    ]);
  });

  it("makes nothing for callers where there is no listener, and takes what is not known yet", async () => {
    const { listeners: _, cloudMap: __, clientSecurityGroupIds: ___, ...rest } = serviceArgs();
    const worker = {
      ...rest,
      containerDefinitions: [
        { name: "worker", image: "shop/worker:2", portMappings: [{ containerPort: 9100 }] },
      ],
    };
    const program = async () => {
      const { meshName, uid } = new appmesh.Mesh("shop", { meshName: "shop" });
      const later = <T>(value: T) => uid.apply(() => value) as pulumi.Output<T>;
      const made = new appmesh.MeshEcsService("worker", {
        ...worker,
        meshName,
        backends: [later("prices.shop.internal")],
        clusterArn: later(worker.clusterArn as string),
        vpcId: later("vpc-1"),
        subnetIds: later(["subnet-1"]),
        desiredCount: later(3),
        deployment: later({ alarmNames: ["errors"] }),
        containerDefinitions: worker.containerDefinitions,
      });
      return { node: made.virtualNodeName };
    };
    const planned = await stack.preview(program);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    const names = shown(planned.steps).filter((each) => /discovery|listener|worker-node/.test(each));
    assert.deepEqual(names, ["create appmesh:index:VirtualNode worker-node"]);
    aws.take();
    const up = await stack.up(program);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const { desiredCount, alarms, networkConfiguration, serviceRegistries } =
      aws.made()["aws:ecs/service:Service worker-service"] ?? {};
    assert.deepEqual(
      { desiredCount, alarms, networkConfiguration, serviceRegistries },
      {
        desiredCount: 3,
        alarms: { alarmNames: ["errors"], enable: true, rollback: true },
        networkConfiguration: {
          subnets: ["subnet-1"],
          securityGroups: ["sg-worker-tasks"],
          assignPublicIp: false,
        },
        serviceRegistries: undefined,
      },
    );
    assert.deepEqual((await call("virtualNodes/worker")).spec, {
      backends: [{ virtualService: { virtualServiceName: "prices.shop.internal" } }],
    });
    assert.deepEqual((await stack.preview(program)).steps, []);
  });

  it("is moved under a parent by an alias, with all that it is made of, and keeps secrets out of the state", async () => {
    const hidden = "hidden-password";
    const environment = [{ name: "PASSWORD", value: pulumi.secret(hidden) }];
    const args = serviceArgs({ containerDefinitions: [{ ...app, environment }] });
    await controlPlane.call("PUT", "/v20190125/meshes", { meshName: "shop" });
    const up = await stack.up(alone(args));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const { workDir } = stack.stack.workspace;
    const state = readFileSync(join(workDir, ".pulumi", "stacks", "shop", "test.json"), "utf8");
    assert.ok(state.includes("catalog-task-definition") && !state.includes(hidden));
    const moved = await stack.preview(async () => {
      const parent = new pulumi.ComponentResource("shop:index:Group", "group");
      const aliases = ["urn:pulumi:test::shop::appmesh:index:MeshEcsService::catalog"];
      await alone(args, { parent, aliases })();
    });
    assert.deepEqual([moved.failure, moved.messages], [undefined, []]);
    assert.deepEqual(shown(moved.steps), ["create shop:index:Group group"]);
  });

  it("tells mistakes at the places of its own inputs, in the preview, and makes nothing", async () => {
    const given = serviceArgs({
      virtualNodeName: "other/catalog",
      autoscaling: { minCapacity: 4, maxCapacity: 2 },
    });
    const shape = await stack.preview(alone(given));
    assert.notEqual(shape.failure, undefined);
    assert.match(shape.messages.join("\n"), /property virtualNodeName with value '\{other\/catalog\}'/);
    const { failure, messages } = await stack.preview(
      alone(
        serviceArgs({
          listeners: [{ portMapping: { port: 80, protocol: "http" } }],
          containerDefinitions: [{ ...app, portMappings: [{ containerPort: 9901 }] }],
          autoscaling: { minCapacity: 4, maxCapacity: 2, cpuPercent: 50 },
          deployment: { maximumPercent: 100 },
          clientCidrs: { web: "10.0.0.0" },
        }),
      ),
    );
    assert.notEqual(failure, undefined);
    assert.deepEqual(
      messages.flatMap((message) => message.split("\n").map((line) => line.trim())),
      [
        "appmesh:index:MeshEcsService resource 'catalog' has a problem: the properties of " +
          'appmesh:index:MeshEcsService "catalog" are not valid',
        "- property listeners[0].portMapping.port with value '{80}' has a problem: 80 was given; a listener has 1024 to " +
          "65535 on Fargate. Let it have 8080: a load balancer in front may have any.",
        "- property containerDefinitions[0].portMappings[0].containerPort with value '{9901}' has a problem: 9901 was " +
          "given, the port of Envoy's admin interface; the containers of a task share their ports. Let the application " +
          "listen elsewhere, or give envoy.adminPort.",
        `- property clientCidrs.web with value '{10.0.0.0}' has a problem: "10.0.0.0" was given; a network with the length ` +
          "of its prefix is allowed, as 10.0.0.0/16 or 2001:db8::/56.",
        `- property clientCidrs.web with value '{10.0.0.0}' has a problem: "web" is the name of a security group in ` +
          "clientSecurityGroupIds as well; each client has its own name. Give it another.",
        "- property autoscaling.minCapacity with value '{4}' has a problem: 4 was given; at most maxCapacity, 2, is " +
          "allowed. Lower it, or raise maxCapacity.",
        "- property deployment.maximumPercent with value '{100}' has a problem: 100 was given; more than " +
          "minimumHealthyPercent, 100, is allowed: otherwise no task may be added and none taken away. Raise it, or lower " +
          "minimumHealthyPercent.",
      ],
    );
    assert.deepEqual(aws.take(), []);
  });
});
