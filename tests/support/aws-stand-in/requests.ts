// What the AWS provider asks AWS's own APIs for, by the inputs of a resource, as far as the components of this package use it.
import type { ObjectValue } from "@pulumi-appmesh/provider/server/values.js";
import { standIn } from "./aws.js";
import type { Call } from "./definition.js";

/** A call of AWS's API, in the words of botocore. */
export interface Request {
  readonly service: string;
  /** As CreateService. */
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Where in the answer stands what others name it by, by what the stand-in has called that. */
  readonly gives?: Readonly<Record<string, string>>;
}

// biome-ignore lint/suspicious/noExplicitAny: inputs are what a component has given, of any kind
type Given = Readonly<Record<string, any>>;
interface Made {
  readonly id: string;
  readonly arn: string;
}
type Translation = (given: Given, made: Made) => readonly Request[];

/** What is the provider's own affair, and in no request. */
const providers = [
  "region",
  "waitForSteadyState",
  "forceDestroy",
  "skipDestroy",
  "trackLatest",
  "namePrefix",
];

/** The members that a request has, and no mistake in the others: each input is in it, or is the provider's own. */
function of<N extends string>(
  type: string,
  given: Given,
  ...names: readonly N[]
): { readonly [K in N]: Given[K] } {
  const lost = Object.keys(given).filter((name) => !names.includes(name as N) && !providers.includes(name));
  if (lost.length > 0) throw new Error(`${type}: no request has ${lost.join(", ")}: tell where they go`);
  return given as { readonly [K in N]: Given[K] };
}

const defined = (parameters: Given): Given =>
  Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null));
const tagged = (tags: Given | undefined, [key, value] = ["Key", "Value"]) =>
  tags && Object.entries(tags).map(([name, text]) => ({ [key]: name, [value]: text }));
const enabled = (on: boolean | undefined) => on !== undefined && (on ? "ENABLED" : "DISABLED");
const request = (
  service: string,
  operation: string,
  parameters: Given,
  gives: Record<string, string> = {},
): Request => ({
  service,
  operation,
  parameters: defined(parameters),
  gives,
});

const rule =
  (type: string, operation: string): Translation =>
  (given) => {
    const names = ["securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6"] as const;
    const rule = of(type, given, ...names, "referencedSecurityGroupId", "tags");
    const permission = {
      IpProtocol: rule.ipProtocol,
      FromPort: rule.fromPort,
      ToPort: rule.toPort,
      IpRanges: rule.cidrIpv4 && [{ CidrIp: rule.cidrIpv4 }],
      Ipv6Ranges: rule.cidrIpv6 && [{ CidrIpv6: rule.cidrIpv6 }],
      UserIdGroupPairs: rule.referencedSecurityGroupId && [{ GroupId: rule.referencedSecurityGroupId }],
    };
    const TagSpecifications = rule.tags && [{ ResourceType: "security-group-rule", Tags: tagged(rule.tags) }];
    const IpPermissions = [defined(permission)];
    return [request("ec2", operation, { GroupId: rule.securityGroupId, IpPermissions, TagSpecifications })];
  };

