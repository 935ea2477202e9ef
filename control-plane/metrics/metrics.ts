import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { TalliedHistogram } from "./tallied-histogram.js";

/** What is counted anew whenever somebody asks, from those that know. */
export interface Sources {
  /** How many entities there are, by kind. */
  entities(): Readonly<Record<string, number>>;
  /** The proxies that are connected now. */
  proxies(): readonly ConnectedProxy[];
  /** How many of the things that entities ask for are left out of what connected proxies are told. */
  problems(): number;
  /** Streams of proxies that wait for their turn. */
  waiting(): number;
  /** The revision of the store that proxies and clients are shown. */
  revision(): number;
  /** Whether changes of others can be seen, how many others are told of changes, and how many records cannot be read. */
  store(): { readonly isFollowed: boolean; readonly peers: number; readonly unreadable: number };
}

export interface ConnectedProxy {
  readonly protocol: string;
  /** `virtualNode/catalog-v1` */
  readonly entity: string;
  /** What keeps it from today's configuration. */
  readonly problem?: string;
}

/** One request to the API, answered. */
export interface ApiAnswer {
  /** As AWS names it, CreateVirtualNode; else the pattern of the path; `none` where there is nothing at the path. */
  readonly operation: string;
  /** Of HTTP. */
  readonly status: number;
  /** As NotFoundException; undefined for a good answer. */
  readonly errorCode: string | undefined;
  readonly seconds: number;
}

/** One response to a proxy. */
export interface XdsResponse {
  /** The kind of resource: clusters, endpoints, listeners, routes … */
  readonly kind: string;
  readonly protocol: string;
  readonly bytes: number;
  readonly resources: number;
}

interface SentCounts {
  responses: number;
  resources: number;
  bytes: number;
}

/** What a metric is, for its documentation. */
export interface MetricDescription {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

export interface MetricsOptions {
  /** Also measures this process: CPU, memory, event loop, garbage. Default: false, so that tests share a process. */
  readonly ofProcess?: boolean;
}

/** From a read of memory to a commit on a slow disk. */
const apiSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const commitSeconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];
const translationSeconds = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
/** From a proxy on the same machine to one that warms clusters that do not answer. */
const acknowledgementSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** How wide the event loop's delays are sampled. Finer costs a process that has nothing to do its sleep. */
const EVENT_LOOP_MILLISECONDS = 50;

/**
 * Everything that the control plane tells of itself in numbers, in one place. No label takes a value that a client
 * chooses: there are as many time series for ten thousand entities as for ten.
 */
export class Metrics {
  readonly #registry = new Registry();
  #sources: Sources | undefined;

