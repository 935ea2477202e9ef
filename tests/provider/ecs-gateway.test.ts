// The component of a gateway on ECS, on Pulumi's real engine: the mesh is a control plane, AWS has a stand-in.
import assert from "node:assert/strict";
import { Topic } from "@pulumi/aws/sns/topic.js";
import type * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { typeErrors } from "../support/aws-stand-in/types.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { controlPlane as xds } from "./ecs-programs.js";
import { network } from "./ecs-service-programs.js";
import { type sorted, TestStack } from "./stack.js";

const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/c";

const gatewayArgs = (more: Partial<appmesh.MeshGatewayArgs> = {}): appmesh.MeshGatewayArgs => ({
  meshName: "shop",
  ...network,
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  routes: { catalog: { virtualServiceName: "catalog.shop.internal" } },
  clientCidrs: { everybody: "0.0.0.0/0" },
  controlPlane: xds,
  ...more,
});

const program =
  (args: (meshName: pulumi.Output<string>) => appmesh.MeshGatewayArgs, outputs: readonly string[] = []) =>
  async () => {
    const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
    new appmesh.VirtualService("catalog", {
      meshName,
      virtualServiceName: "catalog.shop.internal",
      spec: {},
    });
    const made = new appmesh.MeshGateway("web", args(meshName));
    return Object.fromEntries(outputs.map((name) => [name, made[name as keyof appmesh.MeshGateway]]));
  };

const tasks = [
  "appmesh:index:Gateway web",
  "appmesh:index:GatewayRoute web-catalog",
  "appmesh:index:MeshGateway web",
  "appmesh:index:MeshTaskDefinition web",
  "appmesh:index:VirtualGateway web-gateway",
  "aws:cloudwatch/logGroup:LogGroup web-logs",
  "aws:ec2/securityGroup:SecurityGroup web-tasks",
  "aws:ecs/service:Service web-service",
  "aws:ecs/taskDefinition:TaskDefinition web-task-definition",
  "aws:iam/role:Role web-execution-role",
  "aws:iam/role:Role web-task-role",
  "aws:iam/rolePolicy:RolePolicy web-execution-policy",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule web-egress",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule web-egress-ipv6",
];
const others = ["appmesh:index:Mesh shop", "appmesh:index:VirtualService catalog"];
const behindBalancer = [
  ...others,
  ...tasks,
  "aws:ec2/securityGroup:SecurityGroup web-load-balancer",
  "aws:lb/listener:Listener web-listener-0",
  "aws:lb/loadBalancer:LoadBalancer web-load-balancer",
  "aws:lb/targetGroup:TargetGroup web-listener-0",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule web-load-balancer-to-listener-0",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule web-listener-0-from-load-balancer",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule web-load-balancer-listener-0-from-everybody",
];
const shown = (steps: Parameters<typeof sorted>[0]): string[] =>
  steps.map(({ op, type, name }) => `${op} ${type} ${name}`).sort();

