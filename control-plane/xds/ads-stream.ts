import type { Logger } from "pino";
import type { Proxy } from "../translate/entities.js";
import { ChangeOrder, type OrderTiming } from "./change-order.js";
import { Channel, type ChannelContext, type Response } from "./channel.js";
import { proxyOf } from "./node.js";
import type { RefusalLog } from "./refusal-log.js";
import {
  type IncrementalRequest,
  type RequestNode,
  readIncrementalRequest,
  readStateOfTheWorldRequest,
  type StateOfTheWorldRequest,
} from "./request.js";
import { kindOfTypeUrl, type ResourceKind, resourceKinds, traits } from "./resource-kinds.js";
import { memo, type ResourceSet } from "./resource-set.js";
import { incrementalBody, nonceTail, stateOfTheWorldBody } from "./response.js";
import { type Connection, type Protocol, Refusal, StatusCode, type StreamHandler } from "./transport.js";
import type { View } from "./views.js";

/** What a stream needs of the server that it belongs to. */
export interface StreamContext extends ChannelContext {
  readonly log: Logger;
  readonly refusals: RefusalLog;
  readonly timing: OrderTiming;
  /** Gives the proxy's view, and calls back when it changes; throws a Refusal where the proxy may not have it. */
  attach(proxy: Proxy, connection: Connection, changed: () => void): { view: View; detach: () => void };
  acknowledged(event: Acknowledgement): void;
  rejected(event: Rejected): void;
  sent(event: Sent): void;
  closed(stream: AdsStream): void;
}

/** A client has taken a response. */
export interface Acknowledgement {
  readonly nodeId: string;
  readonly kind: ResourceKind;
  readonly version: string;
  /** Milliseconds since the response was sent. */
  readonly afterMillis: number;
}

/** A client has refused a response. */
export interface Rejected {
  readonly nodeId: string;
  readonly kind: ResourceKind;
  readonly version: string;
}

/** A response is on its way to a client. */
export interface Sent {
  readonly kind: ResourceKind;
  readonly protocol: Protocol;
  /** Of the message, without the frames around it. */
  readonly bytes: number;
  readonly resources: number;
}

/** Bodies that several streams send, by what they are made of. */
const sharedBodies: Readonly<Record<Protocol, WeakMap<object, WeakMap<object, Uint8Array>>>> = {
  stateOfTheWorld: new WeakMap(),
  incremental: new WeakMap(),
};
/** Of one stream and kind. No mesh is that large; a client that goes on and on is stopped. */
const maxNames = 100_000;
/** Of one stream, how many types that are not served are logged. */
const loggedTypes = 8;

/** The time by which the order of changes goes: a machine's clock that is set must not end a wait, nor draw it out. */
const monotonic = (): number => performance.now();

/** One ADS stream: hears requests, and sends what its client lacks, in an order that never breaks traffic. */
export class AdsStream implements StreamHandler {
  /** Milliseconds since 1970. */
  readonly connectedAt = Date.now();
  readonly channels: Readonly<Record<ResourceKind, Channel>>;
  node: RequestNode | undefined;
  proxy: Proxy | undefined;
  view: View | undefined;
  private readonly order: ChangeOrder;
  private detach: (() => void) | undefined;
  private nonces = 0;
  private writable = true;
  private over = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly ignoredTypes = new Set<string>();

  constructor(
    readonly protocol: Protocol,
    readonly connection: Connection,
    private readonly context: StreamContext,
  ) {
    const channel = (kind: ResourceKind) => new Channel(kind, protocol, context);
    this.channels = {
      secrets: channel("secrets"),
      clusters: channel("clusters"),
      endpoints: channel("endpoints"),
      listeners: channel("listeners"),
      routes: channel("routes"),
    };
    this.order = new ChangeOrder(this.channels, context.sets, context.timing, monotonic());
  }

  received(message: Uint8Array): void {
    if (this.over) return;
    try {
      const request = this.read(message);
      this.identify(request.node);
      const kind = kindOfTypeUrl(request.typeUrl);
      if (kind === undefined) {
        this.ignore(request.typeUrl);
        return;
      }
      if ("version" in request) this.hearStateOfTheWorld(this.channels[kind], request);
      else this.hearIncremental(this.channels[kind], request);
      this.limit(this.channels[kind]);
      this.push();
    } catch (error) {
      this.fail(error);
    }
  }

  drained(): void {
    this.writable = true;
    this.push();
  }

