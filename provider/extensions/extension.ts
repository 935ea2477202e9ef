import type { Member } from "@pulumi-appmesh/model";
import type { Resource } from "../resources/resource.js";

/** A resource that App Mesh never had: it names the entity that it extends, and has a path of its own in the API. */
export interface Extension extends Resource {
  /** MeshSettings, of the token appmesh:index:MeshSettings. */
  readonly title: string;
  readonly doc: string;
  readonly inputs: Readonly<Record<string, Member>>;
  /** The inputs that say what it extends: a change of one makes another of it. */
  readonly identity: readonly string[];
}
