import type { Logger } from "pino";

export interface RefusalLogOptions {
  readonly log: Pick<Logger, "warn">;
  /** How long the same refusal is told only once. Default: a minute. */
  readonly intervalMillis?: number;
  /** How many different refusals are told in that time. Default: 200. */
  readonly most?: number;
  /** Called for each refusal that is told only in a number. */
  readonly onHeldBack?: () => void;
}

/** Who was refused, and why. */
export interface Refused {
  /** ADDRESS:PORT. */
  readonly peer: string;
  readonly code: number;
  readonly nodeId?: string | undefined;
}

interface Held {
  readonly fields: object;
  readonly message: string;
  count: number;
}

/**
 * Logs streams that are refused. Those who are refused come back, for as long as nobody mends it: the same reason is told
 * once in an interval for each machine, and how often it was meant when the interval is over.
 */
export class RefusalLog {
  readonly #held = new Map<string, Held>();
  readonly #options: RefusalLogOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  tell({ peer, code, nodeId }: Refused, message: string): void {
    const { log, most = 200, onHeldBack } = this.#options;
    this.#start();
    // Each connection has another port.
    const address = peer.replace(/:\d+$/, "");
    const key = JSON.stringify([address, code, message]);
    const known = this.#held.get(key);
    if (known) {
      known.count++;
      onHeldBack?.();
    } else if (this.#held.size < most) {
      this.#held.set(key, { fields: { peer: address, code }, message, count: 0 });
      log.warn({ ...(nodeId !== undefined && { nodeId }), peer, code }, message);
    } else {
      const rest = this.#held.get("") ?? {
        fields: {},
        message: "proxies refused for other reasons, or elsewhere",
        count: 0,
      };
      rest.count++;
      this.#held.set("", rest);
      onHeldBack?.();
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#tellHeld();
  }

  #start(): void {
    this.#timer ??= setInterval(() => this.#tellHeld(), this.#options.intervalMillis ?? 60_000).unref();
  }

  /** What goes on is told once more by its number; what does not is forgotten. */
  #tellHeld(): void {
    for (const [key, held] of this.#held) {
      const { fields, message, count } = held;
      if (count === 0) this.#held.delete(key);
      else this.#options.log.warn({ ...fields, heldBack: count }, `${message} (${count} times more)`);
      held.count = 0;
    }
  }
}