  readonly #apiRequests = this.#counter(
    "appmesh_api_requests_total",
    "Requests to the API that were answered. error is App Mesh's or AWS's code, empty for a good answer; operation is none where there is no operation at the path, or the request was no HTTP.",
    ["operation", "status", "error"],
  );
  readonly #apiSeconds = this.#histogram(
    "appmesh_api_request_duration_seconds",
    "Time from the head of a request to the end of its answer.",
    ["operation"],
    apiSeconds,
  );
  readonly #commitSeconds = this.#histogram(
    "appmesh_store_commit_duration_seconds",
    "Time that the store took to commit a change. outcome is committed, conflict (another writer was first), or failed.",
    ["outcome"],
    commitSeconds,
  );
  readonly #xdsResponses = this.#counter(
    "appmesh_xds_responses_total",
    "Responses sent to proxies: pushes, and answers to what they ask for first.",
    ["kind", "protocol"],
    () => this.#countSent(),
  );
  readonly #xdsResources = this.#counter(
    "appmesh_xds_resources_sent_total",
    "Resources in the responses sent to proxies.",
    ["kind", "protocol"],
    () => this.#countSent(),
  );
  readonly #xdsBytes = this.#counter(
    "appmesh_xds_sent_bytes_total",
    "Bytes of the responses sent to proxies, without what gRPC and TLS add.",
    ["kind", "protocol"],
    () => this.#countSent(),
  );
  /** What was sent since the counters were asked for: they cost too much to be counted up with each response. */
  readonly #sent = new Map<string, { of: { kind: string; protocol: string }; counts: SentCounts }>();
  readonly #xdsAcknowledgements = new TalliedHistogram({
    name: "appmesh_xds_acknowledgement_duration_seconds",
    help: "Time from a response until its proxy acknowledged it; the count is the number of acknowledgements (ACK).",
    label: "kind",
    buckets: acknowledgementSeconds,
    registry: this.#registry,
  });
  readonly #xdsRejections = this.#counter(
    "appmesh_xds_rejections_total",
    "Responses that a proxy rejected (NACK). The log says which resources of which entities, and why.",
    ["kind"],
  );
  readonly #xdsRefusals = this.#counter(
    "appmesh_xds_refusals_total",
    "Streams that were not let in, or ended, for want of a proof of who their proxy is, by gRPC status: 16 nothing genuine " +
      "was shown, 7 it is a proof of something else, 14 it could not be checked.",
    ["code"],
  );
  readonly #heldBack = this.#counter(
    "appmesh_xds_refusals_held_back_total",
    "Streams that were refused and have no line of their own in the log: the same reason is told once a minute for each " +
      "machine, with the number of those held back.",
    [],
  );
  readonly #translationSeconds = this.#histogram(
    "appmesh_translation_duration_seconds",
    "Time to make the configuration of the proxies of one virtual node or gateway.",
    [],
    translationSeconds,
  );
  readonly #translationErrors = this.#counter(
    "appmesh_translation_errors_total",
    "Configurations that could not be made: their proxies keep what they have. The log says why.",
    [],
  );

  constructor({ ofProcess = false }: MetricsOptions = {}) {
    this.#gauge("appmesh_entities", "Entities that exist.", ["kind"], (gauge, sources) => {
      for (const [kind, count] of Object.entries(sources.entities())) gauge.set({ kind }, count);
    });
    this.#gauge("appmesh_store_revision", "Revision of the store that is served.", [], (gauge, sources) =>
      gauge.set(sources.revision()),
    );
    this.#gauge(
      "appmesh_store_followed",
      "1 while changes of others can be seen; 0 while the table is away, and what was last known is served.",
      [],
      (gauge, sources) => gauge.set(sources.store().isFollowed ? 1 : 0),
    );
    this.#gauge("appmesh_store_peers", "Other replicas that are told of changes.", [], (gauge, sources) =>
      gauge.set(sources.store().peers),
    );
    this.#gauge(
      "appmesh_store_unreadable_records",
      "Records of the store that cannot be read, and so are not served. The log says which, and what to do.",
      [],
      (gauge, sources) => gauge.set(sources.store().unreadable),
    );
    this.#gauge(
      "appmesh_xds_proxies",
      "Proxies that are connected. state is current, or waiting where something keeps them from today's configuration, such as an entity that does not exist.",
      ["kind", "protocol", "state"],
      (gauge, sources) => {
        for (const { entity, protocol, problem } of sources.proxies()) {
          const kind = entity.split("/", 1)[0] as string;
          gauge.inc({ kind, protocol, state: problem === undefined ? "current" : "waiting" });
        }
      },
    );
    this.#gauge(
      "appmesh_xds_waiting_streams",
      "Streams of proxies that wait for their turn: above zero for some seconds after a restart, and no longer.",
      [],
      (gauge, sources) => gauge.set(sources.waiting()),
    );
    this.#gauge(
      "appmesh_xds_problems",
      "What entities ask for and connected proxies are not told, because it cannot be had. The log says what.",
      [],
      (gauge, sources) => gauge.set(sources.problems()),
    );
    if (ofProcess) {
      collectDefaultMetrics({
        register: this.#registry,
        eventLoopMonitoringPrecision: EVENT_LOOP_MILLISECONDS,
      });
    }
  }

  /** From where to read what is not counted as it happens. */
  follow(sources: Sources): void {
    this.#sources = sources;
  }

  answered({ operation, status, errorCode = "", seconds }: ApiAnswer): void {
    this.#apiRequests.inc({ operation, status, error: errorCode });
    this.#apiSeconds.observe({ operation }, seconds);
  }

  committed(outcome: "committed" | "conflict" | "failed", seconds: number): void {
    this.#commitSeconds.observe({ outcome }, seconds);
  }

  sent({ kind, protocol, bytes, resources }: XdsResponse): void {
    const key = kind + protocol;
    let sent = this.#sent.get(key);
    if (sent === undefined) {
      sent = { of: { kind, protocol }, counts: { responses: 0, resources: 0, bytes: 0 } };
      this.#sent.set(key, sent);
    }
    sent.counts.responses++;
    sent.counts.resources += resources;
    sent.counts.bytes += bytes;
  }

  #countSent(): void {
    for (const { of, counts } of this.#sent.values()) {
      this.#xdsResponses.inc(of, counts.responses);
      this.#xdsResources.inc(of, counts.resources);
      this.#xdsBytes.inc(of, counts.bytes);
      counts.responses = counts.resources = counts.bytes = 0;
    }
  }

  acknowledged({ kind, afterMillis }: { readonly kind: string; readonly afterMillis: number }): void {
    this.#xdsAcknowledgements.observe(kind, afterMillis / 1000);
  }

  rejected({ kind }: { readonly kind: string }): void {
    this.#xdsRejections.inc({ kind });
  }

  /** A refusal was told only in a number. */
  heldBack(): void {
    this.#heldBack.inc();
  }

  refused(code: number): void {
    this.#xdsRefusals.inc({ code });
  }

  translated({ millis, failed }: { readonly millis: number; readonly failed: boolean }): void {
    this.#translationSeconds.observe(millis / 1000);
    if (failed) this.#translationErrors.inc();
  }

  /** All of it, as Prometheus reads it. */
  async scrape(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** What there is, in the order of the names; without what is told of the process. */
  describe(): MetricDescription[] {
    return this.#registry
      .getMetricsAsArray()
      .map((metric) => {
        const { name, type, help, labelNames } = metric as unknown as {
          name: string;
          type: string;
          help: string;
          labelNames: string[];
        };
        return { name, type, help, labels: labelNames };
      })
      .filter(({ name }) => name.startsWith("appmesh_"))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** `collect` is called before it is told. */
  #counter<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect?: () => void,
  ): Counter<L> {
    const options = { name, help, labelNames: [...labelNames], registers: [this.#registry] };
    return new Counter({ ...options, ...(collect && { collect }) });
  }

  #histogram<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: readonly number[],
  ): Histogram<L> {
    const options = { name, help, labelNames: [...labelNames], buckets: [...buckets] };
    return new Histogram({ ...options, registers: [this.#registry] });
  }

  /** A number that is read when it is asked for: what is gone since the last time is not told any more. */
  #gauge<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: (gauge: Gauge<L>, sources: Sources) => void,
  ): void {
    const gauge: Gauge<L> = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        if (this.#sources) read(gauge, this.#sources);
      },
    });
  }
}
