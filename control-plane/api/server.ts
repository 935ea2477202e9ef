import { randomUUID } from "node:crypto";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from "fastify";
import type { Caller } from "../mesh/caller.js";
import type { Operations } from "../mesh/operations.js";
import type { Tagging } from "../mesh/tagging.js";
import { type AccessKeys, authenticate, onlyLocalNames } from "./authentication.js";
import { entityRoutes } from "./entity-routes.js";
import { ProtocolError, sendError } from "./errors.js";
import type { Claim } from "./signature.js";
import { type Status, statusRoutes } from "./status-routes.js";
import { tagRoutes } from "./tag-routes.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Who claims to have signed the request; proven by the time a handler runs. */
    accessKeyId: string | undefined;
    claim: Claim | undefined;
    /** Who asks, as proven by the time a handler runs. */
    caller: Caller;
    errorCode: string | undefined;
  }
  interface FastifyContextConfig {
    /** As AWS names it: CreateVirtualNode. */
    operation?: string;
  }
}

export interface ApiOptions {
  readonly operations: Operations;
  readonly tagging: Tagging;
  readonly status: Status;
  readonly account: string;
  readonly region: string;
  /** Who may call; undefined lets every program of this machine, and is for loopback addresses only. */
  readonly accessKeys: AccessKeys | undefined;
  readonly log: FastifyBaseLogger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The largest body that is read. The largest spec that the model allows is far smaller. */
const BODY_LIMIT = 1024 * 1024;
/** A name has at most 255 characters, of at most 4 bytes, of 3 characters each in a URL. */
const LONGEST_NAME_IN_URL = 255 * 4 * 3;

/** The App Mesh API over HTTP. It is not listening yet. */
export function createApi(options: ApiOptions): FastifyInstance<RawServerDefault> {
  const { accessKeys, region, now = Date.now } = options;
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: BODY_LIMIT,
    // A request that trickles in must not hold a connection for ever.
    requestTimeout: 30_000,
    exposeHeadRoutes: false,
    return503OnClosing: true,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: LONGEST_NAME_IN_URL },
    frameworkErrors: (error, request, reply) => {
      reply.header("x-amzn-RequestId", request.id);
      sendError(error, request, reply);
    },
  });
  for (const name of ["accessKeyId", "claim", "caller", "errorCode"]) app.decorateRequest(name, undefined);

  // The signature is about the bytes as they came, so that they are kept until it is proven, whatever their type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-amzn-RequestId", request.id);
  });
  if (accessKeys) authenticate(app, { accessKeys, region, now });
  else onlyLocalNames(app);
  app.addHook("preHandler", async (request) => {
    request.caller = { account: options.account, accessKeyId: request.accessKeyId };
  });
  app.addHook("onResponse", async (request, reply) => {
    const { operation } = request.routeOptions.config;
    const level = request.method === "GET" && reply.statusCode < 400 ? "debug" : "info";
    request.log[level](
      {
        operation,
        method: request.method,
        url: request.url,
        status: reply.statusCode,
        errorCode: request.errorCode,
        accessKeyId: request.accessKeyId,
        milliseconds: Math.round(reply.elapsedTime * 1000) / 1000,
      },
      "answered",
    );
  });
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
  statusRoutes(app, options.status);
  return app;
}
