import {
  accountId,
  arn,
  boolean,
  enumeration,
  integer,
  json,
  list,
  map,
  optional,
  required,
  string,
  structure,
} from "@pulumi-appmesh/model";
import type { ComponentInputs, ComponentType } from "../component.js";
import { text } from "../shapes.js";
import { componentTags } from "../tags.js";
import {
  authoritiesDoc,
  authorityArns,
  deletionProtection,
  replicas,
  sharedInputs,
  trustedNetworkPort,
} from "./control-plane-inputs.js";
import { controlPlaneRules } from "./control-plane-rules.js";

export const ControlPlaneCloudMap = structure(
  "ControlPlaneCloudMap",
  "A name of the control plane in a private DNS namespace of AWS Cloud Map. It leads to all replicas that are well.",
  {
    namespaceId: required(text, "Id of the namespace, as ns-…."),
    namespaceName: required(text, "Name of the namespace, such as shop.internal."),
    serviceName: optional(
      string({ minLength: 1, maxLength: 63 }),
      "Name in the namespace: serviceName.namespaceName is the host name. Defaults to appmesh.",
    ),
  },
);

export const ControlPlaneLoadBalancer = structure(
  "ControlPlaneLoadBalancer",
  "A Network Load Balancer before the control plane, which passes TLS through.",
  {
    subnetIds: optional(list(text), "Where it is. Defaults to the subnets of the replicas."),
    internal: optional(
      boolean(),
      "Whether only the VPC and the networks joined to it reach it. Defaults to true.",
    ),
    hostName: optional(
      string({ minLength: 1, maxLength: 253 }),
      "Host name that leads to it, such as appmesh.example.com, for which you make the record. Defaults to its own name.",
    ),
  },
);

export const ControlPlaneAuthorities = structure(
  "ControlPlaneAuthorities",
  authoritiesDoc("the table"),
  authorityArns({ proxies: "Defaults to the table.", workloads: "Defaults to the table." }),
);

const inputs = {
  image: sharedInputs.image,
  vpcId: required(text, "VPC of the replicas."),
  subnetIds: required(
    list(text, { minItems: 1 }),
    "Subnets of the replicas. Give one in each of two or three availability zones, so that the loss of a zone is the loss " +
      "of some replicas alone. They need a way to DynamoDB, CloudWatch, ECR and Secrets Manager: a NAT gateway or endpoints.",
  ),
  assignPublicIp: optional(
    boolean(),
    "Whether replicas have public addresses, in public subnets without a NAT gateway. Defaults to false.",
  ),
  cloudMap: optional(
    ControlPlaneCloudMap,
    "How clients find it, by DNS. Either this or loadBalancer is given.",
  ),
  loadBalancer: optional(
    ControlPlaneLoadBalancer,
    "How clients find it, by a load balancer. Either this or cloudMap is given.",
  ),
  clientSecurityGroupIds: optional(
    map(text),
    "Security groups that reach the API and xDS, by a name that you choose: those of the mesh's tasks and pods.",
  ),
  clientCidrs: optional(
    map(text),
    "Networks that reach the API and xDS, as 10.0.0.0/16, by a name that you choose.",
  ),
  replicas: optional(replicas, "How many there are. Any of them may be lost at any time. Defaults to 2."),
  cpu: optional(
    integer({ min: 256 }),
    "CPU units of a replica, of those that Fargate offers. Defaults to 512.",
  ),
  memory: optional(
    integer({ min: 512 }),
    "MiB of a replica, of those that Fargate offers with so much CPU. Defaults to 1024, enough for some thousand proxies.",
  ),
  cpuArchitecture: optional(
    enumeration("ControlPlaneCpuArchitecture", "The processor that the image is made for.", {
      X86_64: "x86-64.",
      ARM64: "64-bit Arm.",
    }),
    "The processor that the image is made for. Defaults to X86_64.",
  ),
  clusterArn: optional(arn, "ECS cluster for the replicas. If unset, one is made."),
  tableName: optional(
    string({ minLength: 3, maxLength: 255 }),
    "DynamoDB table that is there already, such as one that was restored or made by appmesh table create. If unset, one is " +
      "made: on demand, encrypted, with recovery to any point of the last 35 days.",
  ),
  kmsKeyArn: optional(
    arn,
    "KMS key for the table, in which the authorities' keys are, and for the secrets. If unset, one is made.",
  ),
  deletionProtection,
  accountId: optional(accountId, "Account in the ARNs of the mesh. Defaults to that of the provider."),
  accessKeySecretArn: optional(
    arn,
    "Secret with the first access key, JSON with accessKeyId and secretAccessKey. If unset, one is made up.",
  ),
  authorities: optional(
    ControlPlaneAuthorities,
    "Where authorities' keys are. Replicas are given the rights to them that they need. Defaults to the table.",
  ),
  certificateArns: sharedInputs.certificateArns,
  trustDomain: sharedInputs.trustDomain,
  trustedNetworkPort: trustedNetworkPort(),
  limits: sharedInputs.limits,
  environment: sharedInputs.environment,
  taskRoleStatements: optional(
    list(json()),
    'More statements of what replicas may do in AWS, in IAM\'s JSON, as {Effect: "Allow", Action: […], Resource: …}.',
  ),
  permissionsBoundary: sharedInputs.permissionsBoundary,
  logRetentionInDays: optional(
    integer({ min: 0 }),
    "Days for which the log group keeps the log and the audit in it; 0 for ever. Defaults to 90.",
  ),
  alarmActionArns: optional(
    list(arn),
    "What is told of an alarm and of its end, such as topics of Amazon SNS. The alarms are made in any case.",
  ),
  tags: componentTags,
} as const;

/** A control plane on Fargate, with all that it needs. */
export const controlPlane: ComponentType = {
  name: "ControlPlane",
  doc:
    "The control plane on AWS, with nothing to babysit: two or more replicas on Fargate that keep nothing themselves, a " +
    "DynamoDB table with recovery to any point in time, a key for it, a private name in AWS Cloud Map or a Network Load " +
    "Balancer, security groups, roles that may do no more than they need, a log group and alarms. Proxies are served over " +
    "TLS, each that proves who it is the configuration of its own node.",
  inputs,
  plain: ["cloudMap", "loadBalancer", "clientSecurityGroupIds", "clientCidrs"],
  outputs: {
    host: required(string(), "Host name of the API and of xDS."),
    endpoint: required(string(), "URL of the App Mesh API, for AWS's clients and the provider's endpoint."),
    xdsPort: required(integer(), "Port on which proxies are served."),
    tableName: required(string(), "Name of the table, for the provider's table."),
    tableArn: required(string(), "ARN of the table."),
    kmsKeyArn: required(string(), "Key that encrypts the table and the secrets."),
    accessKeySecretArn: required(string(), "Secret with the first access key."),
    clusterArn: required(string(), "ECS cluster of the replicas."),
    serviceName: required(string(), "ECS service of the replicas."),
    securityGroupId: required(string(), "Security group of the replicas."),
    taskRoleArn: required(string(), "Role of the replicas."),
    logGroupName: required(string(), "Log group of the replicas."),
  },
  rules: controlPlaneRules,
  load: async () => (await import("./control-plane.js")).ControlPlane,
};

/** What `ControlPlane` is given, once everything is known. */
export type ControlPlaneInputs = ComponentInputs<typeof inputs>;
