// Requests that go on all the time while something happens to what they depend on.
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Echo } from "./http.js";
import { until } from "./sidecar.js";

/** Calls all the time, one request after the other, and remembers what was not answered by an echoing server. */
export class Traffic {
  readonly failed: string[] = [];
  answered = 0;
  /** The name of the server that answered last. */
  last = "";
  #on = true;
  readonly #done: Promise<void>;

  constructor(call: () => Promise<Answer>) {
    this.#done = this.#run(call);
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#done;
  }

  /** So many more requests are answered. */
  async more(requests: number): Promise<void> {
    const enough = this.answered + requests;
    await until(() => this.answered >= enough || this.failed.length > 0);
  }

  /** The server of this name answers from now on. */
  async comesTo(server: string): Promise<void> {
    await until(() => this.last === server || this.failed.length > 0);
  }

  async #run(call: () => Promise<Answer>): Promise<void> {
    while (this.#on) {
      try {
        const { status, body } = await call();
        if (status === 200) {
          this.last = (JSON.parse(body) as Echo).server;
          this.answered++;
        } else this.failed.push(`${status} ${body}`);
      } catch (error) {
        this.failed.push(String(error));
      }
      await sleep(5);
    }
  }
}
