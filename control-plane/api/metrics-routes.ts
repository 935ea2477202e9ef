import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from "fastify";
import { ProtocolError, sendError } from "./errors.js";
import { type Readiness, readinessRoutes } from "./status-routes.js";

/** What the control plane tells of itself in numbers. */
export interface Scrapes {
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** The numbers, in Prometheus' text format. */
export function metricsRoutes(app: FastifyInstance, metrics: Scrapes): void {
  app.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await metrics.scrape();
    return reply.type(contentType).send(text);
  });
}

export interface MetricsListenerOptions {
  readonly metrics: Scrapes;
  readonly readiness: Readiness;
  /** What a request must show as `Authorization: Bearer`; undefined lets every one in, and is for loopback addresses only. */
  readonly token: string | undefined;
  readonly log: FastifyBaseLogger;
}

/**
 * A listener of its own for what watches the control plane: Prometheus cannot sign, and need not reach the API. It
 * serves /metrics, /healthz and /readyz, and nothing else.
 */
export function createMetricsListener({
  metrics,
  readiness,
  token,
  log,
}: MetricsListenerOptions): FastifyInstance<RawServerDefault> {
  const app = fastify({
    loggerInstance: log,
    // A line for each scrape would be most of the log.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    requestTimeout: 10_000,
    forceCloseConnections: true,
  });
  for (const name of ["errorCode", "accessKeyId"]) app.decorateRequest(name, undefined);
  app.setErrorHandler(sendError);
  app.setNotFoundHandler(() => {
    throw new ProtocolError(
      404,
      "UnknownOperationException",
      "there are only /metrics, /healthz and /readyz here",
    );
  });
  readinessRoutes(app, readiness);
  app.register(async (scope) => {
    if (token !== undefined) {
      scope.addHook("onRequest", async (request, reply) => {
        if (shows(request, token)) return;
        reply.header("www-authenticate", "Bearer");
        throw new ProtocolError(
          401,
          "UnauthorizedException",
          "give the token of APPMESH_METRICS_TOKEN, by the header Authorization: Bearer TOKEN",
        );
      });
    }
    metricsRoutes(scope, metrics);
  });
  return app;
}

/** Compared by digests, which are all of one length: how long the comparison takes says nothing of the token. */
function shows(request: FastifyRequest, token: string): boolean {
  const [, shown] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  return shown !== undefined && timingSafeEqual(digest(shown), digest(token));
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
