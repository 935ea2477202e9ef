import type { IpPreference } from "@pulumi-appmesh/model";
import type { ManagedTls, MeshEntities } from "./entities.js";
import { memo } from "./memo.js";

/**
 * What the translation of every entity has to know of its mesh. One object for the same values, not for the same
 * spec: what is derived from it outlives an update of the mesh that changes neither.
 */
export interface Mesh {
  readonly name: string;
  readonly ipPreference: IpPreference | undefined;
  /** Whether requests are tried again where no retry policy says so. */
  readonly defaultRetries: boolean;
  readonly managedTls: ManagedTls | undefined;
}

/** undefined where the mesh does not exist. */
export function readMesh(entities: MeshEntities): Mesh | undefined {
  const spec = entities.mesh();
  const { defaultRetries = true } = entities.settings?.() ?? {};
  return (
    spec &&
    mesh(all, entities.meshName, spec.serviceDiscovery?.ipPreference, defaultRetries, entities.managedTls?.())
  );
}

const all = {};
const mesh = memo(
  (
    _: typeof all,
    name: string,
    ipPreference: IpPreference | undefined,
    defaultRetries: boolean,
    managedTls: ManagedTls | undefined,
  ): Mesh => ({ name, ipPreference, defaultRetries, managedTls }),
);
