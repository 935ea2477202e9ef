import { Program } from "./processes.js";

/** The resource types of ADS, by the short names that people use. */
export const typeUrls = {
  CDS: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  RDS: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
} as const;

export type Protocol = "delta" | "sotw";

/** What came to all proxies together since it was last asked to count. */
export interface Counts {
  readonly messages: number;
  /** Of the gRPC messages. */
  readonly messageBytes: number;
  /** With HTTP/2 frame headers. */
  readonly wireBytes: number;
  readonly resources: number;
  readonly disconnects: number;
}

/** When each proxy had a change, in ms of the monotonic clock, ascending. */
export interface Arrival extends Counts {
  readonly receivedAt: readonly number[];
  readonly acknowledgedAt: readonly number[];
  /** 1, unless a server sent one resource in several forms. */
  readonly distinctBodies: number;
}

export interface Awaited {
  readonly typeUrl: string;
  readonly name: string;
  /** Text that the new form of the resource holds, where it holds any. */
  readonly contains?: string;
}

const patience = 60_000;

/** Files by which proxies know their server over TLS, and prove who they are. */
export interface Proof {
  readonly trust: string;
  readonly certificate: string;
  readonly key: string;
  readonly serverName: string;
}

/** A process of fake proxies: see bench/peers/fake-proxies. */
export class Fleet {
  readonly program: Program;
  #asked = 0;

  constructor(executable: string) {
    // It shares the machine with the server that it measures: it had rather use memory than collect garbage.
    this.program = new Program("fake-proxies", executable, [], { env: { ...process.env, GOGC: "400" } });
  }

  /** Resolves when every proxy has everything that it asked for. Closes the proxies of an earlier call. */
  async connect(
    server: string,
    protocol: Protocol,
    nodes: readonly string[],
    count: number,
    tls?: Proof,
  ): Promise<Counts & { ms: number }> {
    const options = { server, protocol, nodes, count, parallel: 100, timeoutMs: 3 * patience };
    return this.#ask("connect", { ...options, ...(tls && { tls }) });
  }

  /** To be called before the change is made. */
  async arm(awaited: Awaited): Promise<void> {
    await this.#ask("arm", { ...awaited });
  }

  async arrival(): Promise<Arrival> {
    const answer = await this.#ask<Arrival>("await", { timeoutMs: patience });
    const ms = (nanos: readonly number[]) => nanos.map((n) => n / 1e6);
    return { ...answer, receivedAt: ms(answer.receivedAt), acknowledgedAt: ms(answer.acknowledgedAt) };
  }

  /** From here on, everything is counted anew. */
  async resetCounts(): Promise<void> {
    await this.#ask("reset", {});
  }

  /**
   * Resolves when every proxy has a stream and has sent its subscriptions, at `at` of the monotonic clock. To be
   * asked when the streams to an earlier server have ended.
   */
  async subscribed(): Promise<Counts & { at: number }> {
    const answer = await this.#ask<Counts & { at: number }>("subscribed", { timeoutMs: patience });
    return { ...answer, at: answer.at / 1e6 };
  }

  async counts(): Promise<Counts> {
    return this.#ask("counts", {});
  }

  /** Writes what the first proxy holds to a file, for a peer to serve. */
  async dump(file: string): Promise<void> {
    await this.#ask("dump", { file });
  }

  async disconnect(): Promise<void> {
    await this.#ask("close", {});
  }

  async #ask<T>(command: string, options: object): Promise<T> {
    const id = ++this.#asked;
    this.program.write(JSON.stringify({ ...options, do: command, id }));
    const answer = JSON.parse(await this.program.line());
    if (answer.error !== undefined) throw new Error(`fake-proxies, ${command}: ${answer.error}`);
    if (answer.id !== id) throw new Error(`fake-proxies answered ${answer.id} to ${id}`);
    return answer;
  }
}
