import { setImmediate } from "node:timers/promises";

/** How long others wait at the most while something is being looked for. */
const TURN_MILLIS = 5;

/** Lets others be served in between, proxies among them, however large the work: it asks for its next turn at each step. */
export class Turns {
  readonly #now: () => number;
  #until: number;

  /** `now` tells the time in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#until = now() + TURN_MILLIS;
  }

  /** Resolves at once as long as this turn lasts, else when others have been served. */
  async next(): Promise<void> {
    if (this.#now() < this.#until) return;
    await setImmediate();
    this.#until = this.#now() + TURN_MILLIS;
  }
}
