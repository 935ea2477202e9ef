import type { ComponentResourceOptions, CustomResourceOptions, Input, Inputs, Output } from "@pulumi/pulumi";
import { checkedArgs } from "../check-args.js";
import type { DeepInputs, WithPlain } from "../deep-input.js";
import { membersOf } from "../given.js";
import { Gateway, type GatewayArgs } from "../mesh/gateway.js";
import { gatewayInputs } from "../mesh/gateway-args.js";
import { listenerPortsOf } from "../mesh/lift.js";
import { look } from "../mesh/look.js";
import {
  type EcsServiceArgs,
  EcsServiceComponent,
  ecsService,
  guarded,
  outputsOf,
  taskRights,
} from "./ecs-service.js";
import { balanced, existing, registered } from "./gateway-balancer.js";
import { type MeshGatewayInputs, meshGateway, type plainMeshGatewayInputs } from "./mesh-gateway-args.js";
import { taskMembers } from "./mesh-members.js";
import { MeshTaskDefinition, type MeshTaskDefinitionArgs } from "./mesh-task-definition.js";

type Plain = (typeof plainMeshGatewayInputs)[number];

/** What a `MeshGateway` is given. How much is made of it is known at once; all else may come later. */
export type MeshGatewayArgs = WithPlain<DeepInputs<MeshGatewayInputs>, Plain>;

/** A way into a mesh on Amazon ECS, whole. */
export class MeshGateway extends EcsServiceComponent {
  readonly virtualGatewayName!: Output<string>;
  readonly gatewayRouteNames!: Output<Record<string, string>>;
  readonly dnsName: Output<string> | undefined;
  readonly zoneId: Output<string> | undefined;
  readonly loadBalancerArn: Output<string> | undefined;
  readonly loadBalancerSecurityGroupId: Output<string> | undefined;

  constructor(name: string, args: MeshGatewayArgs, opts?: ComponentResourceOptions) {
    super("appmesh:index:MeshGateway", name, checkedArgs(meshGateway, name, args) as unknown as Inputs, opts);
    const child: CustomResourceOptions = { parent: this };
    const ports = listenerPortsOf(args.listeners as readonly unknown[], look) as Input<number>[];

    const gateway = new Gateway(name, membersOf(gatewayInputs, args) as unknown as GatewayArgs, child);
    const task = new MeshTaskDefinition(
      name,
      {
        ...(membersOf(taskMembers, args) as MeshTaskDefinitionArgs),
        ...taskRights(args as never),
        virtualGateway: gateway.virtualGatewayName,
        listenerPorts: ports,
      },
      child,
    );
    const way = args.loadBalancer === undefined ? existing(args, ports) : balanced(name, args, ports, child);
    const guard = guarded(name, "Tasks of a virtual gateway", args as EcsServiceArgs, way.admitted, child);
    const letOut = way.letOut(guard.group);
    const service = ecsService(
      name,
      args as EcsServiceArgs,
      {
        ...guard,
        task,
        found: { loadBalancers: registered(way, ports, task.envoyContainerName) },
        readyWith: [gateway, ...way.readyWith, ...letOut],
      },
      child,
    );

    this.tell<MeshGateway>({
      virtualGatewayName: gateway.virtualGatewayName,
      gatewayRouteNames: gateway.gatewayRouteNames,
      dnsName: way.balancer?.dnsName,
      zoneId: way.balancer?.zoneId,
      loadBalancerArn: way.balancer?.arn,
      loadBalancerSecurityGroupId: way.group?.id,
      ...outputsOf(service, task, guard),
    });
  }
}
