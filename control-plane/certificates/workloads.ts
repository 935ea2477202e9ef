import type { ExportedAuthority, ExportedCertificate, Unavailable } from "../translate/entities.js";
import type { WorkloadCertificate, WorkloadIssuer } from "./workload-issuer.js";

export interface WorkloadsOptions {
  readonly issuer: WorkloadIssuer;
  /** Called when a certificate has been issued, renewed, or could not be. */
  readonly changed: (name: string) => void;
  readonly trustChanged: () => void;
  /** A certificate cannot be had now. */
  readonly failed?: (name: string, error: Error, kept: boolean) => void;
  /** Default: 30 seconds. */
  readonly retryMillis?: number;
  /** Milliseconds since 1970, by a clock that all control planes of a mesh share. Default: this machine's. */
  readonly now?: () => number;
}

interface Workload {
  /** Whom it is told to. */
  readonly lookers: Set<string>;
  issued: WorkloadCertificate | undefined;
  shown: ExportedCertificate | Unavailable;
  timer: NodeJS.Timeout | undefined;
  asking: boolean;
}

const pending: Unavailable = { unavailable: "its certificate of the mesh is being issued", pending: true };
/** The longest time that a timer of Node's takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The certificates of proxies, by their names: each is renewed when half of its time is over, give or take a tenth. */
export class Workloads {
  readonly #options: WorkloadsOptions;
  readonly #workloads = new Map<string, Workload>();
  readonly #unfollow: () => void;
  #trust: { readonly text: string; readonly authority: ExportedAuthority } | undefined;
  #closed = false;

  constructor(options: WorkloadsOptions) {
    this.#options = options;
    this.#unfollow = options.issuer.onChanged(() => this.#issuerChanged());
  }

  certificate(name: string, looker: string): ExportedCertificate | Unavailable {
    const known = this.#workloads.get(name);
    if (known) {
      known.lookers.add(looker);
      return known.shown;
    }
    const workload: Workload = {
      lookers: new Set([looker]),
      issued: undefined,
      shown: pending,
      timer: undefined,
      asking: false,
    };
    this.#workloads.set(name, workload);
    this.#ask(name, workload);
    return workload.shown;
  }

  trust(): ExportedAuthority | Unavailable {
    const text = this.#options.issuer.trust();
    if (text === undefined) return pending;
    if (this.#trust?.text !== text) this.#trust = { text, authority: { certificates: text } };
    return this.#trust.authority;
  }

  /** The looker is not told of it any more. */
  forget(name: string, looker: string): void {
    const workload = this.#workloads.get(name);
    if (workload?.lookers.delete(looker) && workload.lookers.size === 0) this.#drop(name, workload);
  }

  close(): void {
    this.#closed = true;
    this.#unfollow();
    for (const [name, workload] of this.#workloads) this.#drop(name, workload);
  }

  #drop(name: string, { timer }: Workload): void {
    clearTimeout(timer);
    this.#workloads.delete(name);
  }

  #issuerChanged(): void {
    const { issuer, trustChanged } = this.#options;
    if (this.#trust === undefined || this.#trust.text !== issuer.trust()) trustChanged();
    const signer = issuer.signer();
    for (const [name, workload] of this.#workloads) {
      if (workload.issued !== undefined && workload.issued.signer !== signer) this.#ask(name, workload);
    }
  }

  #ask(name: string, workload: Workload): void {
    if (workload.asking) return;
    workload.asking = true;
    clearTimeout(workload.timer);
    this.#options.issuer
      .issue(name)
      .then(
        (issued) => this.#take(name, workload, issued),
        (error: Error) => this.#failed(name, workload, error),
      )
      .finally(() => {
        workload.asking = false;
      });
  }

  #take(name: string, workload: Workload, issued: WorkloadCertificate): void {
    if (this.#isGone(name, workload)) return;
    const { certificate, issuers, privateKey, notBefore, notAfter } = issued;
    workload.issued = issued;
    workload.shown = { certificate, issuers, privateKey };
    const half = (notAfter - Math.max(notBefore, this.#now())) / 2;
    this.#later(name, workload, half * (0.9 + Math.random() * 0.2));
    this.#options.changed(name);
  }

  #failed(name: string, workload: Workload, error: Error): void {
    if (this.#isGone(name, workload)) return;
    const kept = workload.issued !== undefined && workload.issued.notAfter > this.#now();
    this.#options.failed?.(name, error, kept);
    this.#later(name, workload, this.#options.retryMillis ?? 30_000);
    // What it has goes on being used, and what starts goes on without: plain text may still be taken.
    if (workload.issued === undefined) {
      workload.shown = { unavailable: `its certificate of the mesh cannot be had: ${error.message}` };
      this.#options.changed(name);
    }
  }

  #now = (): number => (this.#options.now ?? Date.now)();

  #isGone = (name: string, workload: Workload): boolean =>
    this.#closed || this.#workloads.get(name) !== workload;

  #later(name: string, workload: Workload, millis: number): void {
    workload.timer = setTimeout(() => this.#ask(name, workload), Math.min(millis, LONGEST_TIMER)).unref();
  }
}
