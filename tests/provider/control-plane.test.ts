// The control plane on AWS as a component, on Pulumi's real engine, with a stand-in for the AWS provider.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as appmesh from "@pulumi-appmesh/appmesh";
import { putStandIn, type StandIn } from "../support/aws-stand-in/stand-in.js";
import { sorted, TestStack } from "./stack.js";

const args = (more: Partial<appmesh.ControlPlaneArgs> = {}): appmesh.ControlPlaneArgs => ({
  image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/appmesh:0.1.0",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  cloudMap: { namespaceId: "ns-1", namespaceName: "shop.internal" },
  clientSecurityGroupIds: { tasks: "sg-tasks" },
  ...more,
});

const program =
  (given: appmesh.ControlPlaneArgs, opts: pulumi.ComponentResourceOptions = {}) =>
  async () => {
    const made = new appmesh.ControlPlane("mesh", given, opts);
    const { host, endpoint, xdsPort, tableName, tableArn, accessKeySecretArn, serviceName } = made;
    return { host, endpoint, xdsPort, tableName, tableArn, accessKeySecretArn, serviceName };
  };

const common = [
  "appmesh:index:ControlPlane mesh",
  "aws:cloudwatch/logGroup:LogGroup mesh-logs",
  "aws:cloudwatch/logMetricFilter:LogMetricFilter mesh-errors",
  "aws:cloudwatch/metricAlarm:MetricAlarm mesh-cpu-high",
  "aws:cloudwatch/metricAlarm:MetricAlarm mesh-errors",
  "aws:cloudwatch/metricAlarm:MetricAlarm mesh-memory-high",
  "aws:cloudwatch/metricAlarm:MetricAlarm mesh-reads-throttled",
  "aws:cloudwatch/metricAlarm:MetricAlarm mesh-replicas-missing",
  "aws:cloudwatch/metricAlarm:MetricAlarm mesh-writes-throttled",
  "aws:dynamodb/table:Table mesh-table",
  "aws:ec2/securityGroup:SecurityGroup mesh-replicas",
  "aws:ecs/cluster:Cluster mesh-cluster",
  "aws:ecs/service:Service mesh-service",
  "aws:ecs/taskDefinition:TaskDefinition mesh-task-definition",
  "aws:iam/role:Role mesh-execution-role",
  "aws:iam/role:Role mesh-task-role",
  "aws:iam/rolePolicy:RolePolicy mesh-execution-policy",
  "aws:iam/rolePolicy:RolePolicy mesh-task-policy",
  "aws:kms/key:Key mesh-key",
  "aws:secretsmanager/secret:Secret mesh-access-key",
  "aws:secretsmanager/secretVersion:SecretVersion mesh-access-key-version",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule mesh-egress",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule mesh-notices",
];
const byName = [
  ...common,
  "aws:servicediscovery/service:Service mesh-name",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule mesh-api-from-tasks",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule mesh-xds-from-tasks",
];

const shown = (steps: TestSteps): string[] =>
  sorted(steps).map(({ op, type, name }) => `${op} ${type} ${name}`);
type TestSteps = Parameters<typeof sorted>[0];

