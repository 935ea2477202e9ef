import type { EncodedResource } from "./encode.js";
import { type ResourceKind, traits } from "./resource-kinds.js";
import {
  combinedVersion,
  type Difference,
  isSendable,
  type ResourceSet,
  type ResourceSets,
} from "./resource-set.js";
import type { Subscription, SubscriptionChange, Subscriptions } from "./subscription.js";
import type { Protocol } from "./transport.js";

/** What all channels share. */
export interface ChannelContext {
  readonly sets: ResourceSets;
  readonly subscriptions: Subscriptions;
}

/** A response that the client has neither acknowledged nor rejected yet. */
export interface Outstanding {
  readonly nonce: string;
  readonly set: ResourceSet;
  /** By a clock that nobody sets, in milliseconds. */
  readonly sentAt: number;
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
  /** It names resources that the client was not told of before. */
  readonly adds: boolean;
}

/** A response that the client refused. */
export interface Rejection {
  readonly set: ResourceSet;
  /** The client's own words. */
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The resources that the reason names, or all of the response where it names none. */
  readonly suspects: readonly EncodedResource[];
}

/** The next response. */
export interface Response {
  readonly set: ResourceSet;
  readonly version: string;
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
  /** Two responses with the same key have the same body. Undefined where nobody else will send it. */
  readonly shared: readonly [object, object] | undefined;
  /** Names that it leaves out, though they have to be sent whether or not the client has them. */
  readonly stale?: Set<string>;
}

/** What a client says at the beginning of a stream that it already has. */
export type Claim = { readonly version: string } | { readonly versions: ReadonlyMap<string, string> };

const nothing: Difference = { changed: [], removed: [] };

/**
 * What one client wants of one kind of resource, and what it has. It has what `sent` holds, as far as it is
 * subscribed, except for the names in `stale`: of those it is not known.
 */
export class Channel {
  subscription: Subscription;
  sent: ResourceSet;
  acknowledged: ResourceSet | undefined;
  /** Responses under way, oldest first: one, or more where the first took too long. */
  outstanding: readonly Outstanding[] = [];
  rejection: Rejection | undefined;
  /** The nonce of the last response. */
  nonce = "";
  /** The client has asked for this kind. */
  asked = false;
  private stale: Set<string> | undefined;
  /** Nothing was sent yet, so whatever the client has is in its claim. */
  private fresh = true;
  /** An answer is owed even if there is nothing to say. */
  private due = false;
  /** It subscribed to all by not naming any. */
  private legacyWildcard = false;
  private claim: Claim | undefined;
  /** Names that its first response has to say are not there, should they not be there by then. */
  private owed: Iterable<string> | undefined;
  /** Names of the rejected responses: to be sent again, but not before something changes. */
  private unsettled: Set<string> | undefined;
  /** Rejected resources: not sent again in that version. */
  private quarantine: Map<string, string> | undefined;

  constructor(
    readonly kind: ResourceKind,
    private readonly protocol: Protocol,
    private readonly context: ChannelContext,
  ) {
    this.subscription = context.subscriptions.none;
    this.sent = context.sets.empty(kind);
  }

  /** Everything that the client has was sent from nothing: on this stream it had nothing that could be trusted. */
  sentFromNothing = false;

  /** The first request of this kind on the stream. */
  open(names: readonly string[], claim: Claim | undefined): void {
    const { subscriptions } = this.context;
    this.asked = true;
    this.legacyWildcard = names.length === 0 && traits[this.kind].emptyMeansAll;
    this.subscription = this.legacyWildcard ? subscriptions.all : subscriptions.replace(names);
    this.claim = claim;
    this.due = this.subscription.wildcard;
  }

