import http from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { Sha256 } from "@aws-crypto/sha256-js";
import type { Kind } from "@pulumi-appmesh/model";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import {
  ApiError,
  ControlPlaneError,
  isRefusedKey,
  isUntrusted,
  notAppMesh,
  refusedKey,
  Stopped,
  unreachable,
  untrusted,
} from "./errors.js";

/** Where the control plane is, and as whom to talk to it. */
export interface Connection {
  /** http://HOST:PORT or https://HOST:PORT. */
  readonly endpoint: string;
  /** Goes into the signature; the control plane's own region. */
  readonly region: string;
  /** Without a key, requests are not signed. */
  readonly key?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** PEM; replaces the machine's own authorities. */
  readonly caCertificate?: string;
  /** How often a request is sent again when it could not be answered. */
  readonly maxRetries: number;
  /** The DynamoDB table that is written instead of calling a control plane at `endpoint`. */
  readonly table?: string;
}

/** How an operation is asked for over HTTP. */
export interface Request {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An operation of the App Mesh API. */
export interface Call extends Request {
  readonly operation: Operation;
}

export interface Operation {
  readonly name:
    | "create"
    | "describe"
    | "update"
    | "delete"
    | "list"
    | "tags"
    | "tag"
    | "untag"
    | "settings"
    | "settle";
  /** Of what the operation is about; none for those on tags, which name their entity by its ARN. */
  readonly kind?: Kind;
  /** From the mesh down to the entity, or to what a list and a new entity live in. */
  readonly names?: readonly string[];
}

/** What carries out operations: a control plane, or this process itself on the control planes' table. */
export interface Sender {
  readonly connection: Connection;
  /** The answer as the API has it. Throws `ControlPlaneError`s only. */
  send(call: Call, options?: CallOptions): Promise<unknown>;
  close(): void;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Told of each retry, for the user who watches. */
  readonly onRetry?: (text: string) => void;
}

/** The longest wait for one answer, in milliseconds. */
const ANSWER_TIMEOUT = 15_000;
/** The waits between attempts start here and double, in milliseconds. */
const FIRST_WAIT = 200;
const LONGEST_WAIT = 5_000;

/** Sends signed JSON requests, and sends them again when the failure may pass. */
export class HttpClient implements Sender {
  readonly #url: URL;
  readonly #agent: http.Agent;
  readonly #signer: SignatureV4 | undefined;

  constructor(readonly connection: Connection) {
    this.#url = new URL(connection.endpoint);
    const options = { keepAlive: true, maxSockets: 32 };
    this.#agent =
      this.#url.protocol === "https:"
        ? new https.Agent({ ...options, ...(connection.caCertificate && { ca: connection.caCertificate }) })
        : new http.Agent(options);
    this.#signer =
      connection.key &&
      new SignatureV4({
        service: "appmesh",
        region: connection.region,
        credentials: connection.key,
        sha256: Sha256,
      });
  }

  /** The answer's JSON body. Throws `ControlPlaneError`s only. */
  async send(call: Request, options: CallOptions = {}): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      if (options.signal?.aborted) throw stopped(options.signal);
      const outcome = await this.#attempt(call, options.signal);
      if ("answer" in outcome) return outcome.answer;
      if (!outcome.mayPass) throw outcome.error;
      if (attempt > this.connection.maxRetries) throw outcome.final?.(attempt) ?? outcome.error;
      options.onRetry?.(`${outcome.why}; trying again (${attempt} of ${this.connection.maxRetries})`);
      await sleep(backoff(attempt), undefined, options.signal && { signal: options.signal }).catch(() => {
        throw stopped(options.signal);
      });
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #attempt(call: Request, signal: AbortSignal | undefined): Promise<Outcome> {
    const { endpoint } = this.connection;
    let response: Response;
    try {
      response = await this.#exchange(call, signal);
    } catch (error) {
      if (signal?.aborted) throw stopped(signal);
      const cause = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      if (isUntrusted(cause)) return { mayPass: false, error: untrusted(endpoint, cause) };
      return {
        mayPass: true,
        why: `${endpoint} does not answer (${cause})`,
        error: unreachable(endpoint, cause, 1),
        final: (attempts) => unreachable(endpoint, cause, attempts),
      };
    }
    return this.#judge(call, response);
  }

  #judge(call: Request, { status, errorType, body }: Response): Outcome {
    const { endpoint, key } = this.connection;
    const parsed = parse(body);
    if (status >= 200 && status < 300) {
      if (parsed === undefined) return { mayPass: false, error: notAppMesh(endpoint, status, call.path) };
      return { answer: parsed };
    }
    const content = (parsed ?? {}) as {
      message?: unknown;
      Message?: unknown;
      __type?: unknown;
      code?: unknown;
    };
    const code = String(errorType ?? content.__type ?? content.code ?? "").replace(/^.*#|:.*$/g, "");
    const reason = String(content.message ?? content.Message ?? "no reason was given");
    const mayPass = status === 429 || status >= 500;
    const why = `${endpoint} answered ${code || "HTTP"} ${status}`;
    if (code === "") {
      const error = mayPass
        ? new ControlPlaneError(`${why} to ${call.method} ${call.path}`)
        : notAppMesh(endpoint, status, call.path);
      return { mayPass, why, error };
    }
    const error = new ApiError(code, status, reason);
    return isRefusedKey(code)
      ? { mayPass: false, error: refusedKey(endpoint, key?.accessKeyId, error) }
      : { mayPass, why, error };
  }

  async #exchange(call: Request, signal: AbortSignal | undefined): Promise<Response> {
    const request = await this.#request(call);
    return new Promise((resolve, reject) => {
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
          ...(signal && { signal }),
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
    });
  }

  async #request(
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
}

interface Response {
  readonly status: number;
  readonly errorType: string | undefined;
  readonly body: string;
}

type Outcome =
  | { readonly answer: unknown }
  | { readonly mayPass: false; readonly error: Error }
  | {
      readonly mayPass: boolean;
      readonly why: string;
      readonly error: Error;
      /** The error to give up with, which tells how often it was tried. */
      readonly final?: (attempts: number) => Error;
    };

/** Doubling waits with jitter, so that many requests that failed at once do not come back at once. */
export const backoff = (attempt: number): number =>
  Math.min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT) * (0.75 + Math.random() / 2);

export function stopped(signal: AbortSignal | undefined): Stopped {
  const reason: unknown = signal?.reason;
  return reason instanceof Stopped
    ? reason
    : new Stopped(
        (reason as Error | undefined)?.name === "TimeoutError"
          ? "the operation did not finish within its time limit (custom timeout)"
          : "the operation was cancelled",
      );
}

function queryString(query: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(query ?? {}).map(([key, value]) => `${encode(key)}=${encode(value)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** As SigV4 wants it: everything but unreserved characters is escaped. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function parse(body: string): unknown {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
