import { entityTypes } from "@pulumi-appmesh/model";
import { ownName } from "../address.js";
import type { Entity } from "../entity.js";
import { MeshError } from "../errors.js";

/** What must be so for a change to be made. Not of App Mesh's: it let the last writer win. */
export interface Precondition {
  /** The versions of which the entity must have one. Default: any. */
  readonly versions?: readonly number[];
}

/** Whether an entity still is what its writer has read, so that no other writer's update is lost. */
export function checkVersion({ address, metadata }: Entity, { versions }: Precondition): void {
  if (versions === undefined || versions.includes(metadata.version)) return;
  throw new MeshError(
    "PreconditionFailedException",
    `${entityTypes[address.kind].title} with name ${ownName(address)} is at version ${metadata.version}; ` +
      `the precondition is version ${versions.join(" or ")}. Nothing was changed. ` +
      "Read it again, apply the change to what it is now, and repeat with its version",
  );
}
