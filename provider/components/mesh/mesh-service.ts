import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Inputs,
  Output,
} from "@pulumi/pulumi";
import { EntityResource } from "./entity-resource.js";
import { look } from "./look.js";
import {
  type MeshServiceKind,
  type MeshServiceParts,
  needsNode,
  nodeSpec,
  previewSpec,
  routerSpec,
  routeSpec,
  serviceSpec,
} from "./mesh-service-specs.js";

export interface MeshServiceArgs extends MeshServiceParts {
  readonly meshName: Input<string>;
  readonly meshOwner?: Input<string | undefined>;
  readonly virtualServiceName: Input<string>;
  readonly tags?: Input<Record<string, Input<string>> | undefined>;
}

/**
 * A service of a mesh, whole: a virtual service, the virtual router behind it, a virtual node for each
 * version, and a route that shares out the traffic among the versions by weight.
 */
export class MeshService extends ComponentResource {
  readonly virtualServiceName: Output<string>;
  readonly virtualRouterName: Output<string>;
  readonly routeName: Output<string>;
  /** By version. */
  readonly virtualNodeNames: Output<Record<string, string>>;

  constructor(name: string, args: MeshServiceArgs, opts?: ComponentResourceOptions) {
    super("appmesh:index:MeshService", name, args as unknown as Inputs, opts);
    const { meshName, meshOwner, tags } = args;
    const child = (
      kind: MeshServiceKind,
      suffix: string,
      properties: Inputs,
      dependsOn: EntityResource[] = [],
    ) =>
      new EntityResource(
        kind,
        `${name}-${suffix}`,
        { meshName, meshOwner, tags, ...properties },
        { parent: this, dependsOn },
      );

    const nodeNames: Record<string, Input<string>> = {};
    for (const [versionName, version] of Object.entries(args.versions)) {
      nodeNames[versionName] = needsNode(version)
        ? child("virtualNode", versionName, {
            // Proxies, dashboards and alarms are told these names, so they are the ones that the program shows.
            virtualNodeName: `${name}-${versionName}`,
            spec: nodeSpec(args, version, look),
          }).entityName
        : (version.virtualNodeName as Input<string>);
    }
    const router = child("virtualRouter", "router", {
      virtualRouterName: `${name}-router`,
      spec: routerSpec(args, look),
    });
    const route = child("route", "route", {
      virtualRouterName: router.entityName,
      routeName: `${name}-route`,
      spec: routeSpec(args, nodeNames, look),
    });
    for (const [versionName, { preview }] of Object.entries(args.versions)) {
      if (preview === undefined || preview === null) continue;
      child("route", `${versionName}-preview`, {
        virtualRouterName: router.entityName,
        routeName: `${name}-${versionName}-preview`,
        spec: previewSpec(args, versionName, nodeNames[versionName], look),
      });
    }
    // Clients find the service only once its route is there: a router without one answers every request with an error.
    const service = child(
      "virtualService",
      "service",
      { virtualServiceName: args.virtualServiceName, spec: serviceSpec(router.entityName) },
      [route],
    );

    this.virtualServiceName = service.entityName;
    this.virtualRouterName = router.entityName;
    this.routeName = route.entityName;
    this.virtualNodeNames = Output.create(nodeNames) as Output<Record<string, string>>;
    this.registerOutputs({
      virtualServiceName: this.virtualServiceName,
      virtualRouterName: this.virtualRouterName,
      routeName: this.routeName,
      virtualNodeNames: this.virtualNodeNames,
    });
  }
}
