import {
  arn,
  boolean,
  enumeration,
  list,
  map,
  optional,
  portNumber,
  required,
  resourceName,
  string,
  structure,
} from "@pulumi-appmesh/model";
import type { ComponentInputs, ComponentType } from "../component.js";
import { gatewayInputs } from "../mesh/gateway-args.js";
import { text } from "../shapes.js";
import { meshGatewayRules } from "./mesh-gateway-rules.js";
import { taskMembers } from "./mesh-members.js";
import { plainTaskInputs } from "./mesh-task-definition-args.js";
import { plainServiceInputs, serviceInputs, serviceOutputs } from "./service-inputs.js";

export const MeshGatewayLoadBalancer = structure(
  "MeshGatewayLoadBalancer",
  "A load balancer before the tasks of a virtual gateway.",
  {
    type: optional(
      enumeration("MeshGatewayLoadBalancerType", "A kind of load balancer.", {
        application: "An Application Load Balancer: HTTP, HTTP/2 and gRPC, the last two by HTTPS.",
        network: "A Network Load Balancer: TCP, and TLS where it has a certificate.",
      }),
      "The kind. Defaults to application.",
    ),
    subnetIds: optional(list(text, { minItems: 1 }), "Where it is. Defaults to the subnets of the tasks."),
    internal: optional(
      boolean(),
      "Whether it has addresses of the VPC alone. Otherwise its subnets are public ones. Defaults to false.",
    ),
    certificateArn: optional(
      arn,
      "Certificate of ACM that it shows to clients. Unset, it does not end TLS: HTTP of an Application, TCP of a Network " +
        "Load Balancer, which passes the TLS of the gateway's listeners through.",
    ),
    sslPolicy: optional(
      text,
      "Its policy of TLS versions and ciphers. Defaults to ELBSecurityPolicy-TLS13-1-2-2021-06.",
    ),
    ports: optional(
      list(portNumber),
      "Its ports, one for each listener of the gateway, in their order. Defaults to 443 with a certificate and 80 without for " +
        "the first, and to the listener's own port for each other.",
    ),
    healthCheckPath: optional(
      string({ minLength: 1, maxLength: 1024, pattern: { regex: /^\//, says: "that begins with /" } }),
      "Path by which an Application Load Balancer sees whether the gateway answers, in whatever way but an error of the " +
        "server. Defaults to /, and to /AWS.ALB/healthcheck for gRPC.",
    ),
    deletionProtection: optional(boolean(), "Whether it refuses to be deleted. Defaults to false."),
  },
);

const inputs = {
  ...gatewayInputs,
  loadBalancer: optional(
    MeshGatewayLoadBalancer,
    "The load balancer that is made before the gateway. Either this or targetGroupArns is given.",
  ),
  targetGroupArns: optional(
    list(text, { minItems: 1 }),
    "Target groups of a load balancer that is there, one for each listener of the gateway, in their order; of the target type " +
      "ip. Either this or loadBalancer is given.",
  ),
  ...serviceInputs,
  clientSecurityGroupIds: optional(
    map(text),
    "Security groups that reach the load balancer, by a name that you choose; before target groups, those that reach the " +
      "gateway: that of their load balancer.",
  ),
  clientCidrs: optional(
    map(text),
    "Networks that reach it, by a name that you choose: 0.0.0.0/0 and ::/0 are everybody.",
  ),
  ...taskMembers,
} as const;

/** The inputs that decide how much is made. */
export const plainMeshGatewayInputs = [
  "listeners",
  "routes",
  "loadBalancer",
  "targetGroupArns",
  ...plainServiceInputs,
  ...plainTaskInputs,
] as const;

/** A way into a mesh on ECS, as one. */
export const meshGateway: ComponentType = {
  name: "MeshGateway",
  doc:
    "A way into a mesh on Amazon ECS, whole: a virtual gateway and its routes, an ECS service of Envoys for it, and an " +
    "Application or Network Load Balancer before them, or a target group that is there.",
  inputs,
  plain: plainMeshGatewayInputs,
  outputs: {
    virtualGatewayName: required(resourceName, "Name of the virtual gateway."),
    gatewayRouteNames: required(map(string()), "Names of the gateway routes, by route."),
    dnsName: optional(string(), "Name of the load balancer that was made, for an alias record."),
    zoneId: optional(string(), "Hosted zone of that name."),
    loadBalancerArn: optional(string(), "ARN of the load balancer that was made."),
    loadBalancerSecurityGroupId: optional(string(), "Its security group."),
    ...serviceOutputs,
  },
  rules: meshGatewayRules,
  load: async () => (await import("./mesh-gateway.js")).MeshGateway,
};

/** What `MeshGateway` is given, once everything is known. */
export type MeshGatewayInputs = ComponentInputs<typeof inputs>;
