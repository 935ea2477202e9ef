// HTTP as bytes on a socket: for requests that no client would make.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection on which anything may be sent, and answers are read one by one. */
export class RawConnection {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    // A reset ends it as well as an end does: what came before counts.
    socket.on("error", () => {});
    for (const event of ["end", "close"])
      socket.on(event, () => {
        this.#ended = true;
        this.#changed();
      });
  }

  /** @param url `http://HOST:PORT` */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next answer; undefined where the connection ends before there is one. */
  async response(): Promise<RawResponse | undefined> {
    for (;;) {
      const response = this.#take();
      if (response) return response;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Resolves when the other side has ended the connection. */
  async ended(): Promise<void> {
    while (!this.#ended) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #take(): RawResponse | undefined {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [first = "", ...lines] = this.#received.subarray(0, end).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const status = Number(first.split(" ")[1]);
    const start = end + 4;
    if (status === 100) {
      this.#received = this.#received.subarray(start);
      return this.#take();
    }
    const length = Number(headers["content-length"] ?? 0);
    if (this.#received.length < start + length) return undefined;
    const body = this.#received.subarray(start, start + length).toString();
    this.#received = this.#received.subarray(start + length);
    return { status, headers, body };
  }
}

/** Sends bytes on a connection of their own, and gives the first answer; undefined where there is none. */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<RawResponse | undefined> {
  const connection = await RawConnection.open(url);
  try {
    connection.send(bytes);
    return await connection.response();
  } finally {
    connection.close();
  }
}

/** A request, whole: the first line without its version, further headers, and a body. */
export const request = (
  line: string,
  headers: readonly string[] = [],
  body: string | Uint8Array = "",
): Buffer =>
  Buffer.concat([
    Buffer.from([`${line} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n"), "latin1"),
    Buffer.from(body as string),
  ]);
