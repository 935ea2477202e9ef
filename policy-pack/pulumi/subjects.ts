import { Secret } from "@pulumi/policy";
import { fromAppMesh } from "../subjects/appmesh.js";
import type { Entity } from "../subjects/entity.js";
import { plain } from "../subjects/known.js";

/** The mesh entity that a resource declares, in whichever of the known forms; undefined for other resources. */
export function entityOf(type: string, props: object): Entity | undefined {
  // Nearly all resources of a stack are something else, and cost no copy.
  if (!type.startsWith("appmesh:")) return undefined;
  return fromAppMesh(type, plain(props, unwrapped) as Readonly<Record<string, unknown>>);
}

/** Remediations are given secrets in their wrapping. */
const unwrapped = (value: object): unknown => (value instanceof Secret ? value.value : value);
