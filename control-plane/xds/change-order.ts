import type { Channel } from "./channel.js";
import type { ResourceKind } from "./resource-kinds.js";
import type { ResourceSet, ResourceSets } from "./resource-set.js";
import type { Snapshot } from "./views.js";

export interface OrderTiming {
  /**
   * How long a response may stay unanswered before the next goes out all the same. Envoy answers at once, save
   * for clusters that it cannot use yet because they wait for an endpoint or for DNS.
   */
  readonly patienceMillis: number;
  /** How soon after a stream has begun a reconnecting Envoy has asked for all kinds that it uses. */
  readonly reconnectMillis: number;
}

/**
 * In which order one client hears of a change, so that nothing that its traffic uses is ever missing: first what is
 * new and changed, clusters with their endpoints and secrets before the listeners and routes that lead to them, and
 * then what is gone.
 */
export class ChangeOrder {
  private wakeAt: number | undefined;
  /** What the clusters that the client was sent last belong to. */
  private clustersFrom: Snapshot | undefined;
  /** Since when removals of this snapshot wait for what still uses them. */
  private waiting: { readonly snapshot: Snapshot; readonly since: number } | undefined;

  constructor(
    private readonly channels: Readonly<Record<ResourceKind, Channel>>,
    private readonly sets: ResourceSets,
    private readonly timing: OrderTiming,
    /** By the clock of all `now`s, which nobody sets. */
    private readonly connectedAt: number,
  ) {}

  /** What the client should have now of that kind; undefined where it is too early for a change. */
  target(kind: ResourceKind, snapshot: Snapshot, now: number): ResourceSet | undefined {
    const channel = this.channels[kind];
    switch (kind) {
      case "clusters":
        return this.retained(channel, snapshot.clusters, snapshot, now);
      case "secrets":
      case "endpoints":
        // Clusters that were sent before the latest change may still wait for what belonged to them then.
        return this.retained(
          channel,
          this.clustersFrom === undefined
            ? snapshot[kind]
            : this.sets.union(snapshot[kind], this.clustersFrom[kind]),
          snapshot,
          now,
        );
      case "listeners":
        return this.waitsForClusters(channel, snapshot, now) ? undefined : snapshot.listeners;
      case "routes": {
        const { listeners } = this.channels;
        const listenersFirst = listeners.asked && listeners.sent !== snapshot.listeners;
        return listenersFirst || this.waitsForClusters(channel, snapshot, now)
          ? undefined
          : this.retained(channel, snapshot.routes, snapshot, now);
      }
    }
  }

  /** Clusters of that snapshot are on their way. */
  clustersSent(snapshot: Snapshot): void {
    this.clustersFrom = snapshot;
  }

  /** When to look again though nothing has happened: the earliest moment that anything waits for. */
  takeWakeAt(): number | undefined {
    const { wakeAt } = this;
    this.wakeAt = undefined;
    return wakeAt;
  }

  /** True before that moment, and then it will be looked at again when it has come. */
  isBefore(moment: number, now: number): boolean {
    if (now >= moment) return false;
    this.wakeAt = Math.min(this.wakeAt ?? moment, moment);
    return true;
  }

  /** What is gone stays for as long as listeners and routes of the proxy may use it. */
  private retained(channel: Channel, wanted: ResourceSet, snapshot: Snapshot, now: number): ResourceSet {
    const kept = this.sets.union(wanted, channel.held);
    return kept !== wanted && this.isInUse(snapshot, now) ? kept : wanted;
  }

  private isInUse(snapshot: Snapshot, now: number): boolean {
    const { listeners, routes } = this.channels;
    if (this.waiting?.snapshot !== snapshot) this.waiting = { snapshot, since: now };
    const patientUntil = this.waiting.since + this.timing.patienceMillis;
    for (const channel of [listeners, routes]) {
      if (!channel.asked) {
        if (this.isBefore(this.connectedAt + this.timing.reconnectMillis, now)) return true;
        continue;
      }
      // What it rejected it does not use: it uses what it had before, and all that belongs to it.
      if (channel.rejection !== undefined || this.usesRejected(channel, snapshot)) return true;
      // Routes that are gone are used by nothing but a listener that is gone.
      const { changed, removed } = channel.difference(snapshot[channel.kind]);
      const settled = channel.isQuiet && changed.length === 0 && (channel === routes || removed.length === 0);
      if (!settled && this.isBefore(patientUntil, now)) return true;
    }
    // A new listener that has not asked for its routes yet is not in use: the old one is.
    const unasked = [...snapshot.routes.resources.keys()].some((name) => !routes.subscription.includes(name));
    return routes.asked && unasked && this.isBefore(patientUntil, now);
  }

  /**
   * Listeners and routes wait until the clusters that they may lead to are there: Envoy acknowledges clusters once
   * they are warm, and answers 503 for one that is not.
   */
  private waitsForClusters(channel: Channel, snapshot: Snapshot, now: number): boolean {
    const { clusters, endpoints } = this.channels;
    if (!clusters.asked) {
      // Envoy that was cut off while a cluster warmed asks for endpoints, and for clusters only once it is warm.
      return endpoints.asked && this.isBefore(this.connectedAt + this.timing.patienceMillis, now);
    }
    if (this.usesRejected(channel, snapshot)) return true;
    const last = clusters.outstanding.at(-1);
    if (last === undefined) return false;
    const unsent =
      clusters.rejection === undefined && clusters.difference(snapshot.clusters).changed.length > 0;
    if (!unsent && clusters.outstanding.every(({ adds }) => !adds)) return false;
    return this.isBefore(last.sentAt + this.timing.patienceMillis, now);
  }

  /** A change that leads to a cluster which the proxy refused would break its traffic: it keeps what it has. */
  private usesRejected(channel: Channel, snapshot: Snapshot): boolean {
    const { rejection, acknowledged } = this.channels.clusters;
    if (rejection === undefined || channel.acknowledged === undefined) return false;
    const refused = rejection.suspects.filter(
      ({ name }) => snapshot.clusters.resources.has(name) && !acknowledged?.resources.has(name),
    );
    return channel
      .difference(snapshot[channel.kind])
      .changed.some(({ any }) =>
        refused.some(({ name }) => Buffer.from(any.buffer, any.byteOffset, any.length).includes(name)),
      );
  }
}
