import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Inputs,
  Output,
} from "@pulumi/pulumi";
import { EntityResource } from "./entity-resource.js";
import { type GatewayParts, gatewayRouteSpec, gatewaySpec } from "./gateway-specs.js";
import { look } from "./look.js";

export interface GatewayArgs extends GatewayParts {
  readonly meshName: Input<string>;
  readonly meshOwner?: Input<string | undefined>;
  readonly virtualGatewayName?: Input<string | undefined>;
  readonly tags?: Input<Record<string, Input<string>> | undefined>;
}

/** A way into a mesh, whole: a virtual gateway and the gateway routes that lead from it to virtual services. */
export class Gateway extends ComponentResource {
  readonly virtualGatewayName: Output<string>;
  /** By route. */
  readonly gatewayRouteNames: Output<Record<string, string>>;

  constructor(name: string, args: GatewayArgs, opts?: ComponentResourceOptions) {
    super("appmesh:index:Gateway", name, args as unknown as Inputs, opts);
    const { meshName, meshOwner, tags } = args;
    const common = { meshName, meshOwner, tags };
    const gateway = new EntityResource(
      "virtualGateway",
      `${name}-gateway`,
      {
        ...common,
        virtualGatewayName: args.virtualGatewayName ?? `${name}-gateway`,
        spec: gatewaySpec(args),
      },
      { parent: this },
    );
    const routeNames: Record<string, Input<string>> = {};
    for (const [routeName, route] of Object.entries(args.routes ?? {})) {
      routeNames[routeName] = new EntityResource(
        "gatewayRoute",
        `${name}-${routeName}`,
        {
          ...common,
          virtualGatewayName: gateway.entityName,
          gatewayRouteName: `${name}-${routeName}`,
          spec: gatewayRouteSpec(args, route, look),
        },
        { parent: this },
      ).entityName;
    }
    this.virtualGatewayName = gateway.entityName;
    this.gatewayRouteNames = Output.create(routeNames) as Output<Record<string, string>>;
    this.registerOutputs({
      virtualGatewayName: this.virtualGatewayName,
      gatewayRouteNames: this.gatewayRouteNames,
    });
  }
}
