import type { Kind, Specs } from "@pulumi-appmesh/model";
import { type Address, childOf, meshOf } from "../address.js";
import { references } from "../references.js";
import type { MeshState } from "../state.js";
import { existing } from "./not-found.js";

/**
 * What an entity refers to must exist when it is written, except the backends of a virtual node: services and
 * nodes refer to one another in circles, so App Mesh lets a backend name a service that is yet to come.
 */
export function checkReferences<K extends Kind>(state: MeshState, address: Address<K>, spec: Specs[K]): void {
  for (const [kind, name] of references(address.kind, spec)) {
    existing(state, childOf(meshOf(address), kind, name));
  }
}
