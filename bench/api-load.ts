import { connect, type Socket } from "node:net";
import { now } from "./processes.js";

/** What a run of requests saw. */
export interface ApiLoad {
  readonly seconds: number;
  /** ms of each request, in the order of the answers. */
  readonly latencies: readonly number[];
  /** Bodies of the answers, by the requests' order, where they were asked for. */
  readonly bodies: readonly string[];
}

/**
 * Sends prepared requests, each once, over some connections that each wait for their answer, until all are answered or
 * the time is over. HTTP/1.1 by hand, so that the client costs less than the servers. Opens another connection where the
 * server closes one after its answer, as part of the next request's time: so would any client.
 */
export async function sendAll(
  port: number,
  requests: readonly Buffer[],
  {
    connections,
    ms = Number.POSITIVE_INFINITY,
    isExpected = (status) => status === 200,
  }: { connections: number; ms?: number; isExpected?: (status: number, index: number) => boolean },
): Promise<ApiLoad> {
  const latencies: number[] = [];
  const bodies: string[] = [];
  let next = 0;
  const start = now();
  const worker = async (): Promise<void> => {
    const connection = new Connection(port);
    while (next < requests.length && now() - start < ms) {
      const index = next++;
      const sent = now();
      const { status, body } = await connection.ask(requests[index] as Buffer);
      latencies.push(now() - sent);
      bodies[index] = body;
      if (!isExpected(status, index))
        throw new Error(`${requests[index]} was answered with ${status}: ${body}`);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return { seconds: (now() - start) / 1000, latencies, bodies };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

class Connection {
  #socket: Socket | undefined;
  readonly #port: number;
  #received = "";
  #answered: ((answer: Answer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  ask(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket ??= this.#open();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ host: "127.0.0.1", port: this.#port, noDelay: true });
    socket.setEncoding("utf8").on("data", (chunk) => this.#read(chunk as unknown as string));
    // One that was closed after its answer has been let go of, and its end is no news.
    const lost = (error: Error) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#failed?.(error);
    };
    socket.on("error", lost);
    socket.on("close", () =>
      lost(new Error(`127.0.0.1:${this.#port} closed a connection without an answer`)),
    );
    return socket;
  }

  #read(chunk: string): void {
    this.#received += chunk;
    const head = this.#received.indexOf("\r\n\r\n");
    if (head < 0) return;
    const fields = this.#received.slice(0, head);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(fields)?.[1] ?? 0);
    const body = this.#received.slice(head + 4);
    if (Buffer.byteLength(body) < length) return;
    this.#received = "";
    if (/\r\nconnection: *close/i.test(fields)) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    const answered = this.#answered;
    this.#answered = undefined;
    this.#failed = undefined;
    answered?.({ status: Number(fields.slice(9, 12)), body });
  }
}
