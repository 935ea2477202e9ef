import { Agent, request } from "node:http";
import type { Awaited } from "./fleet.js";
import { Program } from "./processes.js";
import type { Change, Server } from "./server.js";

/** The peer: go-control-plane's SnapshotCache, serving what our own server serves. */
export class Anchor implements Server {
  readonly name = "go-control-plane";
  readonly #executable: string;
  readonly #resources: string;
  readonly #http = new Agent({ keepAlive: true });
  #program: Program | undefined;
  #addresses = { api: "127.0.0.1:0", xds: "127.0.0.1:0" };

  /** @param resources the file that Fleet.dump wrote */
  constructor(executable: string, resources: string) {
    this.#executable = executable;
    this.#resources = resources;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error("start the anchor first");
    return this.#program;
  }

  get xds(): string {
    return this.#addresses.xds;
  }

  async start(): Promise<void> {
    const { api, xds } = this.#addresses;
    this.#program = new Program(this.name, this.#executable, [
      "-resources",
      this.#resources,
      "-api",
      api,
      "-xds",
      xds,
    ]);
    this.#addresses = JSON.parse(await this.#program.line());
  }

  async apply(change: Change, awaited: Awaited): Promise<void> {
    const query = new URLSearchParams({ type: awaited.typeUrl, name: awaited.name });
    const body =
      "weights" in change
        ? { cluster: change.firstTarget, weights: change.weights }
        : { address: change.hostname };
    await this.#send("PUT", `/resources?${query}`, JSON.stringify(body));
  }

  async collectGarbage(): Promise<void> {
    await this.#send("POST", "/gc", "");
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    this.#http.destroy();
    await this.#program?.stop(signal);
  }

  #send(method: string, path: string, body: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `http://${this.#addresses.api}${path}`,
        { method, agent: this.#http },
        (answer) => {
          answer.resume();
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`${this.name} answered ${answer.statusCode} to ${method} ${path}`));
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }
}
