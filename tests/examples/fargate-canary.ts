// What examples/fargate-canary-* make, in whatever language they are written.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";

const examples = fileURLToPath(new URL("../../../examples", import.meta.url));

/** A stack of such a program. What fails, or warns, throws. */
export interface ExampleStack {
  config(key: string, value: string): Promise<void>;
  preview(): Promise<Done>;
  up(): Promise<Done>;
  destroy(): Promise<Done>;
  /** Ends what runs the program. */
  stop(): Promise<void>;
}

export interface Done {
  /** "create aws:ecs/cluster:Cluster shop", in any order. */
  readonly steps: readonly string[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

export const settings = {
  canaryWeight: "10",
  registry: "registry.example/shop",
  controlPlaneHost: "appmesh.example.com",
};

const numbered = (type: string, ...suffixes: string[]): string[] =>
  suffixes.flatMap((suffix) => [1, 2, 3].map((zone) => `${type} shop-${suffix}${zone}`));

const network = [
  "awsx:ec2:Vpc shop",
  "aws:ec2/vpc:Vpc shop",
  "aws:ec2/internetGateway:InternetGateway shop",
  ...numbered("aws:ec2/eip:Eip", ""),
  ...numbered("aws:ec2/natGateway:NatGateway", ""),
  ...["subnet:Subnet", "routeTable:RouteTable", "routeTableAssociation:RouteTableAssociation", "route:Route"]
    .map((type) => `aws:ec2/${type}`)
    .flatMap((type) => numbered(type, "public-", "private-")),
];

/** What every set of tasks has. */
const tasks = (name: string): readonly string[] => [
  `appmesh:index:MeshTaskDefinition ${name}`,
  `appmesh:index:NodeIdentity ${name}`,
  `appmesh:index:ProxyIdentity ${name}-identity`,
  `aws:secretsmanager/secret:Secret ${name}-secret`,
  `aws:secretsmanager/secretVersion:SecretVersion ${name}-secret-version`,
  `aws:cloudwatch/logGroup:LogGroup ${name}-logs`,
  `aws:ec2/securityGroup:SecurityGroup ${name}-tasks`,
  `aws:ecs/service:Service ${name}-service`,
  `aws:ecs/taskDefinition:TaskDefinition ${name}-task-definition`,
  `aws:iam/role:Role ${name}-execution-role`,
  `aws:iam/role:Role ${name}-task-role`,
  `aws:iam/rolePolicy:RolePolicy ${name}-execution-policy`,
  `aws:iam/rolePolicy:RolePolicy ${name}-task-policy`,
  `aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule ${name}-egress`,
  `aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule ${name}-egress-ipv6`,
];

const version = (name: string): readonly string[] => [
  ...tasks(name),
  `appmesh:index:MeshEcsService ${name}`,
  `appmesh:index:VirtualNode ${name}-node`,
  `aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule ${name}-listener-0-from-members`,
];

const service = (name: string): readonly string[] => [
  `appmesh:index:MeshService ${name}`,
  `aws:servicediscovery/service:Service ${name}`,
  `appmesh:index:Route ${name}-route`,
  `appmesh:index:VirtualRouter ${name}-router`,
  `appmesh:index:VirtualService ${name}-service`,
];

const gateway = [
  ...tasks("web"),
  "appmesh:index:MeshGateway web",
  "appmesh:index:Gateway web",
  "appmesh:index:VirtualGateway web-gateway",
  "appmesh:index:GatewayRoute web-storefront",
  "aws:ec2/securityGroup:SecurityGroup web-load-balancer",
  "aws:lb/loadBalancer:LoadBalancer web-load-balancer",
  "aws:lb/listener:Listener web-listener-0",
  "aws:lb/targetGroup:TargetGroup web-listener-0",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule web-load-balancer-to-listener-0",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule web-load-balancer-listener-0-from-everybody",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule web-listener-0-from-load-balancer",
];

const all = [
  ...network,
  "appmesh:index:Mesh shop",
  "aws:ecs/cluster:Cluster shop",
  "aws:ec2/securityGroup:SecurityGroup shop",
  "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace shop",
  ...["storefront-v1", "catalog-v1", "catalog-v2", "prices-v1"].flatMap(version),
  ...["storefront", "catalog", "prices"].flatMap(service),
  ...gateway,
];
const each = (op: string) => all.map((resource) => `${op} ${resource}`).sort();
const sorted = ({ steps }: Done) => [...steps].sort();

/** The containers of a task definition, by name. */
function containersOf(made: ReturnType<StandIn["made"]>, name: string) {
  const definition = made[`aws:ecs/taskDefinition:TaskDefinition ${name}-task-definition`];
  const containers = JSON.parse(String(definition?.containerDefinitions)) as readonly { name: string }[];
  return Object.fromEntries(containers.map((container) => [container.name, container]));
}

/**
 * @param language as the title says it
 * @param example its folder
 * @param start a stack of the program whose mesh is on the control plane at this URL; a text says why there is none on this machine
 */
export function fargateStory(
  language: string,
  example: string,
  start: (endpoint: string) => Promise<ExampleStack | string>,
): void {
  describe(`the example of a canary on Fargate in ${language}`, function () {
    this.timeout(300_000);
    // Each test goes on from where the one before it left the stack.
    this.bail(true);
    let aws: StandIn;
    let controlPlane: ControlPlane;
    let stack: ExampleStack;

    before(async function () {
      aws = putStandIn("aws");
      putStandIn("awsx");
      controlPlane = await startControlPlane();
      const started = await start(controlPlane.api);
      if (typeof started === "string") {
        console.log(`    skipped: ${started}`);
        return this.skip();
      }
      stack = started;
      for (const [key, value] of Object.entries(settings)) await stack.config(key, value);
    });
    after(async () => {
      await stack?.stop();
      await controlPlane?.stop();
    });

    const spec = async (path: string) =>
      (await controlPlane.call("GET", `/v20190125/meshes/shop/${path}`)).body.spec;
    const weights = async (name: string) =>
      (await spec(`virtualRouter/${name}-router/routes/${name}-route`)).httpRoute.action.weightedTargets;

    it("has a README that gives all settings that it needs, and no others", () => {
      const read = (file: string) => readFileSync(join(examples, example, file), "utf8");
      const declared: Record<string, { default?: unknown }> = parse(read("Pulumi.yaml")).config;
      const given = [...read("README.md").matchAll(/--config ([\w:]+)=|pulumi config set (\w+) /g)];
      assert.deepEqual(given.map(([, once, later]) => once ?? later).sort(), [
        ...["appmesh:endpoint", "aws:region"],
        ...Object.keys(declared).sort(),
      ]);
      assert.deepEqual(
        Object.entries(declared).filter(([, setting]) => setting.default !== undefined),
        [["canaryWeight", { type: "integer", default: Number(settings.canaryWeight) }]],
      );
    });

    it("previews all of it before any is there", async () => {
      assert.deepEqual(sorted(await stack.preview()), each("create"));
      assert.equal((await controlPlane.call("GET", "/v20190125/meshes/shop")).status, 404);
    });

    it("makes a network, a mesh, and tasks that are its virtual nodes", async () => {
      aws.take();
      const up = await stack.up();
      assert.deepEqual(sorted(up), each("create"));
      const made = aws.made();
      const nameOf = (resource: string) => String(made[resource]?.name);
      const balancer = nameOf("aws:lb/loadBalancer:LoadBalancer web-load-balancer");
      assert.deepEqual(up.outputs, { url: `http://${balancer}.elb.eu-west-1.amazonaws.com` });

      const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
      const node = (name: string, version: string, backend?: string) => ({
        listeners,
        serviceDiscovery: {
          awsCloudMap: {
            namespaceName: "shop.internal",
            serviceName: name,
            attributes: [{ key: "ECS_TASK_DEFINITION_FAMILY", value: `${name}-${version}` }],
          },
        },
        backends: backend ? [{ virtualService: { virtualServiceName: backend } }] : [],
      });
      const names = ["storefront-v1", "catalog-v1", "catalog-v2", "prices-v1"];
      assert.deepEqual(await Promise.all(names.map((name) => spec(`virtualNodes/${name}`))), [
        node("storefront", "v1", "catalog.shop.internal"),
        node("catalog", "v1", "prices.shop.internal"),
        node("catalog", "v2", "prices.shop.internal"),
        node("prices", "v1"),
      ]);
      assert.deepEqual(await weights("catalog"), [
        { virtualNode: "catalog-v1", weight: 90 },
        { virtualNode: "catalog-v2", weight: 10 },
      ]);
      assert.deepEqual(await spec("virtualGateway/web/gatewayRoutes/web-storefront"), {
        httpRoute: {
          match: { prefix: "/" },
          action: { target: { virtualService: { virtualServiceName: "storefront.shop.internal" } } },
        },
      });

      const { app, ...mesh } = containersOf(made, "catalog-v2");
      assert.deepEqual(Object.keys(mesh).sort(), ["envoy", "envoy-drain", "otel-collector"]);
      const logs = nameOf("aws:cloudwatch/logGroup:LogGroup catalog-v2-logs");
      assert.deepEqual(app, {
        name: "app",
        image: "registry.example/shop/catalog:2.0.0",
        portMappings: [{ containerPort: 8080 }],
        environment: [{ name: "BACKEND_URL", value: "http://prices.shop.internal:8080" }],
        dependsOn: [{ containerName: "envoy", condition: "HEALTHY" }],
        logConfiguration: {
          logDriver: "awslogs",
          options: {
            "awslogs-group": logs,
            "awslogs-region": "eu-west-1",
            "awslogs-stream-prefix": "catalog-v2",
          },
        },
      });
      const privateSubnets = [1, 2, 3].map((zone) => `subnet-shop-private-${zone}`);
      const { networkConfiguration, serviceRegistries, desiredCount } =
        made["aws:ecs/service:Service catalog-v2-service"] ?? {};
      assert.deepEqual(
        { networkConfiguration, serviceRegistries, desiredCount },
        {
          networkConfiguration: {
            subnets: privateSubnets,
            securityGroups: ["sg-catalog-v2-tasks", "sg-shop"],
            assignPublicIp: false,
          },
          serviceRegistries: {
            registryArn: "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-catalog",
          },
          desiredCount: 2,
        },
      );
      const { subnets, internal } = made["aws:lb/loadBalancer:LoadBalancer web-load-balancer"] ?? {};
      assert.deepEqual(
        { subnets, internal },
        { subnets: [1, 2, 3].map((zone) => `subnet-shop-public-${zone}`), internal: false },
      );
    });

    it("has nothing to do the next time", async () => {
      assert.deepEqual((await stack.preview()).steps, []);
    });

    it("shifts the canary by a route alone", async () => {
      await stack.config("canaryWeight", "50");
      aws.take();
      assert.deepEqual(sorted(await stack.up()), [
        "update appmesh:index:MeshService catalog",
        "update appmesh:index:Route catalog-route",
      ]);
      assert.deepEqual(await weights("catalog"), [
        { virtualNode: "catalog-v1", weight: 50 },
        { virtualNode: "catalog-v2", weight: 50 },
      ]);
      const calls = aws.take().filter(({ call }) => call !== "check" && call !== "invoke");
      assert.deepEqual(calls, []);
    });

    it("takes all of it away", async () => {
      assert.deepEqual(sorted(await stack.destroy()), each("delete"));
      assert.equal((await controlPlane.call("GET", "/v20190125/meshes/shop")).status, 404);
    });
  });
}
