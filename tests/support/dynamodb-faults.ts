// Stands between whoever uses DynamoDB and DynamoDB Local, and lets go wrong what goes wrong on a network.
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { seed as given } from "./seed.js";

/** What goes wrong, each from 0 (never) to 1 (always) of the requests that `only` lets through. */
export interface Faults {
  /** It is answered as by a table without capacity, and not carried out. */
  readonly throttled?: number;
  /** It is answered with an error of the server, and not carried out. */
  readonly failed?: number;
  /** The connection breaks before it is carried out. */
  readonly unsent?: number;
  /** It is carried out, and the connection breaks before its answer. */
  readonly lost?: number;
  /** It is carried out this much later, in milliseconds. */
  readonly slowMilliseconds?: number;
  /** The operations that this befalls: TransactWriteItems, GetItem, Query, UpdateItem … Default: all. */
  readonly only?: readonly string[];
  /**
   * By how many seconds its clock is ahead of this machine's. With it, requests that were signed five minutes off that are
   * refused, as AWS does. Default: none are.
   */
  readonly clockAhead?: number;
}

export class FaultyDynamoDb {
  /** What goes wrong from now on. */
  faults: Faults = {};
  /** How often each operation was asked for, whatever came of it. */
  readonly asked = new Map<string, number>();
  /** What befell them, by the names of the faults. */
  readonly befallen = new Map<string, number>();
  #server: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly target: string,
    private readonly random: () => number,
  ) {}

  /** Its faults come in an order that the seed decides. */
  static async start(target: string, seed = given): Promise<FaultyDynamoDb> {
    const proxy = new FaultyDynamoDb(target, randomOf(seed));
    await proxy.comeBack();
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Nobody reaches it any more; what is under way is broken off. */
  async leave(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** It is there again, at the same port, with all that it knew. */
  async comeBack(): Promise<void> {
    const server = createServer((from, to) => void this.#pass(from, to).catch(() => from.socket.destroy()));
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async #pass(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of from) chunks.push(chunk);
    const operation = String(from.headers["x-amz-target"]).split(".").at(-1) ?? "";
    count(this.asked, operation);
    const { only } = this.faults;
    const faults = only === undefined || only.includes(operation) ? this.faults : {};
    if (faults.clockAhead !== undefined) {
      const now = Date.now() + faults.clockAhead * 1000;
      to.setHeader("date", new Date(now).toUTCString());
      if (Math.abs(now - signedAt(from)) >= MOST_SKEW_MILLISECONDS) {
        count(this.befallen, "skewed");
        return refuse(to, 400, "InvalidSignatureException");
      }
    }
    if (this.#befalls("throttled", faults)) return refuse(to, 400, "ProvisionedThroughputExceededException");
    if (this.#befalls("failed", faults)) return refuse(to, 500, "InternalServerError");
    if (this.#befalls("unsent", faults)) return void from.socket.destroy();
    const isLost = this.#befalls("lost", faults);
    if (faults.slowMilliseconds !== undefined) await sleep(faults.slowMilliseconds);
    await this.#forward(from, Buffer.concat(chunks), isLost ? undefined : to);
    if (isLost) from.socket.destroy();
  }

  #befalls(fault: "throttled" | "failed" | "unsent" | "lost", faults: Faults): boolean {
    if ((faults[fault] ?? 0) <= this.random()) return false;
    count(this.befallen, fault);
    return true;
  }

  #forward(from: IncomingMessage, body: Buffer, to: ServerResponse | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const { method, url, headers } = from;
      const passed = request(
        new URL(url ?? "/", this.target),
        { method: method ?? "POST", headers },
        (answer) => {
          // The clock that an answer tells is the one of this way.
          if (to) to.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...date(to) });
          answer.on("data", (chunk) => to?.write(chunk));
          answer.once("end", () => {
            to?.end();
            resolve();
          });
          answer.once("error", reject);
        },
      );
      passed.once("error", reject);
      passed.end(body);
    });
  }
}

/** Mulberry32: numbers from 0 to 1, the same ones for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const MOST_SKEW_MILLISECONDS = 5 * 60_000;

const date = (to: ServerResponse): OutgoingHttpHeaders => {
  const told = to.getHeader("date");
  return told === undefined ? {} : { date: String(told) };
};

/** When a request says that it was signed. */
function signedAt({ headers }: IncomingMessage): number {
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(String(headers["x-amz-date"])) ?? [];
  const iso = `${day?.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time?.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`;
  return Date.parse(iso);
}

const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

function refuse(to: ServerResponse, status: number, code: string): void {
  to.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
  to.end(
    JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: "as the test has it" }),
  );
}
