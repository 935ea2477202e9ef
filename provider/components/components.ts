import type { ComponentResource, ComponentResourceOptions, Inputs, Output } from "@pulumi/pulumi";
import type { Failure } from "../resources/check.js";
import type { ObjectValue } from "../server/values.js";
import { checkGateway } from "./mesh/check-gateway.js";
import { checkMeshService } from "./mesh/check-mesh-service.js";

/** A component as the plugin serves it. */
export interface ComponentType {
  /** What is wrong with its inputs, before anything is made of them. */
  readonly check: (inputs: ObjectValue) => readonly Failure[];
  /** Inputs that are taken as they are, since they decide how many resources there will be. */
  readonly plain: readonly string[];
  readonly outputs: readonly string[];
  /** Loads the component, and Pulumi's runtime with it, when the first of its kind is made. */
  readonly load: () => Promise<
    new (
      name: string,
      args: Inputs,
      opts: ComponentResourceOptions,
    ) => ComponentResource & Record<string, Output<unknown>>
  >;
}

/** The components, by token. */
export const componentTypes: ReadonlyMap<string, ComponentType> = new Map<string, ComponentType>([
  [
    "appmesh:index:MeshService",
    {
      check: checkMeshService,
      plain: ["versions"],
      outputs: ["virtualServiceName", "virtualRouterName", "routeName", "virtualNodeNames"],
      load: async () => (await import("./mesh/mesh-service.js")).MeshService as never,
    },
  ],
  [
    "appmesh:index:Gateway",
    {
      check: checkGateway,
      plain: ["routes"],
      outputs: ["virtualGatewayName", "gatewayRouteNames"],
      load: async () => (await import("./mesh/gateway.js")).Gateway as never,
    },
  ],
]);
