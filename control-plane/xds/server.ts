import type { Logger } from "pino";
import type { MeshSource } from "../source/mesh-source.js";
import { translate } from "../translate/translate.js";
import { Admission, type AdmissionRate } from "./admission.js";
import { type Acknowledgement, AdsStream, type Rejected, type Sent } from "./ads-stream.js";
import type { OrderTiming } from "./change-order.js";
import { Http2Transport } from "./http2-transport.js";
import { type ProxyStatus, statusOf } from "./proxy-status.js";
import { PushSchedule } from "./push-schedule.js";
import { RefusalLog } from "./refusal-log.js";
import { Subscriptions } from "./subscription.js";
import {
  type Address,
  type Connection,
  type Protocol,
  Refusal,
  StatusCode,
  type StreamHandler,
  type Transport,
} from "./transport.js";
import { type Translate, type Translated, Views } from "./views.js";

export interface XdsServerOptions {
  /** Loaded already: a proxy that connects is answered from it at once. */
  readonly source: MeshSource;
  readonly log: Logger;
  /** Default: the translation of App Mesh's entities. */
  readonly translate?: Translate;
  /** Called whenever a proxy has taken a response. */
  readonly onAcknowledged?: (event: Acknowledgement) => void;
  /** Called whenever a proxy has refused a response. */
  readonly onRejected?: (event: Rejected) => void;
  /** Called whenever a response is on its way to a proxy. */
  readonly onSent?: (event: Sent) => void;
  /** Called whenever a configuration was made, or could not be made. */
  readonly onTranslated?: (event: Translated) => void;
  /** Called whenever a stream is ended, or not begun, for want of a proof that it is its proxy's. */
  readonly onRefused?: (refusal: Refusal) => void;
  /** Where refused streams are told of. Default: one of its own. */
  readonly refusals?: RefusalLog;
  readonly timing?: Partial<XdsTiming>;
  /** How fast new streams are taken. Default: 500 in a second. */
  readonly admission?: AdmissionRate | undefined;
}

export interface XdsTiming extends OrderTiming {
  /**
   * The longest that a change waits for others to go out with. The first goes out at once; while many proxies are
   * still being told of it, what follows is gathered.
   */
  readonly coalesceMillis: number;
  /** Streams end after this time, give or take a fifth, so that proxies spread over the replicas that there are by then. */
  readonly maxAgeMillis: number;
  /** How often open streams are asked whether what their clients have proven holds still. */
  readonly recheckMillis: number;
  /** How long `close` waits for streams to end. */
  readonly closeMillis: number;
}

const defaultTiming: XdsTiming = {
  patienceMillis: 5_000,
  reconnectMillis: 1_000,
  coalesceMillis: 25,
  maxAgeMillis: 30 * 60_000,
  recheckMillis: 10_000,
  closeMillis: 2_000,
};

/** Tells every connected Envoy what its virtual node or gateway is to do, and goes on telling it as that changes. */
export class XdsServer {
  private readonly timing: XdsTiming;
  private readonly transports = new Set<Transport>();
  private readonly views: Views;
  private readonly subscriptions = new Subscriptions();
  private readonly streams = new Set<AdsStream>();
  private readonly schedule: PushSchedule;
  private readonly admission: Admission;
  private readonly refusals: RefusalLog;
  private unsubscribe: (() => void) | undefined;
  private recheck: NodeJS.Timeout | undefined;

  constructor(private readonly options: XdsServerOptions) {
    this.timing = { ...defaultTiming, ...options.timing };
    this.admission = new Admission(options.admission);
    this.refusals = options.refusals ?? new RefusalLog(options);
    this.views = new Views({ translate, ...options });
    this.schedule = new PushSchedule(() => this.views.refresh(), this.timing.coalesceMillis);
  }

  /**
   * Starts to serve, also on several addresses, each by its own transport; port 0 takes a free one. Rejects where the
   * address cannot be bound. `transport`: gRPC in plain text by default.
   */
  async listen(host: string, port: number, transport: Transport = new Http2Transport()): Promise<Address> {
    this.unsubscribe ??= this.options.source.subscribe((change) => {
      if (this.views.invalidate(change)) this.schedule.request();
    });
    this.recheck ??= setInterval(() => this.checkIdentities(), this.timing.recheckMillis).unref();
    this.transports.add(transport);
    return transport.listen(host, port, (protocol, connection) => this.accept(protocol, connection));
  }

  /** Ends every stream and stops listening. Proxies keep what they have. */
  async close(): Promise<void> {
    this.unsubscribe?.();
    clearInterval(this.recheck);
    this.schedule.stop();
    this.admission.stop();
    for (const stream of this.streams) stream.end(StatusCode.ok, "the control plane is closing down");
    await Promise.all([...this.transports].map((transport) => transport.close(this.timing.closeMillis)));
  }

  /** Every proxy that is connected now. */
  proxies(): ProxyStatus[] {
    return [...this.streams].flatMap((stream) => statusOf(stream) ?? []);
  }

  /** Streams that wait for their turn to be served. */
  waiting(): number {
    return this.admission.queue;
  }

  /** How many of the things that entities ask for are left out of what proxies are told. The log says each once. */
  problems(): number {
    return this.views.problems;
  }

  /** Ends the streams whose clients are not any more who they have proven to be. Call it where that may have changed. */
  checkIdentities(): void {
    for (const stream of this.streams) {
      if (stream.proxy === undefined) continue;
      try {
        stream.connection.identity?.check(stream.proxy);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.options.onRefused?.(error);
        this.options.log.warn(
          { nodeId: stream.node?.id, peer: stream.connection.peer, code: error.code },
          `proxy ${stream.node?.id} is sent away: ${error.message}`,
        );
        stream.end(error.code, error.message);
      }
    }
  }

  private accept(protocol: Protocol, connection: Connection): StreamHandler {
    const age = this.timing.maxAgeMillis * (0.8 + Math.random() * 0.4);
    const timer = setTimeout(() => stream.end(StatusCode.ok, "the stream is old: open another"), age).unref();
    const stream = new AdsStream(protocol, connection, {
      sets: this.views.sets,
      subscriptions: this.subscriptions,
      log: this.options.log,
      refusals: this.refusals,
      timing: this.timing,
      attach: (proxy, from, changed) => {
        try {
          from.identity?.check(proxy);
        } catch (error) {
          if (error instanceof Refusal) this.options.onRefused?.(error);
          throw error;
        }
        return this.views.attach(proxy, changed);
      },
      acknowledged: (event) => this.options.onAcknowledged?.(event),
      rejected: (event) => this.options.onRejected?.(event),
      sent: (event) => this.options.onSent?.(event),
      closed: (closed) => {
        clearTimeout(timer);
        this.streams.delete(closed);
        const id = closed.node?.id;
        if (id !== undefined && closed.proxy !== undefined) {
          this.options.log.info({ nodeId: id, peer: connection.peer }, `proxy ${id} disconnected`);
        }
      },
    });
    this.streams.add(stream);
    return this.admission.enter(stream);
  }
}