describe("ControlPlane on the real engine", function () {
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

  it("is previewed, made of children of its own, the same the next time, and grows in place", async () => {
    const planned = await stack.preview(program(args()));
    assert.deepEqual([planned.failure, planned.messages], [undefined, []]);
    assert.deepEqual(shown(planned.steps), byName.map((each) => `create ${each}`).sort());

    aws.take();
    const up = await stack.up(program(args()));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = aws.made();
    const table = String(made["aws:dynamodb/table:Table mesh-table"]?.name);
    assert.deepEqual(
      { ...up.outputs, serviceName: undefined, accessKeySecretArn: undefined },
      {
        host: "appmesh.shop.internal",
        endpoint: "https://appmesh.shop.internal:7070",
        xdsPort: 18000,
        tableName: table,
        tableArn: `arn:aws:dynamodb:eu-west-1:123456789012:table/${table}`,
        serviceName: undefined,
        accessKeySecretArn: undefined,
      },
    );
    assert.deepEqual(made["aws:servicediscovery/service:Service mesh-name"], {
      name: "appmesh",
      dnsConfig: {
        namespaceId: "ns-1",
        dnsRecords: [{ type: "A", ttl: 10 }],
        routingPolicy: "MULTIVALUE",
      },
      healthCheckCustomConfig: { failureThreshold: 1 },
      forceDestroy: true,
    });
    assert.deepEqual(made["aws:dynamodb/table:Table mesh-table"], {
      name: table,
      billingMode: "PAY_PER_REQUEST",
      hashKey: "pk",
      rangeKey: "sk",
      attributes: [
        { name: "pk", type: "S" },
        { name: "sk", type: "S" },
      ],
      ttl: { attributeName: "expires", enabled: true },
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: {
        enabled: true,
        kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/key-mesh-key",
      },
      deletionProtectionEnabled: true,
    });
    const {
      name: _,
      taskDefinition,
      cluster,
      serviceRegistries,
      ...service
    } = made["aws:ecs/service:Service mesh-service"] ?? {};
    assert.match(String(taskDefinition), /:task-definition\/mesh:1$/);
    assert.match(String(cluster), /:cluster\/mesh-cluster/);
    assert.match(JSON.stringify(serviceRegistries), /:service\/srv-mesh-name/);
    assert.deepEqual(service, {
      desiredCount: 2,
      launchType: "FARGATE",
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: "ENABLED",
      networkConfiguration: {
        subnets: ["subnet-1", "subnet-2"],
        securityGroups: ["sg-mesh-replicas"],
        assignPublicIp: false,
      },
      propagateTags: "SERVICE",
    });
    assert.deepEqual(made["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule mesh-xds-from-tasks"], {
      securityGroupId: "sg-mesh-replicas",
      referencedSecurityGroupId: "sg-tasks",
      ipProtocol: "tcp",
      fromPort: 18000,
      toPort: 18000,
    });
    const secret =
      made["aws:secretsmanager/secretVersion:SecretVersion mesh-access-key-version"]?.secretString;
    const { $secret } = secret as { $secret: string };
    assert.match($secret, /^\{"accessKeyId":"AKIA[0-9A-F]{16}","secretAccessKey":"[\w-]{40}"\}$/);

    const component = "urn:pulumi:test::shop::appmesh:index:ControlPlane::mesh";
    const children = (await stack.resources()).filter(({ parent }) => parent === component);
    assert.equal(children.length, byName.length - 1);

    const again = await stack.preview(program(args()));
    assert.deepEqual([again.steps, again.messages], [[], []]);

    const larger = await stack.up(program(args({ replicas: 3 })));
    assert.deepEqual(shown(larger.steps), [
      "update appmesh:index:ControlPlane mesh",
      "update aws:cloudwatch/metricAlarm:MetricAlarm mesh-replicas-missing",
      "update aws:ecs/service:Service mesh-service",
    ]);
    const gone = await stack.destroy();
    assert.deepEqual(shown(gone.steps), byName.map((each) => `delete ${each}`).sort());
  });

  it("has the alarms that docs/replicas.md tells of", () => {
    const docs = readFileSync(new URL("../../../docs/replicas.md", import.meta.url), "utf8");
    const told = [...docs.matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`([a-z-]+)`/g)].map(([, name = ""]) => name),
    );
    const made = common
      .filter((each) => each.includes("MetricAlarm "))
      .map((each) => each.split(" mesh-")[1] ?? "");
    assert.deepEqual(
      made.filter((name) => !told.includes(name)),
      [],
    );
  });

  it("takes what is there already, and stands behind a load balancer", async () => {
    const { cloudMap: _, ...without } = args();
    const given: appmesh.ControlPlaneArgs = {
      ...without,
      loadBalancer: {},
      tableName: "restored",
      kmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/own",
      clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/own",
      accessKeySecretArn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf",
      clientCidrs: { office: pulumi.output("10.8.0.0/16") },
      tags: { team: "platform" },
    };
    const up = await stack.up(program(given));
    assert.deepEqual([up.failure, up.messages], [undefined, []]);
    const made = aws.made();
    const absent = ["Table", "Key", "Cluster", "Secret", "SecretVersion"].filter((type) =>
      Object.keys(made).some((each) => each.includes(`:${type} `)),
    );
    assert.deepEqual(absent, []);
    const balancer = "aws:lb/loadBalancer:LoadBalancer mesh-load-balancer";
    const host = `${String(made[balancer]?.name)}.elb.eu-west-1.amazonaws.com`;
    assert.deepEqual([up.outputs.host, up.outputs.endpoint], [host, `https://${host}`]);
    assert.deepEqual(
      made["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule mesh-load-balancer-api-from-office"],
      {
        securityGroupId: "sg-mesh-load-balancer",
        cidrIpv4: "10.8.0.0/16",
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        tags: { team: "platform" },
      },
    );
    assert.deepEqual(
      made["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule mesh-api-from-load-balancer"],
      {
        securityGroupId: "sg-mesh-replicas",
        referencedSecurityGroupId: "sg-mesh-load-balancer",
        ipProtocol: "tcp",
        fromPort: 7070,
        toPort: 7070,
        tags: { team: "platform" },
      },
    );
    const [container] = JSON.parse(
      String(made["aws:ecs/taskDefinition:TaskDefinition mesh-task-definition"]?.containerDefinitions),
    );
    assert.equal(container.command[container.command.indexOf("--tls-name") + 1], host);
    assert.equal(container.command[container.command.indexOf("--table") + 1], "restored");
    const again = await stack.preview(program(given));
    assert.deepEqual([again.steps, again.messages], [[], []]);
  });
});
