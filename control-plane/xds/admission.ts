import { StatusCode, type StreamHandler } from "./transport.js";

export interface AdmissionRate {
  /**
   * New streams that are served in a second; others wait for their turn. The first stream of a proxy costs a translation and
   * all its resources: after a restart every proxy comes at once, and those that are served already must not wait for all.
   */
  readonly streamsPerSecond: number;
  /** How many streams may wait. Those beyond are refused, and come back. */
  readonly waitingStreams: number;
}

/** About what one core gets done. A thousand proxies are back within two seconds. */
export const defaultAdmission: AdmissionRate = { streamsPerSecond: 500, waitingStreams: 20_000 };

/** What is admitted at once after quiet times, as a part of what a second admits. */
const BURST_SECONDS = 0.5;
const TURN_MILLIS = 10;
/** What is kept of what a client says while it waits. More than a proxy with a thousand backends says first. */
const heldBytes = 1024 * 1024;

/** A stream of which this decides when it is heard. */
export interface Entrant extends StreamHandler {
  end(code: StatusCode, details: string): void;
}

/** Lets new streams in one after another, at a limited rate, in the order in which they came. */
export class Admission {
  private readonly burst: number;
  private room: number;
  private filledAt: number;
  private readonly waiting = new Set<HeldStream>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly rate: AdmissionRate = defaultAdmission,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.burst = Math.max(1, rate.streamsPerSecond * BURST_SECONDS);
    this.room = this.burst;
    this.filledAt = now();
  }

  /** How many streams wait now. */
  get queue(): number {
    return this.waiting.size;
  }

  /** What is to handle a new stream: the stream itself where there is room, else what waits for it. */
  enter(stream: Entrant): StreamHandler {
    this.fill();
    if (this.waiting.size === 0 && this.room >= 1) {
      this.room--;
      return stream;
    }
    const held = new HeldStream(stream, () => this.waiting.delete(held));
    if (this.waiting.size >= this.rate.waitingStreams) {
      held.refuse("too many proxies come at once: open another stream after a while");
      return held;
    }
    this.waiting.add(held);
    this.timer ??= setInterval(() => this.turn(), TURN_MILLIS).unref();
    return held;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private turn(): void {
    this.fill();
    for (const held of this.waiting) {
      if (this.room < 1) return;
      this.room--;
      this.waiting.delete(held);
      held.admit();
    }
    if (this.waiting.size === 0) this.stop();
  }

  private fill(): void {
    const now = this.now();
    const more = ((now - this.filledAt) / 1000) * this.rate.streamsPerSecond;
    this.room = Math.min(this.room + more, this.burst);
    this.filledAt = now;
  }
}

/** A stream that waits for its turn, and what its client has said so far. */
class HeldStream implements StreamHandler {
  /** undefined once it is admitted. */
  private held: Uint8Array[] | undefined = [];
  private bytes = 0;
  private over = false;

  constructor(
    private readonly stream: Entrant,
    private readonly leave: () => void,
  ) {}

  admit(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const message of held) this.stream.received(message);
  }

  refuse(why: string): void {
    this.over = true;
    this.held = [];
    this.leave();
    this.stream.end(StatusCode.unavailable, why);
  }

  received(message: Uint8Array): void {
    if (this.over) return;
    if (this.held === undefined) {
      this.stream.received(message);
      return;
    }
    this.bytes += message.length;
    if (this.bytes > heldBytes) this.refuse(`more than ${heldBytes} bytes were sent before the first answer`);
    else this.held.push(message);
  }

  drained(): void {
    this.stream.drained();
  }

  closed(): void {
    this.over = true;
    this.held = [];
    this.leave();
    this.stream.closed();
  }
}