  /** A later incremental request. What it subscribes to is answered even if the client has it: it may have forgotten. */
  change({ subscribe, unsubscribe }: SubscriptionChange): void {
    const before = this.subscription;
    this.subscription = this.context.subscriptions.change(before, { subscribe, unsubscribe });
    for (const name of unsubscribe) {
      if (!this.subscription.wildcard) this.unmark(name);
      // Still covered by the wildcard, which the client cannot tell: it is told whether the resource is there.
      else if (before.names.has(name)) this.mark(name);
    }
    for (const name of subscribe) {
      if (name === "*") this.markAll(before);
      else this.mark(name);
    }
  }

  /** A later state-of-the-world request, which lists all that the client wants. */
  replace(names: readonly string[]): void {
    if (names.length === 0 && this.legacyWildcard) return;
    const before = this.subscription;
    const after = this.context.subscriptions.replace(names);
    if (after === before) return;
    this.subscription = after;
    this.legacyWildcard = false;
    for (const name of after.names) if (!before.includes(name)) this.mark(name);
    if (after.wildcard && !before.wildcard) this.markAll(before);
  }

  /** The name is sent next time, whether or not the client may have it. */
  mark(name: string): void {
    this.stale ??= new Set();
    this.stale.add(name);
  }

  private unmark(name: string): void {
    this.stale?.delete(name);
    if (this.stale?.size === 0) this.stale = undefined;
  }

  private markAll(before: Subscription): void {
    const wasLegacy = this.legacyWildcard;
    this.legacyWildcard = false;
    if (wasLegacy) return;
    this.due = true;
    for (const name of this.sent.resources.keys())
      if (before.wildcard || !before.names.has(name)) this.mark(name);
  }

  /**
   * Compares what the client claims to have with what it should have. Where the claim cannot be trusted the client
   * is told everything, and is told of what it claims and should not have that it is gone.
   */
  settleClaim(current: ResourceSet, trusted: boolean): void {
    const { claim } = this;
    if (claim === undefined) return;
    this.claim = undefined;
    if ("version" in claim) {
      if (trusted) this.settleVersion(claim.version, current);
    } else if (trusted) this.settleVersions(claim.versions, current);
    else this.owed = claim.versions.keys();
  }

  private settleVersions(versions: ReadonlyMap<string, string>, current: ResourceSet): void {
    if (versions.size === 0) return;
    const { sets } = this.context;
    const claimed = sets.claim(versions, current);
    this.sent = sets.find(this.kind, claimed.version) ?? claimed;
    this.acknowledged = this.sent;
    this.fresh = false;
    this.due = false;
    this.owed = this.subscription.names;
  }

  private settleVersion(version: string, current: ResourceSet): void {
    if (version === "") return;
    const { sets } = this.context;
    const selected = this.subscription.select(current);
    const known =
      combinedVersion(selected.resources) === version
        ? current
        : this.subscription.wildcard
          ? sets.find(this.kind, version)
          : undefined;
    if (known === undefined) {
      // What it has is not known: where a response is the whole, even an empty one is news to it.
      this.due ||= traits[this.kind].responseIsWhole;
      return;
    }
    this.sent = known;
    this.acknowledged = known;
    this.fresh = false;
    this.due = false;
  }

  /** What the client may be using. */
  get held(): ResourceSet {
    return this.rejection === undefined
      ? this.sent
      : (this.acknowledged ?? this.context.sets.empty(this.kind));
  }

  /** The client has all that it asked for, and said so. */
  get isQuiet(): boolean {
    return this.outstanding.length === 0 && this.stale === undefined && this.owed === undefined && !this.due;
  }

  /** What has to be sent so that the client has `target`; undefined where it has it already. */
  next(target: ResourceSet): Response | undefined {
    this.release(target);
    this.settleDebt(target);
    const response =
      this.protocol === "incremental" ? this.incremental(target) : this.stateOfTheWorld(target);
    if (response === undefined) {
      this.sent = target;
      this.fresh = false;
      this.stale = undefined;
      this.forgive();
      // It has all of that already, as far as it is subscribed.
      if (this.outstanding.length === 0 && this.rejection === undefined) this.acknowledged = target;
      return undefined;
    }
    return traits[this.kind].oneByOne ? this.first(response) : response;
  }

