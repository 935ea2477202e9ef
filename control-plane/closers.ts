/** What has to be ended, the last that was begun first. */
export class Closers {
  readonly #all: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#all.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#all.splice(0).reverse()) await close();
  }
}
