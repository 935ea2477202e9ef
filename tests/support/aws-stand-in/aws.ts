// What the components use of the AWS provider, as far as an engine can tell it from the real one.
import { createHash } from "node:crypto";
import type { ObjectValue, Value } from "@pulumi-appmesh/provider/server/values.js";
import { type StandInDefinition, type StandInResource, text } from "./definition.js";

export const account = "123456789012";
export const region = "eu-west-1";

const iamArn = (kind: string, name: Value | undefined) => `arn:aws:iam::${account}:${kind}/${text(name)}`;
const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;

/** Has a name of its own, which is its id, and an ARN that ends with it. */
const named = (service: string, prefix: string): StandInResource => ({
  autoname: "name",
  replaceOn: ["name"],
  id: ({ name }) => text(name),
  outputs: ({ name }) => ({ arn: arn(service, `${prefix}${text(name)}`), region }),
});

const identified = (id: StandInResource["id"], ...required: string[]): StandInResource => ({ id, required });

/** Of a VPC: its id is the resource's name after a prefix. */
const inVpc = (prefix: string, ...required: string[]): StandInResource => ({
  ...identified((_, name) => `${prefix}-${name}`, ...required),
  replaceOn: required,
  outputs: (_, id) => ({ region, arn: arn("ec2", `${prefix}/${id}`) }),
});

/** Other values are another version of a secret. */
export const versionOf = (value: Value | undefined) =>
  createHash("sha256")
    .update(text(value))
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5");

const rule: StandInResource = {
  ...identified((_, name) => `sgr-${name}`, "securityGroupId", "ipProtocol"),
  replaceOn: ["securityGroupId"],
  outputs: (_, id) => ({ securityGroupRuleId: id, arn: arn("ec2", `security-group-rule/${id}`), region }),
};

