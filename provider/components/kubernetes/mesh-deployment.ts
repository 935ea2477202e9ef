import {
  ComponentResource,
  type ComponentResourceOptions,
  type CustomResourceOptions,
  type Inputs,
  type Output,
  output,
} from "@pulumi/pulumi";
import { checkedArgs } from "../check-args.js";
import type { DeepInputs, WithPlain } from "../deep-input.js";
import { given } from "../given.js";
import { EntityResource } from "../mesh/entity-resource.js";
import { listenerPortsOf } from "../mesh/lift.js";
import { look } from "../mesh/look.js";
import { nodeSpec } from "../mesh/node-spec.js";
import {
  type MeshDeploymentInputs,
  meshDeployment,
  type plainMeshDeploymentInputs,
} from "./mesh-deployment-args.js";
import { servicePorts } from "./service-ports.js";
import { accountOf, placeOf, provenBy, serviceOf, setOf, type WorkloadArgs } from "./workload.js";

type Plain = (typeof plainMeshDeploymentInputs)[number];

/** What a `MeshDeployment` is given. How much is made of it is known at once; all else may come later. */
export type MeshDeploymentArgs = WithPlain<DeepInputs<MeshDeploymentInputs>, Plain>;

/** Pods of a Deployment that are a virtual node of a mesh, whole. */
export class MeshDeployment extends ComponentResource {
  readonly virtualNodeName: Output<string>;
  readonly deploymentName: Output<string>;
  readonly serviceName: Output<string> | undefined;
  readonly hostname: Output<string> | undefined;
  readonly serviceAccountName: Output<string>;
  readonly podLabels: Output<Record<string, string>>;

  constructor(name: string, args: MeshDeploymentArgs, opts?: ComponentResourceOptions) {
    super(
      "appmesh:index:MeshDeployment",
      name,
      checkedArgs(meshDeployment, name, args) as unknown as Inputs,
      opts,
    );
    const child: CustomResourceOptions = { parent: this };
    const { meshName, meshOwner, tags } = args;
    const listeners = (args.listeners ?? []) as readonly unknown[];
    const listenerPorts = listenerPortsOf(listeners, look);
    const place = placeOf(name, args as WorkloadArgs);

    // Pulumi waits for no pods of a headless Service, so that it may come first: names are there when pods are.
    const service =
      listeners.length === 0
        ? undefined
        : serviceOf(
            name,
            args as WorkloadArgs,
            place,
            output(servicePorts(listeners)).apply((ports) => ({ clusterIP: "None", ports })),
            child,
          );
    const hostname =
      service &&
      output({ ...place, domain: args.clusterDomain }).apply(
        (known) => `${known.name}.${known.namespace}.svc.${known.domain ?? "cluster.local"}`,
      );
    const node = new EntityResource(
      "virtualNode",
      `${name}-node`,
      given({
        meshName,
        meshOwner,
        tags,
        virtualNodeName: args.virtualNodeName ?? name,
        spec: {
          ...nodeSpec(args, undefined, look),
          // Every pod, and not one that some resolver chose.
          serviceDiscovery:
            args.serviceDiscovery ?? (hostname && { dns: { hostname, responseType: "ENDPOINTS" } }),
        },
      }),
      child,
    );
    const account = accountOf(name, args as WorkloadArgs, place, child);
    const proven = provenBy(
      name,
      args as WorkloadArgs,
      place,
      account,
      { virtualNodes: [node.entityName] },
      child,
    );
    const deployment = setOf(
      name,
      args as WorkloadArgs,
      place,
      account,
      { virtualNode: node.entityName, listenerPorts },
      { ...child, dependsOn: [...proven] },
      service?.metadata.name,
    );

    this.virtualNodeName = node.entityName;
    this.deploymentName = deployment.metadata.name;
    this.serviceName = service?.metadata.name;
    this.hostname = hostname;
    this.serviceAccountName = account;
    this.podLabels = place.labels;
    this.registerOutputs({
      virtualNodeName: this.virtualNodeName,
      deploymentName: this.deploymentName,
      serviceName: this.serviceName,
      hostname: this.hostname,
      serviceAccountName: this.serviceAccountName,
      podLabels: this.podLabels,
    });
  }
}
