/** Envoy's own log, made short: `warning upstream: …`. */
export const logFormat = "%l %n: %v";

/** How long the same line is not told again. */
const quietMilliseconds = 60_000;

/** Keeps what Envoy said last, and shows each line once in a while: it repeats itself while it waits. */
export class EnvoyLog {
  #show: (line: string) => void;
  readonly #last: string[] = [];
  readonly #shown = new Map<string, number>();
  #refusal: string | undefined;

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  add(raw: string): void {
    const line = raw.includes("config stream to ") ? decode(raw).replace(/\{via_upstream\}$/, "") : raw;
    this.#last.push(line);
    if (this.#last.length > 20) this.#last.shift();
    const [, reason] = /config stream to \S+ closed: \d+, (.*)$/.exec(line) ?? [];
    if (reason !== undefined) this.#refusal = reason;
    const now = Date.now();
    if (now - (this.#shown.get(line) ?? Number.NEGATIVE_INFINITY) < quietMilliseconds) return;
    if (this.#shown.size >= 1000) this.#shown.clear();
    this.#shown.set(line, now);
    this.#show(line);
  }

  /** Shows no more: it is asked to end, and tells of that at length. */
  mute(): void {
    this.#show = () => {};
  }

  /** What it said last. */
  last(): readonly string[] {
    return this.#last;
  }

  /** Why the control plane was last not to be had. */
  refusal(): string | undefined {
    return this.#refusal;
  }
}

/** gRPC messages travel percent-encoded. */
function decode(line: string): string {
  try {
    return decodeURIComponent(line);
  } catch {
    return line;
  }
}
