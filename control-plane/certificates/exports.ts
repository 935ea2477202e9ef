import { X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { ExportedAuthority, ExportedCertificate, Unavailable } from "../translate/entities.js";
import type { CertificateSource } from "./certificate-source.js";

/** What entities name: one kind of thing, by its ARN. */
export interface Wanted {
  readonly kind: "certificate" | "certificateAuthority";
  readonly arn: string;
}

export interface ExportsOptions {
  readonly source: CertificateSource;
  /** How often each certificate is asked for again, give or take a fifth. Default: 15 minutes. */
  readonly intervalMillis?: number;
  /** Called after what is known of something has changed, with those who look at it. */
  readonly changed: (wanted: Wanted, lookers: Iterable<string>) => void;
  /** Called when something cannot be had, once for each reason. `kept`: what was had before stays in use. */
  readonly failed?: (wanted: Wanted, reason: string, kept: boolean) => void;
}

/** App Mesh passed a renewed certificate on within 35 minutes. */
const defaultIntervalMillis = 15 * 60_000;
/** A source that fails is asked again after this, and then ever less often. */
const retryMillis = 5_000;
/** Shortly before a certificate ends it is asked for more often, but no more than this. */
const shortestMillis = 60_000;

/** The certificates that somebody looks at, kept up to date. What was had last stays while the source is away. */
export class Exports {
  readonly #watches = new Map<string, Watch<ExportedCertificate | ExportedAuthority>>();

  constructor(private readonly options: ExportsOptions) {}

  certificate(arn: string, looker: string): ExportedCertificate | Unavailable {
    const ask = () => this.options.source.certificate(arn);
    return this.#read({ kind: "certificate", arn }, looker, ask) as ExportedCertificate | Unavailable;
  }

  certificateAuthority(arn: string, looker: string): ExportedAuthority | Unavailable {
    const ask = () => this.options.source.authority(arn);
    return this.#read({ kind: "certificateAuthority", arn }, looker, ask) as ExportedAuthority | Unavailable;
  }

  forget({ kind, arn }: Wanted, looker: string): void {
    const key = `${kind}/${arn}`;
    const watch = this.#watches.get(key);
    if (watch === undefined || !watch.lookers.delete(looker) || watch.lookers.size > 0) return;
    this.#watches.delete(key);
    watch.end();
  }

  /** What is asked for. */
  get wanted(): readonly Wanted[] {
    return [...this.#watches.values()].map(({ wanted }) => wanted);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.end();
    this.#watches.clear();
  }

  #read(
    wanted: Wanted,
    looker: string,
    ask: () => Promise<ExportedCertificate | ExportedAuthority>,
  ): ExportedCertificate | ExportedAuthority | Unavailable {
    const key = `${wanted.kind}/${wanted.arn}`;
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = new Watch(this.options, wanted, ask);
      this.#watches.set(key, watch);
    }
    watch.lookers.add(looker);
    return watch.known;
  }
}

/** One thing that is looked at. */
class Watch<T extends ExportedCertificate | ExportedAuthority> {
  readonly lookers = new Set<string>();
  known: T | Unavailable;
  #failures = 0;
  #reason: string | undefined;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ExportsOptions,
    readonly wanted: Wanted,
    private readonly ask: () => Promise<T>,
  ) {
    this.known = { unavailable: `${wanted.arn} is being asked for`, pending: true };
    void this.#refresh();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    try {
      const found = await this.ask();
      this.#failures = 0;
      this.#reason = undefined;
      this.#know(found);
    } catch (error) {
      this.#failures += 1;
      this.#fail((error as Error).message);
    }
    if (this.#ended) return;
    this.#timer = setTimeout(() => void this.#refresh(), this.#wait() * (0.8 + Math.random() * 0.4)).unref();
  }

  #fail(reason: string): void {
    if (this.#ended) return;
    const kept = !("unavailable" in this.known);
    if (reason !== this.#reason) this.options.failed?.(this.wanted, reason, kept);
    this.#reason = reason;
    if (!kept) this.#know({ unavailable: `${reason}; until then connections that need it are refused` });
  }

  #know(known: T | Unavailable): void {
    if (this.#ended || isDeepStrictEqual(known, this.known)) return;
    this.known = known;
    this.options.changed(this.wanted, this.lookers);
  }

  #wait(): number {
    const { intervalMillis = defaultIntervalMillis } = this.options;
    if (this.#failures > 0) return Math.min(intervalMillis, retryMillis * 2 ** (this.#failures - 1));
    if (!("certificate" in this.known)) return intervalMillis;
    const left = new X509Certificate(this.known.certificate).validToDate.getTime() - Date.now();
    return Math.min(intervalMillis, Math.max(shortestMillis, left / 2));
  }
}
