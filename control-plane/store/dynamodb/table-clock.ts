/** The machine's clock is taken for right where it agrees with the table's as far as this. */
const AGREES_MILLISECONDS = 1_000;

/**
 * The time at the table, as its answers tell it: the one clock that all who share a table have in common. What is decided by
 * time, such as whether everybody has settled, is decided alike by control planes whose machines have different clocks.
 */
export class TableClock {
  /** How far the table's clock is ahead of this machine's: no less, and no more. */
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  constructor(private readonly machine: () => number = Date.now) {}

  /** Takes the `date` header of an answer, and when by this machine's clock it was asked for and there. */
  heard(date: string, askedAt: number, answeredAt: number): void {
    const told = Date.parse(date);
    if (Number.isNaN(told)) return;
    // It was that second at some moment in between.
    const least = told - answeredAt;
    const most = told + 1_000 - askedAt;
    // Where they cannot both be, one of the clocks was put right.
    const isNews = least > this.#most || most < this.#least;
    this.#least = isNews ? least : Math.max(least, this.#least);
    this.#most = isNews ? most : Math.min(most, this.#most);
  }

  /** Milliseconds since 1970. */
  now(): number {
    const machine = this.machine();
    if (this.#least <= AGREES_MILLISECONDS && this.#most >= -AGREES_MILLISECONDS) return machine;
    return machine + Math.round((this.#least + this.#most) / 2);
  }
}
