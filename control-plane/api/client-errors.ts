import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { RequestLog } from "./request-log.js";

/** What becomes of bytes that never become a request. */
interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly code: string;
  readonly message: string;
}

/** How long a client has to read why it was refused. */
const LINGER_MILLISECONDS = 1_000;

const badRequest = (message: string): Refusal => ({
  status: 400,
  reason: "Bad Request",
  code: "BadRequestException",
  message,
});

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return {
        status: 408,
        reason: "Request Timeout",
        code: "RequestTimeoutException",
        message: "the request did not arrive in time; send it whole, and again",
      };
    case "HPE_HEADER_OVERFLOW":
      return {
        status: 431,
        reason: "Request Header Fields Too Large",
        code: "BadRequestException",
        message: "the request's URL and headers are too large; at most 16384 bytes are allowed",
      };
    case "HPE_INVALID_EOF_STATE":
      return badRequest("the connection was closed in the middle of the request; send it whole, and again");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return badRequest("the request's chunk extensions are too large; send its body without any");
    default:
      return badRequest(`the request is not HTTP/1.1 as RFC 9112 has it (${code ?? "unreadable"})`);
  }
}

const unknownOperation: Refusal = {
  status: 404,
  reason: "Not Found",
  code: "UnknownOperationException",
  message: "there is no operation at CONNECT",
};

/**
 * Answers what Node reads and fastify never sees, in the form of all other errors. A connection whose bytes make no
 * sense is closed after that: where the next request begins on it cannot be known.
 */
export class ClientErrors {
  readonly #log: RequestLog;
  /** Requests that were read whole and are not answered yet, by connection. */
  readonly #pending = new WeakMap<Duplex, Map<IncomingMessage, ServerResponse>>();
  readonly #refused = new WeakSet<Duplex>();

  constructor(log: RequestLog) {
    this.#log = log;
  }

  /** Call before the first route is added. */
  follow(app: FastifyInstance): void {
    app.addHook("onRequest", async ({ raw }, reply) => {
      const pending = this.#pending.get(raw.socket) ?? new Map<IncomingMessage, ServerResponse>();
      this.#pending.set(raw.socket, pending.set(raw, reply.raw));
      reply.raw.once("close", () => pending.delete(raw));
    });
    const server = app.server as Server;
    server.on("connect", (_request, socket) => this.#send(socket, unknownOperation, "CONNECT"));
    server.on("checkExpectation", (request: IncomingMessage, response) => {
      const requestId = randomUUID();
      const message = `Expect: ${request.headers.expect} is not understood; only 100-continue is`;
      const body = JSON.stringify({ message });
      response.writeHead(417, { ...headers(requestId, "ExpectationFailedException", body) }).end(body);
      this.#log.answeredRaw(requestId, 417, "ExpectationFailedException", message);
    });
  }

  readonly handler = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    // What comes after what made no sense makes none either.
    if (this.#refused.has(socket)) return;
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    this.#refused.add(socket);
    const refusal = refusalOf(error.code);
    // What came before on the same connection, and was understood, is answered first: an error in its place would
    // tell its client that nothing was done.
    const whole = [...(this.#pending.get(socket) ?? [])].filter(([{ complete }]) => complete);
    if (whole.length === 0) {
      this.#send(socket, refusal, error.message);
      return;
    }
    let open = whole.length;
    for (const [, response] of whole) {
      response.once("close", () => {
        open -= 1;
        if (open === 0) this.#send(socket, refusal, error.message);
      });
    }
  };

  #send(socket: Duplex, { status, reason, code, message }: Refusal, why: string): void {
    if (!socket.writable) return;
    const requestId = randomUUID();
    const body = JSON.stringify({ message });
    const lines = Object.entries(headers(requestId, code, body)).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${reason}`, ...lines, "", body].join("\r\n"));
    // Closed at once, the connection would be reset for what is still on its way, and the answer lost.
    const cut = setTimeout(() => socket.destroy(), LINGER_MILLISECONDS).unref();
    socket.once("close", () => clearTimeout(cut));
    this.#log.answeredRaw(requestId, status, code, why);
  }
}

const headers = (requestId: string, code: string, body: string) => ({
  "content-type": "application/json; charset=utf-8",
  "content-length": Buffer.byteLength(body),
  "x-amzn-RequestId": requestId,
  "x-amzn-ErrorType": code,
  connection: "close",
});
