import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** A request that was answered, whoever answered it. */
export interface Answer {
  /** As AWS names it; else the pattern of the path; `none` where there is nothing at the path, or no request was read. */
  readonly operation: string;
  readonly status: number;
  /** As NotFoundException; undefined for a good answer. */
  readonly errorCode: string | undefined;
  readonly seconds: number;
}

export interface RequestLogOptions {
  readonly log: FastifyBaseLogger;
  /** Called for each answer, after it was sent. */
  readonly onAnswered?: ((answer: Answer) => void) | undefined;
  /** Answers that take longer are logged as slow, and reads among them at the level of changes. */
  readonly slowMillis: number;
}

/** More of a URL tells nobody anything: the longest that names an entity is shorter, but for names of four bytes a character. */
const LOGGED_URL_CHARACTERS = 2_000;

/** One line for each request: who asked for what, what was answered, how long it took, and by which id its client knows it. */
export class RequestLog {
  readonly #options: RequestLogOptions;

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  follow(app: FastifyInstance): void {
    app.addHook("onResponse", async (request, reply) => this.#answered(request, reply));
    app.addHook("onRequestAbort", async (request) => {
      request.log.info({ ...asked(request) }, "the client went away before it was answered");
    });
  }

  /** For what fastify answers before it looks for a route, and tells no hook of. */
  followUnrouted(request: FastifyRequest, reply: FastifyReply): void {
    reply.raw.once("finish", () => this.#answered(request, reply));
  }

  /** For what is answered before there is a request: bytes that are no HTTP, or that never became a request. */
  answeredRaw(requestId: string, status: number, errorCode: string, reason: string): void {
    this.#options.log.info({ requestId, status, errorCode, reason }, "answered what is no request");
    this.#options.onAnswered?.({ operation: "none", status, errorCode, seconds: 0 });
  }

  #answered(request: FastifyRequest, reply: FastifyReply): void {
    const { onAnswered, slowMillis } = this.#options;
    const { statusCode: status, elapsedTime } = reply;
    const { errorCode } = request;
    const isSlow = elapsedTime > slowMillis;
    const level = isSlow ? "warn" : request.method === "GET" && status < 400 ? "debug" : "info";
    request.log[level](
      {
        ...asked(request),
        status,
        errorCode,
        milliseconds: Math.round(elapsedTime * 1000) / 1000,
        ...(isSlow && { slow: true }),
      },
      "answered",
    );
    const { config, url } = routeOf(request);
    const operation = config?.operation ?? url ?? "none";
    onAnswered?.({ operation, status, errorCode, seconds: elapsedTime / 1000 });
  }
}

const asked = (request: FastifyRequest) => ({
  operation: routeOf(request).config?.operation,
  method: request.method,
  url: loggedUrl(request.url),
  accessKeyId: request.accessKeyId,
  // Proven, where there is a key: of an unproven one there is no caller.
  account: request.accessKeyId === undefined ? undefined : request.caller?.account,
});

/** There is no route of a request whose URL cannot be read. */
const routeOf = (request: FastifyRequest): Partial<FastifyRequest["routeOptions"]> =>
  (request.routeOptions as FastifyRequest["routeOptions"] | undefined) ?? {};

/** Presigned URLs carry what lets others make the same call: it is not for logs. */
function loggedUrl(url: string): string {
  const shown = url.replace(/([?&]X-Amz-(?:Signature|Security-Token)=)[^&]*/gi, "$1…");
  return shown.length > LOGGED_URL_CHARACTERS ? `${shown.slice(0, LOGGED_URL_CHARACTERS)}…` : shown;
}
