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
import { membersOf } from "../given.js";
import { Gateway, type GatewayArgs } from "../mesh/gateway.js";
import { gatewayInputs } from "../mesh/gateway-args.js";
import { listenerPortsOf } from "../mesh/lift.js";
import { look } from "../mesh/look.js";
import {
  type MeshGatewayDeploymentInputs,
  meshGatewayDeployment,
  type plainMeshGatewayDeploymentInputs,
} from "./mesh-gateway-deployment-args.js";
import { servicePorts } from "./service-ports.js";
import { accountOf, placeOf, provenBy, serviceOf, setOf, type WorkloadArgs } from "./workload.js";

type Plain = (typeof plainMeshGatewayDeploymentInputs)[number];

/** What a `MeshGatewayDeployment` is given. How much is made of it is known at once; all else may come later. */
export type MeshGatewayDeploymentArgs = WithPlain<DeepInputs<MeshGatewayDeploymentInputs>, Plain>;

/** A way into a mesh on Kubernetes, whole. */
export class MeshGatewayDeployment extends ComponentResource {
  readonly virtualGatewayName: Output<string>;
  readonly gatewayRouteNames: Output<Record<string, string>>;
  readonly deploymentName: Output<string>;
  readonly serviceName: Output<string>;
  readonly serviceAccountName: Output<string>;
  readonly podLabels: Output<Record<string, string>>;

  constructor(name: string, args: MeshGatewayDeploymentArgs, opts?: ComponentResourceOptions) {
    super(
      "appmesh:index:MeshGatewayDeployment",
      name,
      checkedArgs(meshGatewayDeployment, name, args) as unknown as Inputs,
      opts,
    );
    const child: CustomResourceOptions = { parent: this };
    const workload = args as unknown as WorkloadArgs;
    const listeners = args.listeners as readonly unknown[];
    const place = placeOf(name, workload);

    const gateway = new Gateway(name, membersOf(gatewayInputs, args) as unknown as GatewayArgs, child);
    const account = accountOf(name, workload, place, child);
    const proven = provenBy(
      name,
      workload,
      place,
      account,
      { virtualGateways: [gateway.virtualGatewayName] },
      child,
    );
    const deployment = setOf(
      name,
      workload,
      place,
      account,
      { virtualGateway: gateway.virtualGatewayName, listenerPorts: listenerPortsOf(listeners, look) },
      // Envoy is ready only once it has something to serve, and pods that are not ready fail the Deployment.
      { ...child, dependsOn: [gateway, ...proven] },
    );
    const ports = output({ listeners, outer: args.servicePorts }).apply((known) =>
      servicePorts(known.listeners, known.outer as readonly number[] | undefined),
    );
    const service = serviceOf(
      name,
      workload,
      place,
      ports.apply((known) => ({ ports: known })),
      // Pulumi waits until a Service leads to a pod.
      { ...child, dependsOn: [deployment] },
    );

    this.virtualGatewayName = gateway.virtualGatewayName;
    this.gatewayRouteNames = gateway.gatewayRouteNames;
    this.deploymentName = deployment.metadata.name;
    this.serviceName = service.metadata.name;
    this.serviceAccountName = account;
    this.podLabels = place.labels;
    this.registerOutputs({
      virtualGatewayName: this.virtualGatewayName,
      gatewayRouteNames: this.gatewayRouteNames,
      deploymentName: this.deploymentName,
      serviceName: this.serviceName,
      serviceAccountName: this.serviceAccountName,
      podLabels: this.podLabels,
    });
  }
}
