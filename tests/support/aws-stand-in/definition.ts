// What a stand-in for somebody else's provider plugin knows of the resources and functions that a component uses.
import type { ObjectValue, Value } from "@pulumi-appmesh/provider/server/values.js";

export interface StandInDefinition {
  /** aws, of pulumi-resource-aws. */
  readonly name: string;
  /** The version that the component's package asks for. */
  readonly version: string;
  /** By token, such as aws:iam/role:Role. */
  readonly resources: Readonly<Record<string, StandInResource>>;
  readonly functions?: Readonly<Record<string, StandInFunction>>;
}

export interface StandInResource {
  /** The input that gets a name of its own where none is given, as the real provider names things. */
  readonly autoname?: string;
  /** The most characters of such a name. Where `namePrefix` is given, that begins it. */
  readonly longestName?: number;
  /** Inputs whose change makes another one of it. */
  readonly replaceOn?: readonly string[];
  /** Inputs that it must be given: the real provider refuses it otherwise. */
  readonly required?: readonly string[];
  /** What it is called once it is made, of inputs that are all known. `name` is that of the resource in the program. */
  readonly id: (inputs: ObjectValue, name: string) => string;
  /** What it has besides its inputs. In a preview all of this is not known yet. */
  readonly outputs?: (inputs: ObjectValue, id: string) => ObjectValue;
}

export type StandInFunction = (args: ObjectValue) => ObjectValue;

/** One call of the engine, as it is recorded. */
export interface Call {
  readonly call: "check" | "create" | "update" | "delete" | "invoke";
  readonly preview: boolean;
  /** Type of the resource, or token of the function. */
  readonly type: string;
  readonly name: string;
  /** Secrets are {$secret: VALUE}, what is not known yet {$unknown: true}. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Of the provider, as it was configured: which one of several it is. */
  readonly config: Readonly<Record<string, unknown>>;
}

export const text = (value: Value | undefined): string => {
  if (typeof value === "string") return value;
  throw new Error(`a text was expected, given ${JSON.stringify(value)}`);
};
