import http from "node:http";
import https from "node:https";
import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Connection, encode, type Request } from "./http.js";

/** The longest wait for one answer, in milliseconds. */
const ANSWER_TIMEOUT = 15_000;

/** The longest wait for the answer to a change that was sent before it was to stop, in milliseconds. */
const LAST_ANSWER_TIMEOUT = 5_000;

export interface Response {
  readonly status: number;
  readonly errorType: string | undefined;
  readonly body: string;
}

/** Signed requests over connections that are kept open, each sent once. */
export class Exchange {
  readonly #url: URL;
  readonly #agent: http.Agent;
  readonly #signer: SignatureV4 | undefined;

  constructor({ endpoint, region, key, caCertificate }: Connection) {
    this.#url = new URL(endpoint);
    const options = { keepAlive: true, maxSockets: 32 };
    this.#agent =
      this.#url.protocol === "https:"
        ? new https.Agent({ ...options, ...(caCertificate && { ca: caCertificate }) })
        : new http.Agent(options);
    this.#signer = key && new SignatureV4({ service: "appmesh", region, credentials: key, sha256: Sha256 });
  }

  async send(call: Request, signal: AbortSignal | undefined): Promise<Response> {
    const request = await this.#signed(call);
    signal?.throwIfAborted();
    const patience = patienceWith(call, signal);
    return new Promise<Response>((resolve, reject) => {
      const { request: open } = this.#url.protocol === "https:" ? https : http;
      const sent = open(
        {
          host: this.#url.hostname.replace(/^\[|\]$/g, ""),
          port: this.#url.port,
          method: request.method,
          path: request.path + queryString(call.query),
          headers: request.headers,
          agent: this.#agent,
          timeout: ANSWER_TIMEOUT,
          ...(patience.signal && { signal: patience.signal }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const errorType = response.headers["x-amzn-errortype"];
            resolve({
              status: response.statusCode ?? 0,
              errorType: typeof errorType === "string" ? errorType : undefined,
              body: Buffer.concat(chunks).toString("utf8"),
            });
          });
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${ANSWER_TIMEOUT / 1000} seconds`)));
      sent.on("error", reject);
      sent.end(request.body);
    }).finally(patience.over);
  }

  async #signed(
    call: Request,
  ): Promise<{ method: string; path: string; headers: Record<string, string>; body?: string }> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const request = new HttpRequest({
      protocol: this.#url.protocol,
      hostname: this.#url.hostname,
      method: call.method,
      path: this.#url.pathname.replace(/\/$/, "") + call.path,
      query: { ...call.query },
      headers: {
        host: this.#url.host,
        accept: "application/json",
        ...(body !== undefined && {
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(body)),
        }),
      },
      body,
    });
    return (this.#signer ? await this.#signer.sign(request) : request) as typeof request;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/**
 * The signal that breaks a call off. When the user cancels, or the custom timeout is over, the answer to a change that was
 * sent is awaited for a while: the engine would not know of what was made, and the next update would find it in its way.
 */
function patienceWith(
  { method }: Request,
  signal: AbortSignal | undefined,
): { signal?: AbortSignal; over(): void } {
  if (signal === undefined) return { over() {} };
  if (method === "GET") return { signal, over() {} };
  const end = new AbortController();
  let waiting: NodeJS.Timeout | undefined;
  const stop = () => {
    waiting = setTimeout(() => end.abort(signal.reason), LAST_ANSWER_TIMEOUT);
  };
  signal.addEventListener("abort", stop, { once: true });
  const over = () => {
    signal.removeEventListener("abort", stop);
    clearTimeout(waiting);
  };
  return { signal: end.signal, over };
}

function queryString(query: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(query ?? {}).map(([key, value]) => `${encode(key)}=${encode(value)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
