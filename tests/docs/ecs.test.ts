// docs/ecs.md: its programs run with Pulumi's real engine and a stand-in for AWS.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { TestStack } from "../provider/stack.js";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { type ControlPlane, startControlPlane } from "../support/control-plane.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = readFileSync(join(root, "docs/ecs.md"), "utf8");
const programs = [
  "task",
  "service",
  "balanced",
  "ingress",
  "gateway",
  "awsx",
  "add-mesh",
  "library",
] as const;

describe("docs/ecs.md", function () {
  this.timeout(180_000);
  let folder: string;
  let aws: StandIn;
  let controlPlane: ControlPlane;
  let stack: TestStack;
  before(async () => {
    mkdirSync(join(root, "tests/dist"), { recursive: true });
    folder = mkdtempSync(join(root, "tests/dist/ecs-"));
    for (const name of programs) {
      const [, program] = new RegExp(`<!-- ${name} -->\\n\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
      writeFileSync(join(folder, `${name}.mts`), program ?? assert.fail(name));
    }
    aws = putStandIn("aws");
    putStandIn("awsx");
    controlPlane = await startControlPlane();
    stack = await TestStack.create({ APPMESH_ENDPOINT: controlPlane.api });
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await controlPlane?.stop();
  });
  afterEach(() => stack.destroy());

  const up = async (name: (typeof programs)[number]) => {
    aws.take();
    const url = `${pathToFileURL(join(folder, `${name}.mts`))}`;
    const run = await stack.up(async () => ({ ...(await import(url)) }));
    assert.deepEqual([run.failure, run.messages], [undefined, []]);
    return run.outputs;
  };
  const arn = (family: string) => `arn:aws:ecs:eu-west-1:123456789012:task-definition/${family}:1`;

  it("has no other programs", () => {
    assert.equal([...text.matchAll(/```ts\n/g)].length, programs.length);
  });

  it("makes a task of a virtual node", async () => {
    assert.deepEqual(await up("task"), { taskDefinitionArn: arn("catalog"), cpu: "512", memory: "1024" });
  });

  it("makes two versions of a whole service", async () => {
    assert.deepEqual(await up("service"), { nodes: { v1: "catalog-v1", v2: "catalog-v2" } });
    const made = Object.entries(aws.made());
    const services = made.filter(([key]) => key.startsWith("aws:ecs/service:"));
    const registryArn = "arn:aws:servicediscovery:eu-west-1:123456789012:service/srv-catalog";
    assert.deepEqual(
      services.map(([key, { serviceRegistries }]) => [key, serviceRegistries]).sort(),
      ["v1", "v2"].map((name) => [`aws:ecs/service:Service catalog-${name}-service`, { registryArn }]),
    );
    const names = made.filter(([key]) => key.startsWith("aws:servicediscovery/"));
    assert.deepEqual(
      names.map(([key]) => key),
      ["aws:servicediscovery/service:Service catalog"],
    );
  });

  it("has a service that is registered with a load balancer that is there", async () => {
    assert.match(String((await up("balanced")).serviceArn), /:service\/web-service-\w+$/);
    const { loadBalancers } = aws.made()["aws:ecs/service:Service web-service"] ?? {};
    const targetGroupArn =
      "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0a1b2c3d4e5f6a7b";
    assert.deepEqual(loadBalancers, [{ targetGroupArn, containerName: "web", containerPort: 8080 }]);
  });

  it("makes a gateway behind a load balancer", async () => {
    const { dnsName, virtualGatewayName } = await up("ingress");
    assert.equal(virtualGatewayName, "web-gateway");
    assert.match(String(dnsName), /^web-load-balancer-\w+\.elb\.eu-west-1\.amazonaws\.com$/);
  });

  it("makes a task of a virtual gateway", async () => {
    assert.deepEqual(await up("gateway"), { taskDefinitionArn: arn("ingress"), envoyContainerName: "envoy" });
  });

  it("makes a task of a virtual gateway for a service and a load balancer of awsx", async () => {
    assert.match(String((await up("awsx")).dnsName), /^ingress-\w+\.elb\.eu-west-1\.amazonaws\.com$/);
    const made = aws.made();
    const targets = made["aws:lb/targetGroup:TargetGroup ingress"]?.name;
    const { taskDefinition, loadBalancers } = made["aws:ecs/service:Service ingress"] ?? {};
    assert.deepEqual(
      { taskDefinition, loadBalancers },
      {
        taskDefinition: arn("ingress"),
        loadBalancers: [
          {
            targetGroupArn: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${targets}`,
            containerName: "envoy",
            containerPort: 8080,
          },
        ],
      },
    );
  });

  it("makes a service and a gateway in the program's own process", async () => {
    assert.equal((await up("library")).virtualGatewayName, "web-gateway");
    const services = Object.keys(aws.made()).filter((key) => key.startsWith("aws:ecs/service:"));
    assert.deepEqual(services.sort(), [
      "aws:ecs/service:Service catalog-service",
      "aws:ecs/service:Service web-service",
    ]);
  });

  it("puts the mesh into a task definition of somebody's own", async () => {
    assert.deepEqual(await up("add-mesh"), { arn: arn("catalog") });
    const [definition] = Object.values(aws.made());
    assert.deepEqual(
      [definition?.cpu, definition?.memory, JSON.parse(String(definition?.containerDefinitions)).length],
      ["256", "512", 3],
    );
  });
});