const translations: Readonly<Record<string, Translation>> = {
  "aws:cloudwatch/logGroup:LogGroup": (given) => {
    const { name, retentionInDays, kmsKeyId, tags } = of(
      "logs",
      given,
      "name",
      "retentionInDays",
      "kmsKeyId",
      "tags",
    );
    return [
      request("logs", "CreateLogGroup", { logGroupName: name, kmsKeyId, tags }),
      ...(retentionInDays
        ? [request("logs", "PutRetentionPolicy", { logGroupName: name, retentionInDays })]
        : []),
    ];
  },
  "aws:iam/role:Role": (given, { arn }) => {
    const names = ["name", "assumeRolePolicy", "description", "permissionsBoundary", "tags"] as const;
    const role = of("role", given, ...names);
    const parameters = {
      RoleName: role.name,
      AssumeRolePolicyDocument: role.assumeRolePolicy,
      Description: role.description,
      PermissionsBoundary: role.permissionsBoundary,
      Tags: tagged(role.tags),
    };
    return [request("iam", "CreateRole", parameters, { [arn]: "Role.Arn" })];
  },
  "aws:iam/rolePolicy:RolePolicy": (given) => {
    const { name, role, policy } = of("rolePolicy", given, "name", "role", "policy");
    return [request("iam", "PutRolePolicy", { PolicyName: name, RoleName: role, PolicyDocument: policy })];
  },
  "aws:ec2/securityGroup:SecurityGroup": (given, { id }) => {
    const { name, description, vpcId, tags } = of("group", given, "name", "description", "vpcId", "tags");
    const TagSpecifications = tags && [{ ResourceType: "security-group", Tags: tagged(tags) }];
    const parameters = { GroupName: name, Description: description, VpcId: vpcId, TagSpecifications };
    // EC2 lets everything out by itself; the provider takes that away at once.
    const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    return [
      request("ec2", "CreateSecurityGroup", parameters, { [id]: "GroupId" }),
      request("ec2", "RevokeSecurityGroupEgress", { GroupId: id, IpPermissions }),
    ];
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rule(
    "ingress",
    "AuthorizeSecurityGroupIngress",
  ),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": rule("egress", "AuthorizeSecurityGroupEgress"),
  "aws:ecs/taskDefinition:TaskDefinition": (given, { arn }) => {
    const same = [
      "family",
      "cpu",
      "memory",
      "networkMode",
      "requiresCompatibilities",
      "executionRoleArn",
    ] as const;
    const own = ["taskRoleArn", "runtimePlatform", "pidMode", "ipcMode", "enableFaultInjection"] as const;
    const task = of("task", given, ...same, ...own, "containerDefinitions", "proxyConfiguration", "tags");
    const { containerDefinitions, proxyConfiguration: proxy, tags, ...rest } = task as Given;
    const parameters = {
      ...rest,
      containerDefinitions: JSON.parse(containerDefinitions),
      proxyConfiguration: proxy && {
        type: proxy.type,
        containerName: proxy.containerName,
        properties: Object.entries(proxy.properties).map(([name, value]) => ({ name, value })),
      },
      tags: tagged(tags, ["key", "value"]),
    };
    for (const name of providers) delete (parameters as Record<string, unknown>)[name];
    return [
      request("ecs", "RegisterTaskDefinition", parameters, { [arn]: "taskDefinition.taskDefinitionArn" }),
    ];
  },
  "aws:ecs/service:Service": (given) => {
    const same = ["cluster", "taskDefinition", "desiredCount", "launchType", "platformVersion"] as const;
    const also = ["availabilityZoneRebalancing", "healthCheckGracePeriodSeconds", "loadBalancers"] as const;
    const flags = ["enableExecuteCommand", "propagateTags"] as const;
    const deployed = ["deploymentMinimumHealthyPercent", "deploymentMaximumPercent"] as const;
    const changed = [
      "deploymentCircuitBreaker",
      "alarms",
      "networkConfiguration",
      "serviceRegistries",
    ] as const;
    const service = of(
      "service",
      given,
      ...same,
      ...also,
      ...flags,
      ...deployed,
      ...changed,
      "name",
      "tags",
      "capacityProviderStrategies",
    );
    const { networkConfiguration: network, serviceRegistries } = service;
    const parameters = {
      serviceName: service.name,
      ...Object.fromEntries([...same, ...also, ...flags].map((name) => [name, service[name]])),
      capacityProviderStrategy: service.capacityProviderStrategies,
      deploymentConfiguration: defined({
        minimumHealthyPercent: service.deploymentMinimumHealthyPercent,
        maximumPercent: service.deploymentMaximumPercent,
        deploymentCircuitBreaker: service.deploymentCircuitBreaker,
        alarms: service.alarms,
      }),
      networkConfiguration: {
        awsvpcConfiguration: { ...network, assignPublicIp: enabled(network.assignPublicIp) },
      },
      serviceRegistries: serviceRegistries && [serviceRegistries],
      tags: tagged(service.tags, ["key", "value"]),
    };
    return [request("ecs", "CreateService", parameters)];
  },
  "aws:lb/loadBalancer:LoadBalancer": (given, { arn }) => {
    const names = ["name", "loadBalancerType", "internal", "subnets", "securityGroups", "tags"] as const;
    const attributes = ["enableDeletionProtection", "enableCrossZoneLoadBalancing"] as const;
    const balancer = of("balancer", given, ...names, ...attributes);
    const parameters = {
      Name: balancer.name,
      Type: balancer.loadBalancerType,
      Scheme: balancer.internal ? "internal" : "internet-facing",
      Subnets: balancer.subnets,
      SecurityGroups: balancer.securityGroups,
      Tags: tagged(balancer.tags),
    };
    const Attributes = [
      { Key: "deletion_protection.enabled", Value: String(balancer.enableDeletionProtection) },
      { Key: "load_balancing.cross_zone.enabled", Value: String(balancer.enableCrossZoneLoadBalancing) },
    ];
    return [
      request("elbv2", "CreateLoadBalancer", parameters, { [arn]: "LoadBalancers[0].LoadBalancerArn" }),
      request("elbv2", "ModifyLoadBalancerAttributes", { LoadBalancerArn: arn, Attributes }),
    ];
  },
  "aws:lb/targetGroup:TargetGroup": (given, { arn }) => {
    const names = [
      "name",
      "vpcId",
      "targetType",
      "port",
      "protocol",
      "protocolVersion",
      "healthCheck",
    ] as const;
    const targets = of("targets", given, ...names, "deregistrationDelay", "tags");
    const { protocol, path, matcher, interval, timeout, healthyThreshold, unhealthyThreshold } = of(
      "healthCheck",
      targets.healthCheck,
      ...(["protocol", "path", "matcher", "interval", "timeout", "healthyThreshold"] as const),
      "unhealthyThreshold",
    );
    const parameters = {
      Name: targets.name,
      VpcId: targets.vpcId,
      TargetType: targets.targetType,
      Port: targets.port,
      Protocol: targets.protocol,
      ProtocolVersion: targets.protocolVersion,
      HealthCheckProtocol: protocol,
      HealthCheckPath: path,
      Matcher: matcher && { [targets.protocolVersion === "GRPC" ? "GrpcCode" : "HttpCode"]: matcher },
      HealthCheckIntervalSeconds: interval,
      HealthCheckTimeoutSeconds: timeout,
      HealthyThresholdCount: healthyThreshold,
      UnhealthyThresholdCount: unhealthyThreshold,
      Tags: tagged(targets.tags),
    };
    const Attributes = [
      { Key: "deregistration_delay.timeout_seconds", Value: String(targets.deregistrationDelay) },
    ];
    return [
      request("elbv2", "CreateTargetGroup", parameters, { [arn]: "TargetGroups[0].TargetGroupArn" }),
      request("elbv2", "ModifyTargetGroupAttributes", { TargetGroupArn: arn, Attributes }),
    ];
  },
  "aws:lb/listener:Listener": (given) => {
    const names = [
      "loadBalancerArn",
      "port",
      "protocol",
      "certificateArn",
      "sslPolicy",
      "alpnPolicy",
    ] as const;
    const listener = of("listener", given, ...names, "defaultActions", "tags");
    const parameters = {
      LoadBalancerArn: listener.loadBalancerArn,
      Port: listener.port,
      Protocol: listener.protocol,
      Certificates: listener.certificateArn && [{ CertificateArn: listener.certificateArn }],
      SslPolicy: listener.sslPolicy,
      AlpnPolicy: listener.alpnPolicy && [listener.alpnPolicy],
      DefaultActions: listener.defaultActions.map((action: Given) => {
        const { type, targetGroupArn } = of("action", action, "type", "targetGroupArn");
        return { Type: type, TargetGroupArn: targetGroupArn };
      }),
      Tags: tagged(listener.tags),
    };
    return [request("elbv2", "CreateListener", parameters)];
  },
  "aws:appautoscaling/target:Target": (given) => {
    const names = [
      "serviceNamespace",
      "scalableDimension",
      "resourceId",
      "minCapacity",
      "maxCapacity",
    ] as const;
    const target = of("target", given, ...names, "tags");
    const parameters = {
      ServiceNamespace: target.serviceNamespace,
      ScalableDimension: target.scalableDimension,
      ResourceId: target.resourceId,
      MinCapacity: target.minCapacity,
      MaxCapacity: target.maxCapacity,
      Tags: target.tags,
    };
    return [request("application-autoscaling", "RegisterScalableTarget", parameters)];
  },
  "aws:appautoscaling/policy:Policy": (given) => {
    const names = ["name", "policyType", "serviceNamespace", "scalableDimension", "resourceId"] as const;
    const policy = of("policy", given, ...names, "targetTrackingScalingPolicyConfiguration");
    const tracking = of(
      "tracking",
      policy.targetTrackingScalingPolicyConfiguration,
      ...(["predefinedMetricSpecification", "targetValue", "scaleInCooldown", "scaleOutCooldown"] as const),
    );
    const parameters = {
      PolicyName: policy.name,
      PolicyType: policy.policyType,
      ServiceNamespace: policy.serviceNamespace,
      ScalableDimension: policy.scalableDimension,
      ResourceId: policy.resourceId,
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: {
          PredefinedMetricType: tracking.predefinedMetricSpecification.predefinedMetricType,
        },
        TargetValue: tracking.targetValue,
        ScaleInCooldown: tracking.scaleInCooldown,
        ScaleOutCooldown: tracking.scaleOutCooldown,
      },
    };
    return [request("application-autoscaling", "PutScalingPolicy", parameters)];
  },
  "aws:servicediscovery/service:Service": (given, { id, arn }) => {
    const service = of("discovery", given, "name", "dnsConfig", "healthCheckCustomConfig", "tags");
    const { namespaceId, dnsRecords, routingPolicy } = service.dnsConfig;
    const parameters = {
      Name: service.name,
      DnsConfig: {
        NamespaceId: namespaceId,
        DnsRecords: dnsRecords.map(({ type, ttl }: Given) => ({ Type: type, TTL: ttl })),
        RoutingPolicy: routingPolicy,
      },
      HealthCheckCustomConfig: { FailureThreshold: service.healthCheckCustomConfig.failureThreshold },
      Tags: tagged(service.tags),
    };
    return [
      request("servicediscovery", "CreateService", parameters, { [id]: "Service.Id", [arn]: "Service.Arn" }),
    ];
  },
};

/** The requests for what was made, in the order in which it was: by `StandIn.made`. */
export function requestsOf(made: Readonly<Record<string, Call["inputs"]>>): readonly Request[] {
  return Object.entries(made).flatMap(([key, inputs]) => {
    const [type = "", name = ""] = key.split(" ");
    const translation = translations[type];
    const resource = standIn.resources[type];
    if (translation === undefined || resource === undefined) {
      throw new Error(`no request is known for ${type}: tell it in requests.ts`);
    }
    const id = resource.id(inputs as ObjectValue, name);
    return translation(inputs, { id, arn: String(resource.outputs?.(inputs as ObjectValue, id).arn ?? id) });
  });
}
