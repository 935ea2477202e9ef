import type { Address } from "./address.js";
import type { Caller } from "./caller.js";
import type { Entity, Tag } from "./entity.js";

/** A change that has been committed: who made it, by which operation, to what, from what and to what. */
export interface CommittedChange extends DecidedChange {
  readonly caller: Caller;
}

/** What an operation is about to change. */
export interface DecidedChange {
  /** As AWS names it, `UpdateVirtualNode`; `ShareMesh`, `UnshareMesh`, `UpdateMeshSettings` and those of service accounts are this control plane's own. */
  readonly operation: string;
  readonly address: Address;
  /** undefined where there was nothing. */
  readonly before: Snapshot | undefined;
  /** undefined where nothing is left. */
  readonly after: Snapshot | undefined;
}

/** What a change can be about, whole. */
export type Snapshot =
  | { readonly version: number; readonly spec: object; readonly tags: readonly Tag[] }
  | { readonly sharedWith: readonly string[] }
  | { readonly settings: object }
  | { readonly serviceAccounts: object };

export const snapshot = ({ metadata, spec, tags }: Entity): Snapshot => ({
  version: metadata.version,
  spec,
  tags,
});
