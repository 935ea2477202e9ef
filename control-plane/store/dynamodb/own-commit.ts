import { randomUUID } from "node:crypto";

/** A commit of this process, and what became of it once that is known. */
export class OwnCommit {
  readonly id = randomUUID();
  made: boolean | undefined;
  readonly settled: Promise<boolean | undefined>;
  /** Resolves only where it was made. */
  readonly madeByLog: Promise<{ readonly is: "made" }>;
  readonly #resolve: (made: boolean | undefined) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<boolean | undefined>();
    this.settled = promise;
    this.#resolve = resolve;
    this.madeByLog = new Promise((made) => promise.then((is) => is && made({ is: "made" })));
  }

  settle(made: boolean | undefined): void {
    this.made ??= made;
    this.#resolve(made);
  }
}
