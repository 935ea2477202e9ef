import type { ComponentResource, ComponentResourceOptions } from "@pulumi/pulumi";
import type { Infer, Members, Violation } from "@pulumi-appmesh/model";
import type { ObjectValue } from "../server/values.js";

/**
 * A component, told once: the schema, the check of its inputs and the plugin's handling of both derive from this.
 * It is declared without loading the component itself, so that the plugin starts without Pulumi's runtime.
 */
export interface ComponentType {
  /** MeshService, of the token appmesh:index:MeshService. */
  readonly name: string;
  readonly doc: string;
  /** What it is given. `tags`, where it has them, obey the rules of an entity's tags. */
  readonly inputs: Members;
  /** The inputs that decide how many resources there will be: they, and the names in them, must be known before anything is made. */
  readonly plain?: readonly string[];
  /** What it gives back, each a property of the component under the same name. */
  readonly outputs: Members;
  /** The outputs that are kept encrypted in the state. */
  readonly secrets?: readonly string[];
  /**
   * What is wrong with inputs that the shapes find nothing wrong with. Secrets are opened, members that are null are
   * left out, and values that are not known yet are `UNKNOWN`. `name` is the component's own, by which others may be called.
   */
  readonly rules?: (inputs: ObjectValue, name?: string) => Iterable<Violation>;
  /** Loads the component, and Pulumi's runtime with it, when the first of its kind is made. */
  readonly load: () => Promise<ComponentClass>;
}

export type ComponentClass = new (
  name: string,
  // Each class has arguments of its own; what comes here has passed the check.
  args: never,
  opts: ComponentResourceOptions,
) => ComponentResource;

/** What a component with such inputs is given, once everything is known. */
export type ComponentInputs<M extends Members> = {
  readonly [K in keyof M as M[K]["required"] extends true ? K : never]: Infer<M[K]["shape"]>;
} & {
  readonly [K in keyof M as M[K]["required"] extends true ? never : K]?: Infer<M[K]["shape"]>;
};

export const componentToken = ({ name }: ComponentType): string => `appmesh:index:${name}`;
