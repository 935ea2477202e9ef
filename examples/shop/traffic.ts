import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** One request to the storefront, with what became of it. Times are in milliseconds, as performance.now(). */
export interface Sample {
  readonly sent: number;
  readonly took: number;
  /** The catalog version that answered; undefined for a failure. */
  readonly version?: string;
  readonly failure?: string;
}

/** A steady stream of requests, storefront → catalog → ratings, kept up until it is stopped. */
export class Traffic {
  readonly samples: Sample[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  #running = true;
  readonly #done: Promise<unknown>;

  /** `workers` callers, each of which pauses `pause` ms between an answer and its next request. */
  constructor(
    private readonly url: string,
    { workers = 8, pause = 15 } = {},
  ) {
    this.#done = Promise.all(Array.from({ length: workers }, () => this.#work(pause)));
  }

  /** The requests sent at `from` or later. */
  since(from: number): Sample[] {
    return this.samples.filter((sample) => sample.sent >= from);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
    this.#agent.destroy();
  }

  async #work(pause: number): Promise<void> {
    while (this.#running) {
      this.samples.push(await this.#request());
      await sleep(pause);
    }
  }

  #request(): Promise<Sample> {
    const sent = performance.now();
    const { promise, resolve } = Promise.withResolvers<Sample>();
    const end = (outcome: { version: string } | { failure: string }) =>
      resolve({ sent, took: performance.now() - sent, ...outcome });
    const request = get(
      this.url,
      { agent: this.#agent, headers: { host: "storefront.shop.local:8080" } },
      (response) => {
        response
          .toArray()
          .then((chunks) => end(outcomeOf(response.statusCode, chunks.join(""))))
          .catch((error) => end({ failure: String(error) }));
      },
    );
    request.setTimeout(20_000, () => request.destroy(new Error("no answer within 20 s")));
    request.on("error", (error) => end({ failure: String(error) }));
    return promise;
  }
}

function outcomeOf(status: number | undefined, text: string): { version: string } | { failure: string } {
  if (status !== 200) return { failure: `HTTP ${status}: ${text.slice(0, 300)}` };
  try {
    return { version: JSON.parse(text).calls.version };
  } catch {
    return { failure: `not the storefront's answer: ${text.slice(0, 300)}` };
  }
}
