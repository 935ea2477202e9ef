import type { Members } from "@pulumi-appmesh/model";
import type { Resource } from "../resources/resource.js";

/** A resource that App Mesh never had: it names what it extends, and has a path of its own in the API. */
export interface Extension extends Resource {
  /** MeshSettings, of the token appmesh:index:MeshSettings. */
  readonly title: string;
  readonly doc: string;
  readonly inputs: Members;
  /** What the control plane adds to the inputs. */
  readonly outputs: Members;
  /** The outputs that are kept encrypted in the state. */
  readonly secrets: readonly string[];
  /** The inputs that say what it is: a change of one makes another of it. */
  readonly identity: readonly string[];
}
