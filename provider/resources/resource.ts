import type { ObjectValue } from "../server/values.js";
import type { CheckInput, Failure } from "./check.js";
import type { DiffInput, ResourceDiff } from "./diff.js";
import type { Context, Made } from "./operations.js";

/**
 * A kind of resource as the plugin serves it: an entity of a mesh, or what stands beside one. Its check, its diff and its
 * plans ask nothing of the control plane, which may not be there yet.
 */
export interface Resource {
  /** appmesh:index:VirtualNode */
  readonly token: string;
  /** The inputs as they are taken, and everything that is wrong with them. */
  check(input: CheckInput, defaultTags: ObjectValue): { inputs: ObjectValue; failures: Failure[] };
  /** `state` is what is known of the resource; `olds` are the inputs that it was made with, if they are known. */
  diff(input: ResourceDiffInput): ResourceDiff;
  /** What a preview shows of one that is to be made. */
  planned(inputs: ObjectValue): ObjectValue;
  plannedUpdate(olds: ObjectValue, news: ObjectValue, ignoreChanges: readonly string[]): ObjectValue;
  create(inputs: ObjectValue, context: Context): Promise<Made>;
  /** What it is now; undefined where it is gone. `known` is what is known of it: nothing on import. */
  read(id: string, known: Found, context: Context): Promise<Found | undefined>;
  update(update: ResourceUpdate, context: Context): Promise<ObjectValue>;
  delete(id: string, context: Context): Promise<void>;
}

export interface Found {
  readonly inputs: ObjectValue;
  readonly state: ObjectValue;
}

export interface ResourceDiffInput extends Omit<DiffInput, "olds"> {
  readonly state: ObjectValue;
  readonly olds: ObjectValue | undefined;
}

export interface ResourceUpdate {
  readonly id: string;
  readonly olds: ObjectValue;
  readonly news: ObjectValue;
  readonly ignoreChanges: readonly string[];
}
