import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from "fastify";
import type { AccessKeys } from "../identity/access-keys.js";
import type { ProxyIdentities } from "../identity/proxies/proxy-identities.js";
import type { MeshSettingsOperations } from "../mesh/mesh-settings.js";
import type { Operations } from "../mesh/operations.js";
import type { ServiceAccounts } from "../mesh/service-accounts.js";
import type { Sharing } from "../mesh/sharing.js";
import type { Tagging } from "../mesh/tagging.js";
import { accessKeyRoutes } from "./access-key-routes.js";
import type { Audit } from "./audit.js";
import { authenticate } from "./authentication.js";
import { authorize } from "./authorization.js";
import { Bodies, type BodyLimits, defaultBodyLimits } from "./bodies.js";
import { ClientErrors } from "./client-errors.js";
import { type Diagnosis, diagnosticsRoutes } from "./diagnostics-routes.js";
import { entityRoutes } from "./entity-routes.js";
import { ProtocolError, sendError } from "./errors.js";
import { identityRoutes } from "./identity-routes.js";
import { metricsRoutes, type Scrapes } from "./metrics-routes.js";
import { type Answer, RequestLog } from "./request-log.js";
import { serviceAccountRoutes } from "./service-account-routes.js";
import { settingsRoutes } from "./settings-routes.js";
import { shareRoutes } from "./share-routes.js";
import { type Status, statusRoutes } from "./status-routes.js";
import { tagRoutes } from "./tag-routes.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** As AWS names it: CreateVirtualNode. */
    operation?: string;
  }
}

export interface ApiOptions {
  readonly operations: Operations;
  readonly tagging: Tagging;
  readonly sharing: Sharing;
  readonly settings: MeshSettingsOperations;
  /** Default: there are no paths of service accounts. */
  readonly serviceAccounts?: ServiceAccounts;
  /** Default: there are no paths of identities. */
  readonly identities?: ProxyIdentities;
  /** What is served at /v1/diagnostics. Default: there is no such path. */
  readonly diagnosis?: Diagnosis;
  readonly status: Status;
  readonly account: string;
  readonly region: string;
  /**
   * Who may call. undefined, or no key, lets every program of this machine, and is for loopback addresses only.
   */
  readonly accessKeys: AccessKeys | undefined;
  /** Who is told of each change to the keys, and of what was refused. Default: nobody. */
  readonly audit?: Audit;
  /** What makes it an API over HTTPS. Default: it is one over HTTP. */
  readonly tls?: SecureContextOptions | undefined;
  readonly log: FastifyBaseLogger;
  /** What is served at /metrics. Default: there is no such path. */
  readonly metrics?: Scrapes;
  /** Called for each answer, after it was sent. */
  readonly onAnswered?: (answer: Answer) => void;
  readonly timing?: Partial<ApiTiming>;
  readonly bodyLimits?: Partial<BodyLimits>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface ApiTiming {
  /** A request that trickles in must not hold a connection for ever: it has this long, body included. */
  readonly requestMillis: number;
  /** How often connections are looked at for that. */
  readonly checkMillis: number;
  /** How long a connection may wait for its next request. Longer than what AWS's SDKs and load balancers wait. */
  readonly idleMillis: number;
  /** Answers that take longer are logged as slow. */
  readonly slowMillis: number;
}

export const defaultTiming: ApiTiming = {
  requestMillis: 30_000,
  checkMillis: 5_000,
  idleMillis: 72_000,
  slowMillis: 1_000,
};

/** A name has at most 255 characters, of at most 4 bytes, of 3 characters each in a URL. */
const LONGEST_NAME_IN_URL = 255 * 4 * 3;

/** The App Mesh API over HTTP. It is not listening yet. */
export function createApi(options: ApiOptions): FastifyInstance<RawServerDefault> {
  const { accessKeys, region, now = Date.now } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const requestLog = new RequestLog({
    log: options.log,
    onAnswered: options.onAnswered,
    slowMillis: timing.slowMillis,
  });
  const clientErrors = new ClientErrors(requestLog);
  let stopping = false;
  const http = {
    connectionsCheckingInterval: timing.checkMillis,
    headersTimeout: timing.requestMillis,
    // Asked for below, to be told in the form of all other errors.
    requireHostHeader: false,
  };
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    requestTimeout: timing.requestMillis,
    keepAliveTimeout: timing.idleMillis,
    ...(options.tls
      ? { https: { ...http, ...options.tls, handshakeTimeout: timing.requestMillis } }
      : { http }),
    clientErrorHandler: clientErrors.handler,
    exposeHeadRoutes: false,
    // Also told below.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: LONGEST_NAME_IN_URL },
    frameworkErrors: (error, request, reply) => {
      reply.header("x-amzn-RequestId", request.id);
      requestLog.followUnrouted(request, reply);
      sendError(error, request, reply);
    },
  });
  for (const name of ["errorCode", "errorReason"]) app.decorateRequest(name, undefined);

  // The signature is about the bytes as they came, so that they are kept until it is proven, whatever their type.
  app.removeAllContentTypeParsers();
  const bodies = new Bodies({ ...defaultBodyLimits, ...options.bodyLimits });
  app.addContentTypeParser("*", ({ headers }: FastifyRequest, payload: IncomingMessage) =>
    // What a parser throws has fastify close the connection, while the client still sends and does not see why.
    bodies.read(payload, headers["content-length"]).catch((error) => error),
  );
  app.addHook("preValidation", async ({ body }) => {
    if (body instanceof Error) throw body;
  });

  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-amzn-RequestId", request.id);
    if (stopping) {
      throw new ProtocolError(503, "ServiceUnavailableException", "the control plane is stopping; try again");
    }
    if (request.headers.host === undefined && request.raw.httpVersion === "1.1") {
      throw new ProtocolError(
        400,
        "BadRequestException",
        "Host: the header is missing; HTTP/1.1 requires it",
      );
    }
  });
  app.addHook("preClose", async () => {
    stopping = true;
  });
  app.addHook("onSend", async (_request, reply) => {
    // Otherwise a connection that was busy when the others were closed would wait for its client's next request.
    if (stopping) reply.header("connection", "close");
  });
  requestLog.follow(app);
  clientErrors.follow(app);
  if (options.tls) {
    app.server.on("tlsClientError", (error: Error, { remoteAddress }: TLSSocket) =>
      options.log.debug(
        { peer: remoteAddress, reason: error.message },
        "refused what is no TLS 1.2 or later",
      ),
    );
  }
  authenticate(app, { accessKeys, account: options.account, region, now });
  authorize(app, region, options.account);
  options.audit?.follow(app);
  app.setErrorHandler(sendError);
  app.setNotFoundHandler((request) => {
    throw new ProtocolError(
      404,
      "UnknownOperationException",
      `there is no operation at ${request.method} ${request.url.split("?", 1)[0]}`,
    );
  });

  entityRoutes(app, options.operations);
  tagRoutes(app, options.tagging);
  shareRoutes(app, options.sharing);
  settingsRoutes(app, options.settings);
  if (options.serviceAccounts) serviceAccountRoutes(app, options.serviceAccounts);
  if (options.identities) {
    const { identities, operations } = options;
    identityRoutes(app, {
      identities,
      operations,
      onChange: (change) => options.audit?.identityChanged(change),
    });
  }
  if (options.diagnosis) diagnosticsRoutes(app, options.diagnosis);
  statusRoutes(app, options.status);
  if (accessKeys) accessKeyRoutes(app, accessKeys, (change) => options.audit?.keyChanged(change));
  if (options.metrics) metricsRoutes(app, options.metrics);
  return app;
}