describe("MeshGateway on the real engine", function () {
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
    aws.take();
  });

  it("is made behind an Application Load Balancer with HTTPS, the same the next time, and gone", async () => {
    const https = program(
      (meshName) =>
        gatewayArgs({ meshName, loadBalancer: { certificateArn, subnetIds: ["subnet-8", "subnet-9"] } }),
      ["virtualGatewayName", "gatewayRouteNames", "dnsName", "zoneId", "loadBalancerSecurityGroupId"],
    );
    const planned = await stack.preview(https);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(shown(planned.steps), behindBalancer.map((each) => `create ${each}`).sort());

    aws.take();
    const up = await stack.up(https);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = aws.made();
    const { name: balancer, ...settings } = made["aws:lb/loadBalancer:LoadBalancer web-load-balancer"] ?? {};
    assert.deepEqual(settings, {
      loadBalancerType: "application",
      internal: false,
      subnets: ["subnet-8", "subnet-9"],
      securityGroups: ["sg-web-load-balancer"],
      enableDeletionProtection: false,
      enableCrossZoneLoadBalancing: true,
    });
    assert.deepEqual(up.outputs, {
      virtualGatewayName: "web-gateway",
      gatewayRouteNames: { catalog: "web-catalog" },
      dnsName: `${balancer}.elb.eu-west-1.amazonaws.com`,
      zoneId: "Z32O12XQLNTSW2",
      loadBalancerSecurityGroupId: "sg-web-load-balancer",
    });
    const { name: targets, ...group } = made["aws:lb/targetGroup:TargetGroup web-listener-0"] ?? {};
    assert.deepEqual(group, {
      vpcId: "vpc-1",
      targetType: "ip",
      port: 8080,
      protocol: "HTTP",
      protocolVersion: "HTTP1",
      deregistrationDelay: 15,
      healthCheck: {
        protocol: "HTTP",
        path: "/",
        matcher: "200-499",
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
    });
    const targetGroupArn = `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${targets}`;
    assert.deepEqual(made["aws:lb/listener:Listener web-listener-0"], {
      loadBalancerArn: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/${balancer}`,
      port: 443,
      protocol: "HTTPS",
      certificateArn,
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      defaultActions: [{ type: "forward", targetGroupArn }],
    });
    const { loadBalancers, healthCheckGracePeriodSeconds, networkConfiguration } =
      made["aws:ecs/service:Service web-service"] ?? {};
    assert.deepEqual(
      { loadBalancers, healthCheckGracePeriodSeconds, networkConfiguration },
      {
        loadBalancers: [{ targetGroupArn, containerName: "envoy", containerPort: 8080 }],
        healthCheckGracePeriodSeconds: 60,
        networkConfiguration: {
          subnets: ["subnet-1", "subnet-2"],
          securityGroups: ["sg-web-tasks"],
          assignPublicIp: false,
        },
      },
    );
    const reached = Object.entries(made)
      .filter(([key]) => key.includes("gressRule:"))
      .map(([key, { securityGroupId, referencedSecurityGroupId, cidrIpv4, cidrIpv6, fromPort }]) => [
        key.split(" ")[1],
        securityGroupId,
        referencedSecurityGroupId ?? cidrIpv4 ?? cidrIpv6,
        fromPort,
      ]);
    assert.deepEqual(reached.sort(), [
      ["web-egress", "sg-web-tasks", "0.0.0.0/0", undefined],
      ["web-egress-ipv6", "sg-web-tasks", "::/0", undefined],
      ["web-listener-0-from-load-balancer", "sg-web-tasks", "sg-web-load-balancer", 8080],
      ["web-load-balancer-listener-0-from-everybody", "sg-web-load-balancer", "0.0.0.0/0", 443],
      ["web-load-balancer-to-listener-0", "sg-web-load-balancer", "sg-web-tasks", 8080],
    ]);
    const [envoy] = JSON.parse(
      String(made["aws:ecs/taskDefinition:TaskDefinition web-task-definition"]?.containerDefinitions),
    );
    assert.deepEqual([envoy.name, envoy.portMappings], ["envoy", [{ containerPort: 8080, protocol: "tcp" }]]);
    const { spec } = (
      await controlPlane.call(
        "GET",
        "/v20190125/meshes/shop/virtualGateway/web-gateway/gatewayRoutes/web-catalog",
      )
    ).body;
    assert.deepEqual(spec.httpRoute.action.target.virtualService, {
      virtualServiceName: "catalog.shop.internal",
    });
    assert.deepEqual(typeErrors("@pulumi/aws", made), []);

    const again = await stack.preview(https);
    assert.deepEqual([again.steps, again.messages], [[], []]);
    assert.deepEqual(
      shown((await stack.destroy()).steps),
      behindBalancer.map((each) => `delete ${each}`).sort(),
    );
  });

  it("is made behind a Network Load Balancer that passes two listeners on, known late", async () => {
    const later = async () => {
      const { arn } = new Topic("later", {});
      const late = <T>(value: T) => arn.apply(() => value) as pulumi.Output<T>;
      return program((meshName) =>
        gatewayArgs({
          meshName,
          listeners: [
            { portMapping: { port: late(8443), protocol: late("http2") } },
            { portMapping: { port: 9443, protocol: "http2" } },
          ],
          routes: {},
          loadBalancer: {
            type: late("network"),
            internal: true,
            certificateArn: late(certificateArn),
            ports: late([443, 8443]),
          },
          tags: { team: "edge" },
        }),
      )();
    };
    const planned = await stack.preview(later);
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    aws.take();
    const up = await stack.up(later);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = aws.made();
    const listeners = [0, 1].map((index) => {
      const { port, protocol, alpnPolicy, tags } =
        made[`aws:lb/listener:Listener web-listener-${index}`] ?? {};
      return { port, protocol, alpnPolicy, tags };
    });
    const common = { protocol: "TLS", alpnPolicy: "HTTP2Preferred", tags: { team: "edge" } };
    assert.deepEqual(listeners, [
      { port: 443, ...common },
      { port: 8443, ...common },
    ]);
    const { protocol, protocolVersion, healthCheck } =
      made["aws:lb/targetGroup:TargetGroup web-listener-1"] ?? {};
    assert.deepEqual(
      { protocol, protocolVersion, healthCheck },
      {
        protocol: "TCP",
        protocolVersion: undefined,
        healthCheck: {
          protocol: "TCP",
          interval: 10,
          timeout: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
        },
      },
    );
    assert.equal(made["aws:lb/loadBalancer:LoadBalancer web-load-balancer"]?.loadBalancerType, "network");
    assert.deepEqual(typeErrors("@pulumi/aws", made), []);
    assert.deepEqual((await stack.preview(later)).steps, []);
  });

  it("registers with a target group that is there, whose load balancer alone gets in", async () => {
    const targetGroupArn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/own/1";
    const planned = await stack.preview(
      program((meshName) => {
        const { clientCidrs: _, ...args } = gatewayArgs({ meshName });
        return {
          ...args,
          targetGroupArns: [targetGroupArn],
          clientSecurityGroupIds: { balancer: "sg-balancer" },
        };
      }),
    );
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(
      shown(planned.steps),
      [
        ...others,
        ...tasks,
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule web-listener-0-from-balancer",
      ]
        .map((each) => `create ${each}`)
        .sort(),
    );
    const service = aws.take().find(({ name, call }) => name === "web-service" && call === "create");
    assert.deepEqual(service?.inputs.loadBalancers, [
      { targetGroupArn, containerName: "envoy", containerPort: 8080 },
    ]);
  });

  it("tells mistakes at the places of its own inputs, in the preview", async () => {
    const { failure, messages } = await stack.preview(
      program(() =>
        gatewayArgs({
          listeners: [{ portMapping: { port: 8080, protocol: "grpc" } }],
          loadBalancer: { ports: [80, 81] },
          virtualGatewayName: "edge",
          autoscaling: { minCapacity: 3, maxCapacity: 2, cpuPercent: 50 },
        }),
      ),
    );
    assert.notEqual(failure, undefined);
    assert.deepEqual(
      messages.flatMap((message) => message.split("\n").map((line) => line.trim())),
      [
        "appmesh:index:MeshGateway resource 'web' has a problem: the properties of appmesh:index:MeshGateway \"web\" are not valid",
        "- property autoscaling.minCapacity with value '{3}' has a problem: 3 was given; at most maxCapacity, 2, is allowed. " +
          "Lower it, or raise maxCapacity.",
        "- property loadBalancer.certificateArn has a problem: nothing was given; it is required, since the protocol of " +
          "listeners[0] is grpc, which an Application Load Balancer takes by HTTPS alone. Give it, or the type network.",
        "- property loadBalancer.ports with value '{[{80} {81}]}' has a problem: 2 ports given for 1 listener; each listener " +
          "has its own.",
      ],
    );
    assert.deepEqual(aws.take(), []);
  });
});
