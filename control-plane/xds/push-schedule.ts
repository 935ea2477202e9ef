/**
 * How long one turn of work may keep the event loop from hearing requests: about what it takes to tell 500 proxies.
 * Shorter turns make the last proxies wait for the acknowledgements of the first.
 */
const turnMillis = 16;

/** The shortest wait: changes that are made in one go arrive closer together than this. */
const shortestMillis = 2;

/**
 * When changes go out: the first at once, those that follow together, after a while that is as long as the last
 * work took. So a change that concerns few proxies is never late, and one that concerns thousands is not begun
 * again for each that follows it. Work is done in turns, so that requests are heard between them.
 */
export class PushSchedule {
  private state: "idle" | "working" | "coalescing" = "idle";
  private requested = false;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly work: () => Iterable<() => void>,
    private readonly longestMillis: number,
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
    const beganAt = performance.now();
    // Whoever made the change is answered first.
    setImmediate(() => this.turn(steps, beganAt));
  }

  private turn(steps: Iterator<() => void>, beganAt: number): void {
    if (this.stopped) return;
    const end = performance.now() + turnMillis;
    do {
      const step = steps.next();
      if (step.done === true) {
        this.rest(performance.now() - beganAt);
        return;
      }
      step.value();
    } while (performance.now() < end);
    setImmediate(() => this.turn(steps, beganAt));
  }

  private rest(workMillis: number): void {
    this.state = "coalescing";
    this.timer = setTimeout(
      () => {
        this.state = "idle";
        if (this.requested) this.begin();
      },
      Math.min(Math.max(workMillis, shortestMillis), this.longestMillis),
    );
  }
}
