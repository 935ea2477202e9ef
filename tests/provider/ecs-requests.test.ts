// What MeshEcsService and MeshGateway give the AWS provider, as the requests that come of it: held to botocore's shapes, and
// made in moto, which has everything afterwards.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { type Request, requestsOf } from "../support/aws-stand-in/requests.js";
import { putStandIn } from "../support/aws-stand-in/stand-in.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";
import { python } from "../support/tools.js";
import { controlPlane as xds } from "./ecs-programs.js";
import { network, serviceArgs } from "./ecs-service-programs.js";
import { TestStack } from "./stack.js";

const script = fileURLToPath(new URL("../../provider/aws_requests.py", import.meta.url));
const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/c";
const registryArn = "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-catalog-discovery";
/** Longer than the names of load balancers are, and with what those do not have. */
const partners = "partners_of_the_shop";
const tags = { team: "shop" };

/** Every kind of service and of load balancer, with every setting. */
const program = async () => {
  const { meshName } = new appmesh.Mesh("shop", { meshName: "shop" });
  new appmesh.MeshEcsService(
    "catalog",
    serviceArgs({
      meshName,
      tags,
      clientCidrs: { office: "10.8.0.0/16", lab: "2001:db8::/56" },
      egressCidrs: { vpc: "10.0.0.0/8", lab: "2001:db8::/56" },
      securityGroupIds: ["sg-more"],
      assignPublicIp: true,
      capacityProviders: [{ capacityProvider: "FARGATE_SPOT", weight: 3, base: 1 }],
      platformVersion: "1.4.0",
      deployment: { minimumHealthyPercent: 50, maximumPercent: 150, alarmNames: ["errors"] },
      autoscaling: { minCapacity: 2, maxCapacity: 10, cpuPercent: 60, memoryPercent: 70 },
      enableExecuteCommand: true,
      logRetentionInDays: 30,
    }),
  );
  const { listeners: _, cloudMap: __, clientSecurityGroupIds: ___, ...silent } = serviceArgs({ meshName });
  new appmesh.MeshEcsService("worker", silent);
  const gateway = {
    meshName,
    ...network,
    routes: {},
    clientCidrs: { everybody: "0.0.0.0/0", others: "::/0" },
    controlPlane: xds,
  };
  const listener = (port: number, protocol: "http" | "http2" | "grpc") => ({
    portMapping: { port, protocol },
  });
  new appmesh.MeshGateway("web", {
    ...gateway,
    listeners: [listener(8080, "http")],
    loadBalancer: { certificateArn, deletionProtection: true },
    tags,
  });
  new appmesh.MeshGateway("rpc", {
    ...gateway,
    listeners: [listener(9090, "grpc")],
    loadBalancer: { certificateArn, internal: true },
  });
  new appmesh.MeshGateway(partners, {
    ...gateway,
    listeners: [listener(8443, "http2"), listener(9443, "http")],
    loadBalancer: { type: "network", certificateArn, ports: [443, 8443] },
  });
};

const request = (
  service: string,
  operation: string,
  parameters: Request["parameters"] = {},
  gives: Request["gives"] = {},
): Request => ({ service, operation, parameters, gives });

/** What is there before: a network, a cluster, a namespace, a certificate. */
const there: readonly Request[] = [
  request("ec2", "CreateVpc", { CidrBlock: "10.0.0.0/16" }, { "vpc-1": "Vpc.VpcId" }),
  ...["a", "b"].map((zone, index) =>
    request(
      ...(["ec2", "CreateSubnet"] as const),
      { VpcId: "vpc-1", CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `eu-west-1${zone}` },
      { [`subnet-${index + 1}`]: "Subnet.SubnetId" },
    ),
  ),
  ...["web", "more"].map((name) =>
    request(
      ...(["ec2", "CreateSecurityGroup"] as const),
      { GroupName: name, Description: name, VpcId: "vpc-1" },
      { [`sg-${name}`]: "GroupId" },
    ),
  ),
  request("ecs", "CreateCluster", { clusterName: "shop" }),
  request(
    ...(["servicediscovery", "CreatePrivateDnsNamespace"] as const),
    { Name: "shop.internal", Vpc: "vpc-1" },
    { operation: "OperationId" },
  ),
  request(
    ...(["servicediscovery", "GetOperation"] as const),
    { OperationId: "operation" },
    { "ns-1": "Operation.Targets.NAMESPACE" },
  ),
  request(
    "acm",
    "RequestCertificate",
    { DomainName: "shop.example" },
    { [certificateArn]: "CertificateArn" },
  ),
];

