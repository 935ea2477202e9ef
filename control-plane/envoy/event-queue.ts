/** Events of several sources for one reader, in the order in which they came. None is lost between two reads. */
export class EventQueue<E> {
  readonly #events: E[] = [];
  #wake: (() => void) | undefined;

  push(event: E): void {
    this.#events.push(event);
    this.#wake?.();
  }

  async next(): Promise<E> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
