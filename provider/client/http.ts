import { setTimeout as sleep } from "node:timers/promises";
import type { Kind } from "@pulumi-appmesh/model";
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
import type { Exchange, Response } from "./exchange.js";

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
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
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
    | "settle"
    | "serviceAccount"
    | "putServiceAccount"
    | "deleteServiceAccount"
    | "issueKey"
    | "keys"
    | "describeKey"
    | "revokeKey"
    | "issueIdentity"
    | "identities"
    | "revokeIdentity";
  /** Of what the operation is about; none for those on tags, which name their entity by its ARN. */
  readonly kind?: Kind;
  /** From the mesh down to the entity, or to what a list and a new entity live in; or the id of an access key. */
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

/** The waits between attempts start here and double, in milliseconds. */
const FIRST_WAIT = 200;
const LONGEST_WAIT = 5_000;

/** Sends signed JSON requests, and sends them again when the failure may pass. */
export class HttpClient implements Sender {
  #exchange: Promise<Exchange> | undefined;

  constructor(readonly connection: Connection) {}

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
    void this.#exchange?.then((exchange) => exchange.close());
  }

  async #attempt(call: Request, signal: AbortSignal | undefined): Promise<Outcome> {
    const { endpoint } = this.connection;
    let response: Response;
    try {
      // Loaded when something is asked first: a preview asks nothing.
      this.#exchange ??= import("./exchange.js").then(({ Exchange }) => new Exchange(this.connection));
      response = await (await this.#exchange).send(call, signal);
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
          ? "the operation did not finish within its time limit (custom timeout); what was not answered yet may or may not have been done"
          : "the operation was cancelled",
      );
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
