// The load balancer before the tasks of a virtual gateway: one of its listeners and a target group for each listener of the gateway.
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import type { ServiceArgs } from "@pulumi/aws/ecs/service.js";
import { Listener } from "@pulumi/aws/lb/listener.js";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { type CustomResourceOptions, type Input, type Output, output, type Resource } from "@pulumi/pulumi";
import { balancerName } from "../aws/balancer-name.js";
import { type Admitted, admitted } from "../aws/entrance.js";
import { given } from "../given.js";
import type { MeshGatewayArgs } from "./mesh-gateway.js";
import { outerPorts } from "./mesh-gateway-rules.js";

/** How traffic comes to the tasks. */
export interface Way {
  readonly balancer?: LoadBalancer;
  readonly group?: SecurityGroup;
  /** Who reaches the tasks themselves. */
  readonly admitted: readonly Admitted[];
  /** One for each listener of the gateway. */
  readonly targetGroupArns: readonly Input<string>[];
  readonly readyWith: readonly Resource[];
  /** Lets the load balancer call the tasks, once they have a security group. */
  readonly letOut: (tasks: SecurityGroup) => readonly Resource[];
}

/** A listener of the gateway, once it is known. */
interface Inner {
  readonly portMapping: { readonly port: number; readonly protocol: "http" | "http2" | "grpc" };
  readonly tls?: { readonly mode: "STRICT" | "PERMISSIVE" | "DISABLED" };
}

/** What a load balancer speaks to its clients and to the gateway. */
export function speech(
  type: "application" | "network" | undefined,
  encrypted: boolean,
  { portMapping: { protocol }, tls }: Inner,
) {
  const inside = tls !== undefined && tls.mode !== "DISABLED";
  if (type === "network") {
    return {
      outer: encrypted ? "TLS" : "TCP",
      // A load balancer that ends TLS must tell clients that HTTP/2 is spoken.
      alpnPolicy: encrypted && protocol !== "http" ? "HTTP2Preferred" : undefined,
      inner: encrypted && inside ? "TLS" : "TCP",
      version: undefined,
    };
  }
  return {
    outer: encrypted ? "HTTPS" : "HTTP",
    alpnPolicy: undefined,
    inner: inside ? "HTTPS" : "HTTP",
    version: { http: "HTTP1", http2: "HTTP2", grpc: "GRPC" }[protocol],
  };
}

const modernTls = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/** Before target groups that are there, everybody who is let in reaches the tasks. */
export function existing(args: MeshGatewayArgs, ports: readonly Input<number>[]): Way {
  return {
    admitted: admitted(args as never, doors(ports)),
    targetGroupArns: args.targetGroupArns as readonly Input<string>[],
    readyWith: [],
    letOut: () => [],
  };
}

const doors = (ports: readonly Input<number>[]) =>
  ports.map((port, index) => ({ suffix: `listener-${index}`, port }));

export function balanced(
  name: string,
  args: MeshGatewayArgs,
  ports: readonly Input<number>[],
  child: CustomResourceOptions,
): Way {
  const { region, tags, vpcId, listeners } = args;
  const settings = args.loadBalancer as NonNullable<typeof args.loadBalancer>;
  const common = { region, tags };
  const encrypted = settings.certificateArn !== undefined;
  const type = output(settings.type);
  const outer = (index: number): Input<number> =>
    settings.ports === undefined
      ? (outerPorts(ports, encrypted)[index] as Input<number>)
      : output(settings.ports).apply((known) => known[index] as number);

  const group = new SecurityGroup(
    `${name}-load-balancer`,
    given({ vpcId, description: "The load balancer before a virtual gateway", ...common }),
    child,
  );
  const entries = admitted(args as never, doors(ports.map((_, index) => outer(index)))).map(
    ({ suffix, port, from }) =>
      new SecurityGroupIngressRule(
        `${name}-load-balancer-${suffix}`,
        given({
          securityGroupId: group.id,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          ...from,
          ...common,
        }),
        child,
      ),
  );
  const balancer = new LoadBalancer(
    `${name}-load-balancer`,
    given({
      ...balancerName(`${name}-load-balancer`),
      loadBalancerType: type.apply((known) => known ?? "application"),
      internal: settings.internal ?? false,
      subnets: (settings.subnetIds ?? args.subnetIds) as Input<Input<string>[]>,
      securityGroups: [group.id],
      enableDeletionProtection: settings.deletionProtection ?? false,
      // An Application Load Balancer always does.
      enableCrossZoneLoadBalancing: true,
      ...common,
    }),
    child,
  );
  const ways = ports.map((port, index) => {
    const inner = (listeners as readonly Input<unknown>[])[index] as Input<unknown>;
    const spoken = output({ type, inner }).apply((known) =>
      speech(known.type, encrypted, known.inner as Inner),
    );
    const targets = new TargetGroup(
      `${name}-listener-${index}`,
      given({
        ...balancerName(`${name}-listener-${index}`),
        vpcId,
        targetType: "ip",
        port,
        protocol: spoken.apply((known) => known.inner),
        protocolVersion: spoken.apply((known) => known.version),
        // A task is told to stop after that, and goes on for its drain.
        deregistrationDelay: 15,
        healthCheck: output({ spoken, path: settings.healthCheckPath }).apply((known) =>
          healthCheck(known.spoken, known.path),
        ),
        ...common,
      }),
      child,
    );
    const listener = new Listener(
      `${name}-listener-${index}`,
      given({
        loadBalancerArn: balancer.arn,
        port: outer(index),
        protocol: spoken.apply((known) => known.outer),
        ...(encrypted && {
          certificateArn: settings.certificateArn,
          sslPolicy: settings.sslPolicy ?? modernTls,
          alpnPolicy: spoken.apply((known) => known.alpnPolicy),
        }),
        defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
        ...common,
      }),
      child,
    );
    return { targets, listener };
  });
  return {
    balancer,
    group,
    admitted: ports.map((port, index) => ({
      suffix: `listener-${index}-from-load-balancer`,
      port,
      from: { referencedSecurityGroupId: group.id },
    })),
    targetGroupArns: ways.map(({ targets }) => targets.arn),
    // ECS refuses a target group that no load balancer has.
    readyWith: [...entries, ...ways.map(({ listener }) => listener)],
    letOut: (tasks) =>
      ports.map(
        (port, index) =>
          new SecurityGroupEgressRule(
            `${name}-load-balancer-to-listener-${index}`,
            given({
              securityGroupId: group.id,
              referencedSecurityGroupId: tasks.id,
              ipProtocol: "tcp",
              fromPort: port,
              toPort: port,
              ...common,
            }),
            child,
          ),
      ),
  };
}

/** Whether Envoy answers: what it answers is the routes' affair, and a gateway without one for this path is well. */
function healthCheck({ inner, version }: ReturnType<typeof speech>, path: string | undefined) {
  const often = { interval: 10, timeout: 5, healthyThreshold: 2, unhealthyThreshold: 2 };
  if (version === undefined) return { protocol: "TCP", ...often };
  const grpc = version === "GRPC";
  return {
    protocol: inner,
    path: path ?? (grpc ? "/AWS.ALB/healthcheck" : "/"),
    matcher: grpc ? "0-99" : "200-499",
    ...often,
  };
}

/** What ECS registers the tasks with. */
export const registered = (
  { targetGroupArns }: Way,
  ports: readonly Input<number>[],
  containerName: Output<string>,
): NonNullable<ServiceArgs["loadBalancers"]> =>
  targetGroupArns.map((targetGroupArn, index) => ({
    targetGroupArn,
    containerName,
    containerPort: ports[index] as Input<number>,
  }));
