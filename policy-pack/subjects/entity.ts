import type { Kind, Path, Specs } from "@pulumi-appmesh/model";

/**
 * A mesh entity, whichever way it is declared. Reading a part that is not known yet throws NotKnownYet, the name
 * and the mesh included.
 */
export interface Entity<K extends Kind = Kind> {
  readonly kind: K;
  readonly meshName: string;
  /** From the mesh down to the entity itself, without the mesh: `["catalog", "canary"]` for a route. Empty for a mesh. */
  readonly names: readonly string[];
  readonly spec: Specs[K];
  /** The same as it was given, which may be anything, with `unknown` in the place of what is not known yet. */
  readonly given: unknown;
  /** undefined where the declaration has no place for them. */
  readonly tags: Readonly<Record<string, string>> | undefined;
  /** Where a part of the model's spec stands in the declaration. Paths begin with `spec`. */
  readonly source: Source;
}

export interface Source {
  /** In the words of its own declaration: `spec.listeners[0].tls.mode`. */
  readonly path: (path: Path) => Path;
}

/** An entity of any kind, so that `switch (entity.kind)` tells what its spec is. */
export type AnyEntity = { [K in Kind]: Entity<K> }[Kind];
