import type { IpPreference } from "@pulumi-appmesh/model";
import type { MeshEntities } from "./entities.js";
import { memo } from "./memo.js";

/**
 * What the translation of every entity has to know of its mesh. One object for the same values, not for the same
 * spec: what is derived from it outlives an update of the mesh that changes neither.
 */
export interface Mesh {
  readonly name: string;
  readonly ipPreference: IpPreference | undefined;
}

/** undefined where the mesh does not exist. */
export function readMesh(entities: MeshEntities): Mesh | undefined {
  const spec = entities.mesh();
  return spec && mesh(all, entities.meshName, spec.serviceDiscovery?.ipPreference);
}

const all = {};
const mesh = memo(
  (_: typeof all, name: string, ipPreference: IpPreference | undefined): Mesh => ({ name, ipPreference }),
);