  /** Sends what the client lacks of its view, as far as it may be sent now. */
  private push(): void {
    try {
      this.update();
    } catch (error) {
      this.fail(error);
    }
  }

  closed(): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.detach?.();
    this.context.closed(this);
  }

  /** Ends the stream. The client comes back for the same configuration, on this server or on another. */
  end(code: StatusCode, details: string): void {
    if (this.over) return;
    this.closed();
    this.connection.end(code, details);
  }

  private read(message: Uint8Array): StateOfTheWorldRequest | IncrementalRequest {
    try {
      return this.protocol === "incremental"
        ? readIncrementalRequest(message)
        : readStateOfTheWorldRequest(message);
    } catch (error) {
      throw Refusal.invalid(`the request cannot be read as a protobuf message: ${(error as Error).message}`);
    }
  }

  /** The first request says who asks; later ones may repeat it, as Envoy before 1.38 does, but not change it. */
  private identify(node: RequestNode | undefined): void {
    if (this.node === undefined) {
      this.node = node ?? { id: "", cluster: "" };
      const proxy: Proxy = {
        ...proxyOf(this.node),
        ...(this.connection.isUnproven ? { unproven: true } : {}),
      };
      const { view, detach } = this.context.attach(proxy, this.connection, () => this.push());
      this.proxy = proxy;
      this.view = view;
      this.detach = detach;
      this.context.log.info(
        { ...this.identity, peer: this.connection.peer, protocol: this.protocol },
        view.problem === undefined
          ? `proxy ${this.node.id} connected`
          : `proxy ${this.node.id} connected: ${view.problem}, so it ${view.snapshot === undefined ? "waits" : "is told what proxies like it were last told"}`,
      );
    } else if (node !== undefined && node.id !== "" && node.id !== this.node.id) {
      throw Refusal.invalid(
        `node.id changed from ${JSON.stringify(this.node.id)} to ${JSON.stringify(node.id)} within one stream: open a stream for each node`,
      );
    }
  }

  private hearStateOfTheWorld(channel: Channel, request: StateOfTheWorldRequest): void {
    if (!channel.asked) {
      channel.open(request.names, { version: request.version });
      return;
    }
    // It was sent before its client saw the last response: what it says is out of date, and is said again.
    if (request.nonce !== channel.nonce) return;
    this.settle(channel, request);
    channel.replace(request.names);
  }

  private hearIncremental(channel: Channel, request: IncrementalRequest): void {
    if (!channel.asked) {
      channel.open(request.subscribe, { versions: request.initialVersions });
      return;
    }
    this.settle(channel, request);
    channel.change(request);
  }

  private limit(channel: Channel): void {
    if (channel.subscription.names.size <= maxNames) return;
    throw new Refusal(
      StatusCode.resourceExhausted,
      `one stream may subscribe to ${maxNames} names of a kind, not to ${channel.subscription.names.size}`,
    );
  }

  /** Takes the acknowledgement or the rejection that a request may carry. */
  private settle(
    channel: Channel,
    { nonce, error }: { readonly nonce: string; readonly error?: string },
  ): void {
    const now = monotonic();
    if (error === undefined) {
      const settled = channel.acknowledge(nonce);
      if (settled === undefined) return;
      this.context.acknowledged({
        nodeId: this.node?.id ?? "",
        kind: channel.kind,
        version: settled.set.version,
        afterMillis: now - settled.sentAt,
      });
      return;
    }
    const rejection = channel.reject(nonce, error, Date.now());
    if (rejection === undefined) return;
    this.context.rejected({
      nodeId: this.node?.id ?? "",
      kind: channel.kind,
      version: rejection.set.version,
    });
    const entities = [...new Set(rejection.suspects.flatMap((resource) => resource.entities))];
    const resources = rejection.suspects.map(({ name }) => name);
    this.context.log.error(
      {
        ...this.identity,
        kind: channel.kind,
        resources,
        entities,
        version: rejection.set.version,
        reason: error,
      },
      `proxy ${this.node?.id} rejected ${channel.kind} ${resources.join(", ")} (made from ${entities.join(", ")}): ${error}; ` +
        "it keeps what it had until they change",
    );
  }

  private update(): void {
    const snapshot = this.view?.snapshot;
    if (this.over || snapshot === undefined) return;
    const now = monotonic();
    for (const kind of resourceKinds) {
      const channel = this.channels[kind];
      if (channel.asked) channel.settleClaim(snapshot[kind], this.isTrusted(kind));
    }
    // What turns out to be settled already may be what a kind before it waited for: there is another round for that.
    for (let round = 0, again = true; again && round < resourceKinds.length; round++) {
      again = false;
      for (const kind of resourceKinds) {
        const channel = this.channels[kind];
        if (!channel.asked) continue;
        const target = this.order.target(kind, snapshot, now);
        if (target !== undefined && this.offer(channel, target, now) === "settled") again = true;
      }
    }
    this.scheduleWake(now);
  }

  /**
   * What a client says that it has is believed unless it may be waiting for an answer that it never got: Envoy asks
   * for endpoints first when it was cut off while a cluster was warming, and forgets them when the cluster changes.
   */
  private isTrusted(kind: ResourceKind): boolean {
    const { clusters, listeners } = this.channels;
    const parent =
      kind === "endpoints" || kind === "secrets" ? clusters : kind === "routes" ? listeners : undefined;
    return parent === undefined || (parent.asked && !parent.sentFromNothing);
  }

  private offer(channel: Channel, target: ResourceSet, now: number): "sent" | "settled" | "unchanged" {
    if (!this.writable) return "unchanged";
    const { patienceMillis } = this.context.timing;
    if (channel.isBusy(now, patienceMillis)) {
      const sentAt = channel.outstanding.at(-1)?.sentAt ?? now;
      if (channel.sent !== target) this.order.isBefore(sentAt + patienceMillis, now);
      return "unchanged";
    }
    const { sent: before, isQuiet } = channel;
    const response = channel.next(target);
    if (response === undefined) return before === target && isQuiet ? "unchanged" : "settled";
    this.respond(channel, response, before, now);
    return "sent";
  }

  private respond(channel: Channel, response: Response, before: ResourceSet, now: number): void {
    const nonce = String(++this.nonces);
    const body = this.body(channel.kind, response);
    const tail = nonceTail(nonce);
    this.writable = this.connection.send(body, tail);
    channel.responded(response, nonce, now);
    this.context.sent({
      kind: channel.kind,
      protocol: this.protocol,
      bytes: body.length + tail.length,
      resources: response.resources.length,
    });
    if (channel.kind !== "clusters") return;
    if (this.view?.snapshot !== undefined) this.order.clustersSent(this.view.snapshot);
    // Envoy warms a changed cluster, and waits for its endpoints without asking for them again.
    for (const { name, version, assignment } of response.resources) {
      const known = before.resources.get(name);
      if (assignment !== undefined && known !== undefined && known.version !== version) {
        this.channels.endpoints.mark(assignment);
      }
    }
  }

  private body(kind: ResourceKind, { version, resources, removed, shared }: Response): Uint8Array {
    const { typeUrl } = traits[kind];
    const make = (): Uint8Array =>
      this.protocol === "incremental"
        ? incrementalBody(typeUrl, version, resources, removed)
        : stateOfTheWorldBody(typeUrl, version, resources);
    if (shared === undefined) return make();
    const [first, second] = shared;
    return memo(
      memo(sharedBodies[this.protocol], first, () => new WeakMap<object, Uint8Array>()),
      second,
      make,
    );
  }

  private ignore(typeUrl: string): void {
    if (this.ignoredTypes.has(typeUrl) || this.ignoredTypes.size >= loggedTypes) return;
    this.ignoredTypes.add(typeUrl);
    this.context.log.warn(
      { ...this.identity, typeUrl },
      `proxy ${this.node?.id} asked for ${JSON.stringify(typeUrl)}, which is not served here: the request is ignored`,
    );
  }

  private scheduleWake(now: number): void {
    clearTimeout(this.timer);
    const wakeAt = this.order.takeWakeAt();
    this.timer = wakeAt === undefined ? undefined : setTimeout(() => this.push(), wakeAt - now + 1).unref();
  }

  private fail(error: unknown): void {
    if (error instanceof Refusal) {
      this.context.refusals.tell(
        { nodeId: this.node?.id, peer: this.connection.peer, code: error.code },
        `stream refused: ${error.message}`,
      );
      this.end(error.code, error.message);
      return;
    }
    this.context.log.error({ ...this.identity, err: error }, "stream failed");
    this.end(StatusCode.internal, "internal error: see the control plane's log");
  }

  private get identity(): object {
    return { nodeId: this.node?.id };
  }
}
