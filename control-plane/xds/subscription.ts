import type { EncodedResource } from "./encode.js";
import { type Difference, isSendable, memo, type ResourceSet } from "./resource-set.js";
import { WeakTable } from "./weak-table.js";

/** What a subscription finds in a set. */
export interface Selection {
  readonly resources: readonly EncodedResource[];
  /** Names asked for that are not there. */
  readonly missing: readonly string[];
}

/** What one client wants of one kind. Immutable; clients that want the same share the same object. */
export class Subscription {
  private readonly selections = new WeakMap<ResourceSet, Selection>();
  private readonly restrictions = new WeakMap<Difference, Difference>();

  constructor(
    /** It wants all there are. */
    readonly wildcard: boolean,
    /** What it asks for by name, also where the wildcard covers it. */
    readonly names: ReadonlySet<string>,
  ) {}

  includes(name: string): boolean {
    return this.wildcard || this.names.has(name);
  }

  get isEmpty(): boolean {
    return !this.wildcard && this.names.size === 0;
  }

  select(set: ResourceSet): Selection {
    return memo(this.selections, set, () => {
      const missing = [...this.names].filter((name) => !set.resources.has(name));
      return {
        resources: [...set.resources.values()].filter(
          (resource) => this.includes(resource.name) && isSendable(resource),
        ),
        missing,
      };
    });
  }

  /** The part of a difference that this subscription sees: the difference itself where it sees all of it. */
  restrict(difference: Difference): Difference {
    if (this.wildcard) return difference;
    return memo(this.restrictions, difference, () => {
      const changed = difference.changed.filter(({ name }) => this.names.has(name));
      const removed = difference.removed.filter((name) => this.names.has(name));
      return changed.length === difference.changed.length && removed.length === difference.removed.length
        ? difference
        : { changed, removed };
    });
  }
}

/** What a request asks to change. `*` among the names stands for all there are. */
export interface SubscriptionChange {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
}

const wildcardName = "*";
/** Steps that are remembered: those that a change of the mesh makes all its proxies take. */
const rememberedNames = 16;
const rememberedSteps = 64;

/**
 * Every subscription there is. A thousand proxies that ask for the same thousand names hold one set of names,
 * whatever the order in which each of them names them.
 */
export class Subscriptions {
  readonly none = new Subscription(false, new Set());
  readonly all = new Subscription(true, new Set());
  private readonly byContent = new WeakTable<Subscription>();
  private readonly steps = new WeakMap<Subscription, Map<string, Subscription>>();

  /** After an incremental request. */
  change(from: Subscription, { subscribe, unsubscribe }: SubscriptionChange): Subscription {
    if (subscribe.length === 0 && unsubscribe.length === 0) return from;
    return this.step(from, subscribe, unsubscribe, () => {
      const names = new Set(from.names);
      let { wildcard } = from;
      for (const name of unsubscribe) {
        if (name === wildcardName) wildcard = false;
        else names.delete(name);
      }
      for (const name of subscribe) {
        if (name === wildcardName) wildcard = true;
        else names.add(name);
      }
      return this.of(wildcard, names);
    });
  }

  /** After a state-of-the-world request, which lists all that the client wants. */
  replace(names: readonly string[]): Subscription {
    const wanted = new Set(names);
    const wildcard = wanted.delete(wildcardName);
    return this.of(wildcard, wanted);
  }

  private of(wildcard: boolean, names: ReadonlySet<string>): Subscription {
    if (names.size === 0) return wildcard ? this.all : this.none;
    const key = `${wildcard} ${names.size} ${sumOfHashes(names)}`;
    const same = this.byContent.get(key);
    if (same !== undefined && [...names].every((name) => same.names.has(name))) return same;
    const subscription = new Subscription(wildcard, names);
    this.byContent.set(key, subscription);
    return subscription;
  }

  private step(
    from: Subscription,
    subscribe: readonly string[],
    unsubscribe: readonly string[],
    make: () => Subscription,
  ): Subscription {
    if (subscribe.length + unsubscribe.length > rememberedNames) return make();
    const known = memo(this.steps, from, () => new Map<string, Subscription>());
    const key = `${subscribe.join("\0")}\0\0${unsubscribe.join("\0")}`;
    let to = known.get(key);
    if (to === undefined) {
      to = make();
      if (known.size >= rememberedSteps) known.delete(known.keys().next().value as string);
      known.set(key, to);
    }
    return to;
  }
}

/** The same for the same names in any order. */
function sumOfHashes(names: Iterable<string>): number {
  let sum = 0;
  for (const name of names) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    sum = (sum + hash) >>> 0;
  }
  return sum;
}
