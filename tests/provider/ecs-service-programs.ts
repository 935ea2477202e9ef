// What the tests of the services on ECS have in common.
import type * as appmesh from "@pulumi-appmesh/appmesh";
import { app, controlPlane } from "./ecs-programs.js";

export const cluster = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop";

export const network = { clusterArn: cluster, vpcId: "vpc-1", subnetIds: ["subnet-1", "subnet-2"] };

export const serviceArgs = (more: Partial<appmesh.MeshEcsServiceArgs> = {}): appmesh.MeshEcsServiceArgs => ({
  meshName: "shop",
  ...network,
  cloudMap: { namespaceId: "ns-1", namespaceName: "shop.internal" },
  listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
  backends: ["prices.shop.internal"],
  clientSecurityGroupIds: { web: "sg-web" },
  controlPlane,
  containerDefinitions: [app],
  ...more,
});

/** The children of a service with one listener and one client. */
export const serviceChildren = (name: string): readonly string[] => [
  `appmesh:index:MeshEcsService ${name}`,
  `appmesh:index:MeshTaskDefinition ${name}`,
  `appmesh:index:VirtualNode ${name}-node`,
  `aws:cloudwatch/logGroup:LogGroup ${name}-logs`,
  `aws:ec2/securityGroup:SecurityGroup ${name}-tasks`,
  `aws:ecs/service:Service ${name}-service`,
  `aws:ecs/taskDefinition:TaskDefinition ${name}-task-definition`,
  `aws:iam/role:Role ${name}-execution-role`,
  `aws:iam/role:Role ${name}-task-role`,
  `aws:iam/rolePolicy:RolePolicy ${name}-execution-policy`,
  `aws:servicediscovery/service:Service ${name}-discovery`,
  `aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule ${name}-egress`,
  `aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule ${name}-egress-ipv6`,
  `aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule ${name}-listener-0-from-web`,
];
