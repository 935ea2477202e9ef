/** How long one turn of work may keep the event loop from hearing acknowledgements. */
const turnMillis = 8;

/**
 * When changes go out: the first at once, those that follow together, after a short while. Work is done in
 * turns, so that requests are heard between them.
 */
export class PushSchedule {
  private state: "idle" | "working" | "coalescing" = "idle";
  private requested = false;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly work: () => Iterable<() => void>,
    private readonly coalesceMillis: number,
  ) {}

  request(): void {
    this.requested = true;
    if (this.state !== "idle" || this.stopped) return;
    this.begin();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private begin(): void {
    this.requested = false;
    this.state = "working";
    const steps = this.work()[Symbol.iterator]();
    // Whoever made the change is answered first.
    setImmediate(() => this.turn(steps));
  }

  private turn(steps: Iterator<() => void>): void {
    if (this.stopped) return;
    const end = performance.now() + turnMillis;
    do {
      const step = steps.next();
      if (step.done === true) {
        this.rest();
        return;
      }
      step.value();
    } while (performance.now() < end);
    setImmediate(() => this.turn(steps));
  }

  private rest(): void {
    this.state = "coalescing";
    this.timer = setTimeout(() => {
      this.state = "idle";
      if (this.requested) this.begin();
    }, this.coalesceMillis);
  }
}