  /** The first resource of a response, as one of its own. The others are lacking until their turn comes. */
  private first(response: Response): Response {
    const [first, ...others] = response.resources;
    if (first === undefined || others.length === 0) return response;
    const set = this.context.sets.with(this.sent, first);
    const stale = new Set(this.stale);
    stale.delete(first.name);
    const version =
      this.protocol === "incremental"
        ? set.version
        : combinedVersion(this.subscription.select(set).resources);
    return { set, version, resources: [first], removed: [], shared: undefined, stale };
  }

  /** The difference that `target` makes to the client, as far as it is subscribed. */
  difference(target: ResourceSet): Difference {
    if (target === this.sent) return nothing;
    return this.subscription.restrict(this.context.sets.difference(this.sent, target));
  }

  /** Something new: what was in a rejected response is tried again, except what was itself at fault and is unchanged. */
  private release(target: ResourceSet): void {
    if (target === this.sent) return;
    for (const [name, version] of this.quarantine ?? []) {
      if (target.resources.get(name)?.version !== version) this.quarantine?.delete(name);
    }
    if (this.quarantine?.size === 0) this.quarantine = undefined;
    for (const name of this.unsettled ?? []) this.mark(name);
    this.unsettled = undefined;
  }

  private settleDebt(target: ResourceSet): void {
    for (const name of this.owed ?? []) {
      // What was there is told as a difference.
      if (!this.sent.resources.has(name) && !target.resources.has(name)) this.mark(name);
    }
    this.owed = undefined;
  }

  private incremental(target: ResourceSet): Response | undefined {
    const { changed, shared, ...rest } = this.partial(target);
    const removed = traits[this.kind].tellsRemovals ? rest.removed : [];
    if (changed.length === 0 && removed.length === 0 && !this.due) return undefined;
    return { set: target, version: target.version, resources: changed, removed, shared };
  }

  private stateOfTheWorld(target: ResourceSet): Response | undefined {
    const { changed, shared } = this.partial(target);
    const selection = this.subscription.select(target);
    if (!traits[this.kind].responseIsWhole) {
      if (changed.length === 0 && !this.due) return undefined;
      return {
        set: target,
        version: combinedVersion(selection.resources),
        resources: changed,
        removed: [],
        shared,
      };
    }
    // A name that never was there is no news: the client is told by silence.
    const isNews = changed.length > 0 || (!this.fresh && this.difference(target).removed.length > 0);
    if (!this.due && !isNews) return undefined;
    const resources =
      this.quarantine === undefined ? selection.resources : this.withoutQuarantine(selection.resources);
    return {
      set: target,
      version: combinedVersion(resources),
      resources,
      removed: [],
      shared: resources === selection.resources ? [selection, this.subscription] : undefined,
    };
  }

  private partial(target: ResourceSet): Difference & Pick<Response, "shared"> {
    const { subscription } = this;
    const selection = this.fresh && this.sent.resources.size === 0 ? subscription.select(target) : undefined;
    const difference: Difference =
      selection === undefined
        ? this.difference(target)
        : { changed: selection.resources, removed: selection.missing };
    if (this.stale === undefined && this.quarantine === undefined) {
      return { ...difference, shared: [selection ?? difference, subscription] };
    }
    const names = new Set(this.stale);
    for (const { name } of difference.changed) names.add(name);
    for (const name of difference.removed) names.add(name);
    const changed: EncodedResource[] = [];
    const removed: string[] = [];
    for (const name of names) {
      if (!subscription.includes(name)) continue;
      const resource = target.resources.get(name);
      if (resource === undefined || !isSendable(resource)) removed.push(name);
      else if (this.quarantine?.get(name) !== resource.version) changed.push(resource);
    }
    return { changed, removed, shared: undefined };
  }

