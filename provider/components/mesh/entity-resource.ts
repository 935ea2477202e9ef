import {
  CustomResource,
  type CustomResourceOptions,
  type Inputs,
  mergeOptions,
  type Output,
} from "@pulumi/pulumi";
import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { pluginDownloadURL, version } from "../../server/version.js";

/** An entity of a mesh as a child of a component. The generated SDK is made from this package, so it is of no use here. */
export class EntityResource extends CustomResource {
  /** The entity's own name, once it has one. */
  readonly entityName: Output<string>;

  constructor(kind: Kind, name: string, args: Inputs, opts: CustomResourceOptions) {
    const { title, nameMember } = entityTypes[kind];
    // The same version as the SDK's resources ask for, so that they share one provider.
    super(`appmesh:index:${title}`, name, args, mergeOptions({ version, pluginDownloadURL }, opts));
    this.entityName = (this as unknown as Record<string, Output<string>>)[nameMember] as Output<string>;
  }
}