// biome-ignore lint/suspicious/noExplicitAny: what AWS answers, of any kind
type Described = Readonly<Record<string, any>>;

interface Answered {
  readonly answers: readonly Described[];
  readonly mistakes: readonly string[];
}

async function ask(requests: readonly Request[]): Promise<Answered> {
  const child = spawn(await python(), [script], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(requests));
  const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
  assert.equal(child.exitCode, 0);
  return JSON.parse(output);
}

describe("what services and gateways on ECS ask AWS for", function () {
  this.timeout(240_000);
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    controlPlane = await startControlPlane();
  });
  after(async () => {
    await stack?.destroy();
    await controlPlane?.stop();
  });

  it("is what botocore knows, and what moto makes", async () => {
    const aws = putStandIn("aws");
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
    const up = await stack.up(program);
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const requests = requestsOf(aws.made());
    const services = requests.flatMap(({ parameters }) => parameters.serviceName ?? []);
    const { answers, mistakes } = await ask([
      ...there,
      ...requests,
      { service: "ecs", operation: "DescribeServices", parameters: { cluster: "shop", services } },
      ...["LoadBalancers", "TargetGroups"].map((all) => request("elbv2", `Describe${all}`)),
      ...requests.flatMap(({ operation, gives }) =>
        operation === "CreateLoadBalancer"
          ? [request("elbv2", "DescribeListeners", { LoadBalancerArn: Object.keys(gives ?? {})[0] })]
          : [],
      ),
      ...["ScalableTargets", "ScalingPolicies"].map((all) =>
        request("application-autoscaling", `Describe${all}`, { ServiceNamespace: "ecs" }),
      ),
      request("ec2", "DescribeSecurityGroups"),
    ]);
    assert.deepEqual(mistakes, []);
    const all = answers.slice(there.length + requests.length);
    const described = (member: string) => all.flatMap((answer) => answer[member] ?? []) as Described[];
    const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();
    /** The name of what the stand-in has given a name of its own. */
    const plain = (name: unknown) =>
      String(name)
        .replace(/^.*\//, "")
        .replace(/-[0-9a-f]{7}$/, "");

    assert.deepEqual(
      sorted(
        described("services").map(({ serviceName, desiredCount, loadBalancers, ...service }) => [
          ...[plain(serviceName), desiredCount, plain(service.taskDefinition), service.serviceRegistries],
          loadBalancers.map((each: Described) => [plain(each.targetGroupArn), each.containerPort]),
          ...Object.values(service.networkConfiguration.awsvpcConfiguration),
        ]),
      ),
      sorted([
        [
          ...["catalog-service", 2, "catalog:1", [{ registryArn }], [], ["subnet-1", "subnet-2"]],
          ...[["sg-catalog-tasks", "sg-more"], "ENABLED"],
        ],
        ...(
          [
            ["worker", []],
            ["web", [["web-listener-0", 8080]]],
            ["rpc", [["rpc-listener-0", 9090]]],
            [partners, [8443, 9443].map((port) => ["partn", port])],
          ] as const
        ).map(([name, balancers]) => [
          ...[`${name}-service`, 1, `${name}:1`, [], balancers, ["subnet-1", "subnet-2"]],
          ...[[`sg-${name}-tasks`], "DISABLED"],
        ]),
      ]),
    );
    assert.deepEqual(
      sorted(
        described("LoadBalancers").map(({ LoadBalancerName, Type, Scheme, SecurityGroups }) => [
          ...[plain(LoadBalancerName), Type, Scheme, SecurityGroups],
        ]),
      ),
      sorted([
        ["web-load-balancer", "application", "internet-facing", ["sg-web-load-balancer"]],
        ["rpc-load-balancer", "application", "internal", ["sg-rpc-load-balancer"]],
        ["partn", "network", "internet-facing", [`sg-${partners}-load-balancer`]],
      ]),
    );
    assert.deepEqual(
      sorted(
        described("TargetGroups").map(
          ({ TargetGroupName, Port, Protocol, ProtocolVersion, Matcher, ...group }) => [
            ...[plain(TargetGroupName), Port, Protocol, ProtocolVersion, Matcher, group.HealthCheckPath],
          ],
        ),
      ),
      sorted([
        ["web-listener-0", 8080, "HTTP", "HTTP1", { HttpCode: "200-499" }, "/"],
        ["rpc-listener-0", 9090, "HTTP", "GRPC", { GrpcCode: "0-99" }, "/AWS.ALB/healthcheck"],
        ["partn", 8443, "TCP", undefined, undefined, undefined],
        ["partn", 9443, "TCP", undefined, undefined, undefined],
      ]),
    );
    assert.deepEqual(
      sorted(
        described("Listeners").map(
          ({ LoadBalancerArn, Port, Protocol, Certificates, AlpnPolicy, DefaultActions }) => [
            ...[plain(LoadBalancerArn), Port, Protocol, Certificates[0].CertificateArn, AlpnPolicy],
            plain(DefaultActions[0].TargetGroupArn),
          ],
        ),
      ),
      sorted([
        ["web-load-balancer", 443, "HTTPS", certificateArn, [], "web-listener-0"],
        ["rpc-load-balancer", 443, "HTTPS", certificateArn, [], "rpc-listener-0"],
        ["partn", 443, "TLS", certificateArn, ["HTTP2Preferred"], "partn"],
        ["partn", 8443, "TLS", certificateArn, [], "partn"],
      ]),
    );
    assert.deepEqual(
      described("ScalableTargets").map(({ ResourceId, MinCapacity, MaxCapacity }) => [
        ...[plain(ResourceId), MinCapacity, MaxCapacity],
      ]),
      [["catalog-service", 2, 10]],
    );
    assert.deepEqual(
      sorted(
        described("ScalingPolicies").map(({ TargetTrackingScalingPolicyConfiguration: tracking }) => [
          ...[tracking.PredefinedMetricSpecification.PredefinedMetricType, tracking.TargetValue],
        ]),
      ),
      sorted([
        ["ECSServiceAverageCPUUtilization", 60],
        ["ECSServiceAverageMemoryUtilization", 70],
      ]),
    );
    const groups = described("SecurityGroups").map(({ GroupId, IpPermissions, IpPermissionsEgress }) => [
      GroupId,
      { in: opened(IpPermissions), out: opened(IpPermissionsEgress) },
    ]);
    const everywhere = ["any 0.0.0.0/0", "any ::/0"];
    const balanced = (name: string, ...doors: readonly (readonly [outer: number, inner: number])[]) => ({
      [`sg-${name}-load-balancer`]: {
        in: doors.flatMap(([outer]) => [`${outer} 0.0.0.0/0`, `${outer} ::/0`]),
        out: doors.map(([, inner]) => `${inner} sg-${name}-tasks`),
      },
      [`sg-${name}-tasks`]: {
        in: doors.map(([, inner]) => `${inner} sg-${name}-load-balancer`),
        out: everywhere,
      },
    });
    assert.deepEqual(Object.fromEntries(groups.filter(([id]) => /tasks$|load-balancer$/.test(String(id)))), {
      "sg-catalog-tasks": {
        in: ["8080 10.8.0.0/16", "8080 2001:db8::/56", "8080 sg-web"],
        out: ["any 10.0.0.0/8", "any 2001:db8::/56"],
      },
      "sg-worker-tasks": { in: [], out: everywhere },
      ...balanced("web", [443, 8080]),
      ...balanced("rpc", [443, 9090]),
      ...balanced(partners, [443, 8443], [8443, 9443]),
    });
  });
});

/** Who is let in or out, and on which port. */
function opened(permissions: readonly Described[]): readonly string[] {
  return permissions
    .flatMap(({ FromPort = "any", IpRanges, Ipv6Ranges, UserIdGroupPairs }) =>
      [
        ...IpRanges.map(({ CidrIp }: Described) => CidrIp),
        ...Ipv6Ranges.map(({ CidrIpv6 }: Described) => CidrIpv6),
        ...UserIdGroupPairs.map(({ GroupId }: Described) => GroupId),
      ].map((who) => `${FromPort} ${who}`),
    )
    .sort();
}
