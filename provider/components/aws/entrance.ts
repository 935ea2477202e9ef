// The way by which clients come to the replicas: a name in Cloud Map that leads to each, or a load balancer before them.
import type { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroup as Group } from "@pulumi/aws/ec2/securityGroup.js";
import type { ServiceArgs } from "@pulumi/aws/ecs/service.js";
import { Listener } from "@pulumi/aws/lb/listener.js";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import { Service as DiscoveryService } from "@pulumi/aws/servicediscovery/service.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import { type CustomResourceOptions, type Input, type Output, output, type Resource } from "@pulumi/pulumi";
import { balancerName } from "./balancer-name.js";
import type { ControlPlaneArgs } from "./control-plane.js";
import { ports } from "./serve-arguments.js";

/** Who is let in, as the rule of a security group has it. */
export interface Admitted {
  /** The end of the rule's name. */
  readonly suffix: string;
  readonly port: Input<number>;
  readonly from: {
    readonly referencedSecurityGroupId?: Input<string>;
    readonly cidrIpv4?: Input<string | undefined>;
    readonly cidrIpv6?: Input<string | undefined>;
  };
}

export interface Entrance {
  readonly host: Output<string>;
  /** The port by which clients call the API. */
  readonly apiPort: number;
  /** Who reaches the replicas themselves. */
  readonly admitted: readonly Admitted[];
  readonly ofService: Pick<
    ServiceArgs,
    "serviceRegistries" | "loadBalancers" | "healthCheckGracePeriodSeconds"
  >;
  /** What must be there before the service is. */
  readonly readyWith: Resource[];
}

export function entrance(
  name: string,
  args: ControlPlaneArgs,
  replicas: SecurityGroup,
  child: CustomResourceOptions,
): Entrance {
  const doors: Door[] = [
    { suffix: "api", port: ports.api },
    { suffix: "xds", port: ports.xds },
    ...(args.trustedNetworkPort === undefined
      ? []
      : [{ suffix: "trusted", port: args.trustedNetworkPort as Input<number> }]),
  ];
  if (args.cloudMap !== undefined) return byName(name, args, doors, child);
  return byLoadBalancer(name, args, doors, replicas, child);
}

/** A port on which something is let in. */
export interface Door {
  readonly suffix: string;
  readonly port: Input<number>;
}

function byName(
  name: string,
  { cloudMap, tags, ...args }: ControlPlaneArgs,
  doors: readonly Door[],
  child: CustomResourceOptions,
): Entrance {
  const { namespaceId, namespaceName, serviceName } = cloudMap as NonNullable<typeof cloudMap>;
  const service = new DiscoveryService(
    `${name}-name`,
    {
      name: output(serviceName).apply((given) => given ?? "appmesh"),
      dnsConfig: {
        namespaceId,
        // Clients soon hear of a replica that came or went.
        dnsRecords: [{ type: "A", ttl: 10 }],
        routingPolicy: "MULTIVALUE",
      },
      // ECS tells it which replicas are well; without this, those that have just started are found, too.
      healthCheckCustomConfig: { failureThreshold: 1 },
      // What is left in it when a stack is destroyed is what ECS has not yet taken out.
      forceDestroy: true,
      tags,
    },
    child,
  );
  return {
    host: output({ service: service.name, namespace: namespaceName }).apply(
      (known) => `${known.service}.${known.namespace}`,
    ),
    apiPort: ports.api,
    admitted: admitted(args, doors),
    ofService: { serviceRegistries: { registryArn: service.arn } },
    readyWith: [],
  };
}

/** The port for clients of HTTPS, who need not name it. */
const HTTPS = 443;