  /** A whole response cannot leave a resource out without removing it: the client's own last good one takes its place. */
  private withoutQuarantine(resources: readonly EncodedResource[]): readonly EncodedResource[] {
    return resources.flatMap((resource) => {
      if (this.quarantine?.get(resource.name) !== resource.version) return [resource];
      const good = this.acknowledged?.resources.get(resource.name);
      return good === undefined || good.version === resource.version || !isSendable(good) ? [] : [good];
    });
  }

  /** The response is on its way. */
  responded(response: Response, nonce: string, now: number): void {
    const adds = response.resources.some(({ name }) => !this.sent.resources.has(name));
    this.sentFromNothing ||= this.fresh;
    this.outstanding = [
      ...this.outstanding.slice(-3),
      {
        nonce,
        set: response.set,
        sentAt: now,
        resources: response.resources,
        removed: response.removed,
        adds,
      },
    ];
    this.nonce = nonce;
    this.sent = response.set;
    this.stale = response.stale?.size ? response.stale : undefined;
    this.fresh = false;
    this.due = false;
  }

  /** The client took the response of that nonce. Answers it; undefined where the nonce is of none under way. */
  acknowledge(nonce: string): Outstanding | undefined {
    const settled = this.take(nonce);
    if (settled === undefined) return undefined;
    this.acknowledged = this.withoutRejected(settled.set);
    this.forgive();
    return settled;
  }

  /** What the client has of a set that it took, where some of it was held back. */
  private withoutRejected(set: ResourceSet): ResourceSet {
    const { quarantine } = this;
    if (
      quarantine === undefined ||
      [...quarantine].every(([name, version]) => set.resources.get(name)?.version !== version)
    )
      return set;
    return this.context.sets.of(this.kind, this.withoutQuarantine([...set.resources.values()]));
  }

  /** A rejection is over when nothing of what was rejected is held back any more, and the client took the rest. */
  private forgive(): void {
    if (this.quarantine === undefined && this.unsettled === undefined && this.outstanding.length === 0) {
      this.rejection = undefined;
    }
  }

  /** The client refused the response of that nonce. Answers it; undefined where the nonce is of none under way. */
  reject(nonce: string, reason: string, at: number): Rejection | undefined {
    const settled = this.take(nonce);
    if (settled === undefined) return undefined;
    const { resources, removed } = settled;
    const named = resources.filter(({ name }) => mentions(reason, name));
    const suspects = named.length > 0 ? named : resources;
    if (suspects === named || resources.length === 1) {
      this.quarantine ??= new Map();
      for (const resource of suspects) this.quarantine.set(resource.name, resource.version);
    }
    this.unsettled ??= new Set();
    for (const { name } of resources) this.unsettled.add(name);
    for (const name of removed) this.unsettled.add(name);
    this.rejection = { set: settled.set, reason, at, suspects };
    return this.rejection;
  }

  /** State-of-the-world clients answer the last response alone; incremental ones answer each. */
  private take(nonce: string): Outstanding | undefined {
    const index = this.outstanding.findIndex((response) => response.nonce === nonce);
    if (index < 0) return undefined;
    const settled = this.outstanding[index];
    this.outstanding =
      this.protocol === "incremental"
        ? this.outstanding.toSpliced(index, 1)
        : this.outstanding.slice(index + 1);
    return settled;
  }

  /** A response is under way that must not be overtaken: the client got it less than `patience` ago. */
  isBusy(now: number, patience: number): boolean {
    const last = this.outstanding.at(-1);
    return last !== undefined && now - last.sentAt < patience;
  }
}

/** The name stands in the text as a whole word. */
function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!isNamePart(text[at - 1]) && !isNamePart(text[at + name.length])) return true;
  }
  return false;
}
const isNamePart = (character: string | undefined): boolean =>
  character !== undefined && /[\w.-]/.test(character);