export const standIn: StandInDefinition = {
  name: "aws",
  version: "7.48.0",
  resources: {
    "aws:cloudwatch/logGroup:LogGroup": named("logs", "log-group:"),
    "aws:iam/role:Role": {
      autoname: "name",
      required: ["assumeRolePolicy"],
      replaceOn: ["name"],
      id: ({ name }) => text(name),
      outputs: ({ name }) => ({ arn: iamArn("role", name), uniqueId: `AROA-${text(name)}` }),
    },
    "aws:iam/rolePolicy:RolePolicy": {
      autoname: "name",
      required: ["role", "policy"],
      replaceOn: ["name", "role"],
      id: ({ role, name }) => `${text(role)}:${text(name)}`,
    },
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
      required: ["role", "policyArn"],
      replaceOn: ["role", "policyArn"],
      id: ({ role, policyArn }) => `${text(role)}/${text(policyArn)}`,
    },
    "aws:appautoscaling/target:Target": {
      id: ({ resourceId }) => text(resourceId),
      required: ["minCapacity", "maxCapacity", "resourceId", "scalableDimension", "serviceNamespace"],
      replaceOn: ["resourceId", "scalableDimension", "serviceNamespace"],
      outputs: (_, id) => ({ arn: arn("application-autoscaling", `scalable-target/${id}`), region }),
    },
    "aws:appautoscaling/policy:Policy": {
      ...named("autoscaling", "scalingPolicy:"),
      required: ["resourceId", "scalableDimension", "serviceNamespace"],
      replaceOn: ["name", "resourceId", "scalableDimension", "serviceNamespace"],
    },
    "aws:sns/topic:Topic": named("sns", ""),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": {
      ...identified(({ name }) => text(name), "logGroupName", "pattern", "metricTransformation"),
      autoname: "name",
    },
    "aws:cloudwatch/metricAlarm:MetricAlarm": named("cloudwatch", "alarm:"),
    "aws:dynamodb/table:Table": {
      ...named("dynamodb", "table/"),
      replaceOn: ["name", "hashKey", "rangeKey"],
      required: ["attributes"],
    },
    "aws:ec2/vpc:Vpc": { ...inVpc("vpc"), replaceOn: ["cidrBlock"] },
    "aws:ec2/subnet:Subnet": inVpc("subnet", "vpcId", "cidrBlock", "availabilityZone"),
    "aws:ec2/internetGateway:InternetGateway": { ...inVpc("igw"), replaceOn: [] },
    "aws:ec2/routeTable:RouteTable": inVpc("rtb", "vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": inVpc("rtbassoc", "routeTableId", "subnetId"),
    "aws:ec2/route:Route": inVpc("r-rtb", "routeTableId", "destinationCidrBlock"),
    "aws:ec2/eip:Eip": {
      id: (_, name) => `eipalloc-${name}`,
      outputs: (_, id) => ({ allocationId: id, publicIp: "192.0.2.1", region }),
    },
    "aws:ec2/natGateway:NatGateway": inVpc("nat", "subnetId", "allocationId"),
    "aws:ec2/securityGroup:SecurityGroup": {
      ...identified((_, name) => `sg-${name}`, "vpcId"),
      autoname: "name",
      replaceOn: ["name", "vpcId", "description"],
      outputs: (_, id) => ({ arn: arn("ec2", `security-group/${id}`), ownerId: account, region }),
    },
    "aws:ecs/cluster:Cluster": {
      ...named("ecs", "cluster/"),
      id: ({ name }) => arn("ecs", `cluster/${text(name)}`),
    },
    "aws:ecs/service:Service": {
      ...named("ecs", "service/"),
      required: ["cluster", "taskDefinition"],
      replaceOn: ["name", "cluster", "launchType"],
      id: ({ name }) => arn("ecs", `service/${text(name)}`),
    },
    "aws:kms/key:Key": {
      id: (_, name) => `key-${name}`,
      outputs: (_, id) => ({ arn: arn("kms", `key/${id}`), keyId: id, region }),
    },
    "aws:lb/listener:Listener": {
      ...identified(
        (_, name) => arn("elasticloadbalancing", `listener/${name}`),
        "defaultActions",
        "loadBalancerArn",
      ),
      replaceOn: ["loadBalancerArn"],
      outputs: (_, id) => ({ arn: id, region }),
    },
    "aws:lb/loadBalancer:LoadBalancer": {
      ...named("elasticloadbalancing", "loadbalancer/"),
      longestName: 32,
      id: ({ name }) => arn("elasticloadbalancing", `loadbalancer/${text(name)}`),
      outputs: ({ name }, id) => ({
        arn: id,
        dnsName: `${text(name)}.elb.${region}.amazonaws.com`,
        zoneId: "Z32O12XQLNTSW2",
        vpcId: "vpc-1",
        region,
      }),
    },
    "aws:lb/targetGroup:TargetGroup": {
      ...named("elasticloadbalancing", "targetgroup/"),
      longestName: 32,
      replaceOn: ["name", "port", "protocol", "targetType", "vpcId"],
      id: ({ name }) => arn("elasticloadbalancing", `targetgroup/${text(name)}`),
    },
    "aws:secretsmanager/secret:Secret": {
      ...named("secretsmanager", "secret:"),
      id: ({ name }) => arn("secretsmanager", `secret:${text(name)}-AbCdEf`),
      outputs: (_, id) => ({ arn: id, region }),
    },
    "aws:secretsmanager/secretVersion:SecretVersion": {
      ...identified(
        ({ secretId, secretString }) => `${text(secretId)}|${versionOf(secretString)}`,
        "secretId",
      ),
      replaceOn: ["secretId", "secretString"],
      outputs: (_, id) => {
        const [secretArn = "", versionId = ""] = id.split("|");
        return { arn: secretArn, versionId, region };
      },
    },
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": {
      ...identified((_, name) => `ns-${name}`, "name", "vpc"),
      replaceOn: ["name", "vpc"],
      outputs: (_, id) => ({
        arn: arn("servicediscovery", `namespace/${id}`),
        hostedZone: `Z-${id}`,
        region,
      }),
    },
    "aws:servicediscovery/service:Service": {
      ...named("servicediscovery", "service/"),
      id: (_, name) => `srv-${name}`,
      outputs: (_, id) => ({ arn: arn("servicediscovery", `service/${id}`), region }),
    },
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rule,
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": {
      required: ["clusterName", "namespace", "roleArn", "serviceAccount"],
      replaceOn: ["clusterName", "namespace", "serviceAccount"],
      id: ({ clusterName, serviceAccount }) => `${text(clusterName)},a-${text(serviceAccount)}`,
      outputs: (_, id) => ({ associationId: id.split(",")[1] ?? "", region }),
    },
    "aws:ecs/taskDefinition:TaskDefinition": {
      required: ["family", "containerDefinitions"],
      // Each change but that of tags is a revision of its own.
      replaceOn: [
        ...["containerDefinitions", "cpu", "memory", "family", "networkMode", "proxyConfiguration"],
        ...["requiresCompatibilities", "executionRoleArn", "taskRoleArn", "volumes", "runtimePlatform"],
        ...["ephemeralStorage", "placementConstraints", "pidMode", "ipcMode", "enableFaultInjection"],
      ],
      id: ({ family }) => text(family),
      outputs: ({ family }) => ({
        arn: arn("ecs", `task-definition/${text(family)}:1`),
        arnWithoutRevision: arn("ecs", `task-definition/${text(family)}`),
        revision: 1,
        region,
      }),
    },
  },
  functions: {
    "aws:index/getCallerIdentity:getCallerIdentity": (): ObjectValue => ({
      id: account,
      accountId: account,
      arn: iamArn("user", "operator"),
      userId: "AIDA1",
    }),
    "aws:index/getAvailabilityZones:getAvailabilityZones": (): ObjectValue => ({
      id: region,
      names: ["a", "b", "c", "d"].map((zone) => `${region}${zone}`),
      zoneIds: [1, 2, 3, 4].map((zone) => `euw1-az${zone}`),
      groupNames: [region],
      region,
    }),
    "aws:ec2/getSubnet:getSubnet": ({ id = "" }): ObjectValue => ({ id, vpcId: "vpc-1", region }),
    "aws:index/getRegion:getRegion": (): ObjectValue => ({
      id: region,
      region,
      name: region,
      description: region,
    }),
  },
};
