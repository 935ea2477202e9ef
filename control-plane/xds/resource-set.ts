import type { EncodedResource } from "./encode.js";
import type { ResourceKind } from "./resource-kinds.js";
import { WeakTable } from "./weak-table.js";

/** All resources of one kind that a proxy is told, at one moment. Immutable; equal sets are the same object. */
export class ResourceSet {
  /** From the versions of its resources in whatever order: equal on every replica. */
  readonly version: string;

  constructor(
    readonly kind: ResourceKind,
    readonly resources: ReadonlyMap<string, EncodedResource>,
    /** Part of it is known by a client's word alone: good to compare with, never to be handed to another proxy. */
    readonly claimed = false,
  ) {
    this.version = combinedVersion(resources.values());
  }
}

const nothing = new Uint8Array();
/** False for a resource of which only the version is known, from a client's word. */
export const isSendable = (resource: EncodedResource): boolean => resource.any !== nothing;

/** What it takes to get from one set to another. */
export interface Difference {
  readonly changed: readonly EncodedResource[];
  readonly removed: readonly string[];
}

/** Makes sets, and remembers what lies between them, once for all streams. */
export class ResourceSets {
  private readonly byVersion = new WeakTable<ResourceSet>();
  private readonly differences = new WeakMap<ResourceSet, WeakMap<ResourceSet, Difference>>();
  private readonly unions = new WeakMap<ResourceSet, WeakMap<ResourceSet, ResourceSet>>();
  private readonly empties = new Map<ResourceKind, ResourceSet>();

  empty(kind: ResourceKind): ResourceSet {
    return memo(this.empties, kind, () => this.of(kind, []));
  }

  of(kind: ResourceKind, resources: Iterable<EncodedResource>): ResourceSet {
    return this.intern(
      new ResourceSet(kind, new Map([...resources].map((resource) => [resource.name, resource]))),
    );
  }

  /** The set of that version, if any proxy is still told of it. */
  find(kind: ResourceKind, version: string): ResourceSet | undefined {
    return this.byVersion.get(`${kind} ${version}`);
  }

  difference(from: ResourceSet, to: ResourceSet): Difference {
    return memo(
      memo(this.differences, from, () => new WeakMap<ResourceSet, Difference>()),
      to,
      () => ({
        changed: [...to.resources.values()].filter(
          ({ name, version }) => from.resources.get(name)?.version !== version,
        ),
        removed: [...from.resources.keys()].filter((name) => !to.resources.has(name)),
      }),
    );
  }

  /**
   * What a reconnecting client says that it holds. Where that is not what `current` has, all that is known is
   * the version, so those resources can be removed or replaced but not sent.
   */
  claim(versions: ReadonlyMap<string, string>, current: ResourceSet): ResourceSet {
    const resources = new Map<string, EncodedResource>();
    for (const [name, version] of versions) {
      const own = current.resources.get(name);
      resources.set(name, own?.version === version ? own : { name, version, any: nothing, entities: [] });
    }
    return new ResourceSet(current.kind, resources, true);
  }

  /** `set` with that resource, in the place of the one that has its name. */
  with(set: ResourceSet, resource: EncodedResource): ResourceSet {
    return this.intern(
      new ResourceSet(set.kind, new Map([...set.resources, [resource.name, resource]]), set.claimed),
    );
  }

  /** `set` together with what only `older` has. */
  union(set: ResourceSet, older: ResourceSet): ResourceSet {
    if (set === older || older.resources.size === 0) return set;
    return memo(
      memo(this.unions, set, () => new WeakMap<ResourceSet, ResourceSet>()),
      older,
      () =>
        this.difference(older, set).removed.length === 0
          ? set
          : this.intern(
              new ResourceSet(set.kind, new Map([...older.resources, ...set.resources]), older.claimed),
            ),
    );
  }

  private intern(set: ResourceSet): ResourceSet {
    // A client chooses the versions that it claims: sharing them would let it forge another proxy's set.
    if (set.claimed) return set;
    const key = `${set.kind} ${set.version}`;
    const same = this.byVersion.get(key);
    if (same !== undefined) return same;
    this.byVersion.set(key, set);
    return set;
  }
}

/** One version for several: the sum of theirs, so that neither order nor sorting matters. */
export function combinedVersion(resources: Iterable<{ readonly version: string }>): string {
  let high = 0;
  let low = 0;
  for (const { version } of resources) {
    low += Number.parseInt(version.slice(8), 16) >>> 0;
    high += (Number.parseInt(version.slice(0, 8), 16) >>> 0) + (low > 0xffffffff ? 1 : 0);
    low >>>= 0;
    high >>>= 0;
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

interface Memory<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
}

export function memo<K, V>(memory: Memory<K, V>, key: K, make: () => V): V {
  let value = memory.get(key);
  if (value === undefined) {
    value = make();
    memory.set(key, value);
  }
  return value;
}