function byLoadBalancer(
  name: string,
  { loadBalancer = {}, tags, vpcId, subnetIds, ...args }: ControlPlaneArgs,
  doors: readonly Door[],
  replicas: SecurityGroup,
  child: CustomResourceOptions,
): Entrance {
  const outer = (door: Door): Input<number> => (door.suffix === "api" ? HTTPS : door.port);
  const group = new Group(
    `${name}-load-balancer`,
    { vpcId, description: "The load balancer before a control plane of App Mesh", tags },
    child,
  );
  for (const { suffix, port, from } of admitted(
    args,
    doors.map((door) => ({ ...door, port: outer(door) })),
  )) {
    new SecurityGroupIngressRule(
      `${name}-load-balancer-${suffix}`,
      { securityGroupId: group.id, ipProtocol: "tcp", fromPort: port, toPort: port, ...from, tags },
      child,
    );
  }
  const balancer = new LoadBalancer(
    `${name}-load-balancer`,
    {
      ...balancerName(`${name}-load-balancer`),
      loadBalancerType: "network",
      internal: output(loadBalancer.internal).apply((given) => given ?? true),
      subnets: (loadBalancer.subnetIds ?? subnetIds) as Input<Input<string>[]>,
      securityGroups: [group.id],
      enableCrossZoneLoadBalancing: true,
      tags,
    },
    child,
  );
  const ways = doors.map((door) => {
    new SecurityGroupEgressRule(
      `${name}-load-balancer-to-${door.suffix}`,
      {
        securityGroupId: group.id,
        referencedSecurityGroupId: replicas.id,
        ipProtocol: "tcp",
        fromPort: door.port,
        toPort: door.port,
        tags,
      },
      child,
    );
    const targets = new TargetGroup(
      `${name}-${door.suffix}`,
      {
        ...balancerName(`${name}-${door.suffix}`),
        vpcId,
        protocol: "TCP",
        port: door.port,
        targetType: "ip",
        // A replica listens once it has the whole state, and not before.
        healthCheck: { protocol: "TCP", interval: 10, healthyThreshold: 2, unhealthyThreshold: 2 },
        // Streams of proxies are asked to go elsewhere in this time.
        deregistrationDelay: 60,
        tags,
      },
      child,
    );
    const listener = new Listener(
      `${name}-${door.suffix}`,
      {
        loadBalancerArn: balancer.arn,
        port: outer(door),
        protocol: "TCP",
        defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
        tags,
      },
      child,
    );
    return { door, targets, listener };
  });
  return {
    host: output({ given: loadBalancer.hostName, own: balancer.dnsName }).apply(
      ({ given, own }) => given ?? own,
    ),
    apiPort: HTTPS,
    admitted: doors.map(({ suffix, port }) => ({
      suffix: `${suffix}-from-load-balancer`,
      port,
      from: { referencedSecurityGroupId: group.id },
    })),
    ofService: {
      healthCheckGracePeriodSeconds: 90,
      loadBalancers: ways.map(({ door, targets }) => ({
        targetGroupArn: targets.arn,
        containerName: "control-plane",
        containerPort: door.port,
      })),
    },
    readyWith: ways.map(({ listener }) => listener),
  };
}

/** Each client on each port. */
export function admitted(
  {
    clientSecurityGroupIds = {},
    clientCidrs = {},
  }: Pick<ControlPlaneArgs, "clientSecurityGroupIds" | "clientCidrs">,
  doors: readonly Door[],
): readonly Admitted[] {
  const groups = Object.entries(clientSecurityGroupIds as Readonly<Record<string, Input<string>>>);
  const networks = Object.entries(clientCidrs as Readonly<Record<string, Input<string>>>);
  return doors.flatMap(({ suffix, port }) => [
    ...groups.map(([client, referencedSecurityGroupId]) => ({
      suffix: `${suffix}-from-${client}`,
      port,
      from: { referencedSecurityGroupId },
    })),
    ...networks.map(([client, cidr]) => ({
      suffix: `${suffix}-from-${client}`,
      port,
      from: {
        cidrIpv4: output(cidr).apply((known) => (known.includes(":") ? undefined : known)),
        cidrIpv6: output(cidr).apply((known) => (known.includes(":") ? known : undefined)),
      },
    })),
  ]);
}
