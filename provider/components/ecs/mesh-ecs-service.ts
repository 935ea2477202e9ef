import type { ServiceArgs } from "@pulumi/aws/ecs/service.js";
import { Service as DiscoveryService } from "@pulumi/aws/servicediscovery/service.js";
import {
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Input,
  type Inputs,
  type Output,
  output,
} from "@pulumi/pulumi";
import { admitted } from "../aws/entrance.js";
import { checkedArgs } from "../check-args.js";
import type { DeepInputs, WithPlain } from "../deep-input.js";
import { given, membersOf } from "../given.js";
import { EntityResource } from "../mesh/entity-resource.js";
import { listenerPortsOf } from "../mesh/lift.js";
import { look } from "../mesh/look.js";
import { nodeSpec } from "../mesh/node-spec.js";
import { defaultEnvoyName } from "../sidecar/defaults.js";
import type { ContainerDefinition } from "./container-definition.js";
import {
  type EcsServiceArgs,
  EcsServiceComponent,
  ecsService,
  guarded,
  outputsOf,
  taskRights,
} from "./ecs-service.js";
import {
  type MeshEcsServiceInputs,
  meshEcsService,
  type plainMeshEcsServiceInputs,
} from "./mesh-ecs-service-args.js";
import { taskMembers } from "./mesh-members.js";
import { MeshTaskDefinition, type MeshTaskDefinitionArgs } from "./mesh-task-definition.js";
import { containerOf } from "./target-groups.js";

type Plain = (typeof plainMeshEcsServiceInputs)[number];

/** What a `MeshEcsService` is given. How much is made of it is known at once; all else may come later. */
export type MeshEcsServiceArgs = WithPlain<DeepInputs<MeshEcsServiceInputs>, Plain>;

/** A service on Amazon ECS that is part of a mesh, whole. */
export class MeshEcsService extends EcsServiceComponent {
  readonly virtualNodeName!: Output<string>;
  readonly cloudMapServiceArn: Output<string> | undefined;

  constructor(name: string, args: MeshEcsServiceArgs, opts?: ComponentResourceOptions) {
    super(
      "appmesh:index:MeshEcsService",
      name,
      checkedArgs(meshEcsService, name, args) as unknown as Inputs,
      opts,
    );
    const child: CustomResourceOptions = { parent: this };
    const { meshName, meshOwner, tags } = args;
    const ports = listenerPortsOf((args.listeners ?? []) as readonly unknown[], look) as Input<number>[];

    const found = this.#found(name, args, child);
    const node = new EntityResource(
      "virtualNode",
      `${name}-node`,
      given({
        meshName,
        meshOwner,
        tags,
        virtualNodeName: args.virtualNodeName ?? name,
        spec: nodeSpec(args, found?.awsCloudMap, look),
      }),
      child,
    );
    const task = new MeshTaskDefinition(
      name,
      {
        ...(membersOf(taskMembers, args) as MeshTaskDefinitionArgs),
        ...taskRights(args as never),
        virtualNode: node.entityName,
        listenerPorts: ports,
      },
      child,
    );
    const balanced = (args.loadBalancers ?? []) as readonly DeepInputs<LoadBalancer>[];
    const behind = [...new Set(balanced.map(({ containerPort }) => containerPort as Input<number>))];
    const doors = [
      ...ports.map((port, index) => ({ suffix: `listener-${index}`, port })),
      // Those of listeners are open already.
      ...behind.filter((port) => !ports.includes(port)).map((port) => ({ suffix: `port-${port}`, port })),
    ];
    const guard = guarded(
      name,
      "Tasks of a service of the mesh",
      args as EcsServiceArgs,
      admitted(args as never, doors),
      child,
    );
    const service = ecsService(
      name,
      args as EcsServiceArgs,
      {
        ...guard,
        task,
        found: {
          ...(found !== undefined && { serviceRegistries: { registryArn: found.arn } }),
          ...(balanced.length > 0 && { loadBalancers: registered(args, balanced, ports) }),
        },
        readyWith: [node],
      },
      child,
    );

    this.tell<MeshEcsService>({
      // No route has a share for it before it has tasks. The URN is known in previews already.
      virtualNodeName: output({ name: node.entityName, ready: service.urn }).apply(({ name }) => name),
      cloudMapServiceArn: found?.arn,
      ...outputsOf(service, task, guard),
    });
  }

  /** The service of Cloud Map in which ECS registers the tasks that are healthy, and how the virtual node finds them there. */
  #found(
    name: string,
    { cloudMap, family, region, tags }: MeshEcsServiceArgs,
    child: CustomResourceOptions,
  ): Found | undefined {
    if (cloudMap === undefined) return undefined;
    const { namespaceName, serviceName, serviceArn } = cloudMap;
    if (serviceArn !== undefined) {
      // ECS tells Cloud Map the family of each task: those of other versions are not this virtual node's.
      const attributes = [{ key: "ECS_TASK_DEFINITION_FAMILY", value: family ?? name }];
      return { arn: output(serviceArn), awsCloudMap: { namespaceName, serviceName, attributes } };
    }
    const service = new DiscoveryService(
      `${name}-discovery`,
      given({
        name: output(serviceName).apply((known) => known ?? name),
        dnsConfig: {
          namespaceId: cloudMap.namespaceId as Input<string>,
          dnsRecords: [{ type: "A", ttl: 10 }],
          routingPolicy: "MULTIVALUE",
        },
        // ECS tells it which tasks are healthy; without this, those that have just started are told to callers, too.
        healthCheckCustomConfig: { failureThreshold: 1 },
        // What is left in it when a stack is destroyed is what ECS has not yet taken out.
        forceDestroy: true,
        region,
        tags,
      }),
      child,
    );
    return { arn: service.arn, awsCloudMap: { namespaceName, serviceName: service.name } };
  }
}

type LoadBalancer = NonNullable<MeshEcsServiceInputs["loadBalancers"]>[number];

/** What ECS registers the tasks with. */
const registered = (
  { containerDefinitions, envoy, interception }: MeshEcsServiceArgs,
  balanced: readonly DeepInputs<LoadBalancer>[],
  ports: readonly Input<number>[],
): NonNullable<ServiceArgs["loadBalancers"]> =>
  balanced.map((loadBalancer) => ({
    targetGroupArn: loadBalancer.targetGroupArn as Input<string>,
    containerPort: loadBalancer.containerPort as Input<number>,
    containerName: output({ loadBalancer, containerDefinitions, envoy, interception, ports }).apply(
      (known) => {
        const containers = {
          containerDefinitions: known.containerDefinitions as readonly ContainerDefinition[],
          envoyName: known.envoy?.name ?? defaultEnvoyName,
          envoyPorts: known.interception?.mode === "explicit" ? known.ports : [],
        };
        return containerOf(known.loadBalancer as LoadBalancer, containers) ?? "";
      },
    ),
  }));

interface Found {
  readonly arn: Output<string>;
  readonly awsCloudMap: object;
}
