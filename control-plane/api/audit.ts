import type { FastifyInstance, FastifyRequest } from "fastify";
import { arnOf } from "../mesh/address.js";
import type { Caller } from "../mesh/caller.js";
import type { CommittedChange } from "../mesh/change.js";
import { MeshError } from "../mesh/errors.js";
import type { AccessKeyChange } from "./access-key-routes.js";
import type { AuditSink } from "./audit-file.js";
import { fromTo } from "./audit-line.js";
import { peerOf } from "./authentication.js";
import type { IdentityChange } from "./identity-routes.js";

export interface AuditOptions {
  readonly sink: AuditSink;
  /** For ARNs. */
  readonly region: string;
  /** The control plane's own, for the ARNs of what is not in a mesh. */
  readonly account: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Who changed what, from what, to what; and who tried what they may not. A change is told once it is made. Where that
 * failed, the next ones are refused until it could be told; see also `auditedStore`.
 */
export class Audit {
  readonly #sink: AuditSink;
  readonly #region: string;
  readonly #account: string;
  readonly #now: () => number;
  readonly #refusals = { free: REFUSALS_AT_ONCE, since: 0, leftOut: 0 };

  constructor({ sink, region, account, now = Date.now }: AuditOptions) {
    this.#sink = sink;
    this.#region = region;
    this.#account = account;
    this.#now = now;
  }

  /** A change to a mesh. */
  changed({ caller, operation, address, before, after }: CommittedChange): void {
    const version = versionOf(after) ?? versionOf(before);
    this.#write("change", caller, {
      operation,
      arn: arnOf(address, this.#region),
      ...(version !== undefined && { version }),
      ...fromTo(before, after),
    });
  }

  /** A change to the access keys. */
  keyChanged({ caller, operation, accessKeyId, before, after }: AccessKeyChange): void {
    const arn = `arn:aws:appmesh:${this.#region}:${this.#account}:access-key/${accessKeyId}`;
    this.#write("change", caller, { operation, arn, ...fromTo(before, after) });
  }

  /** A change to what proxies prove who they are by. */
  identityChanged({ caller, operation, resource, before, after }: IdentityChange): void {
    const arn = `arn:aws:appmesh:${this.#region}:${this.#account}:${resource}`;
    this.#write("change", caller, { operation, arn, ...fromTo(before, after) });
  }

  /** Refuses changes of which no line could be kept, and tells of requests that nobody may make. */
  follow(app: FastifyInstance): void {
    app.addHook("preHandler", async (request) => {
      const trouble = request.method === "GET" ? undefined : this.#sink.trouble();
      if (trouble === undefined) return;
      request.log.error(trouble);
      throw new MeshError(
        "ServiceUnavailableException",
        "the audit cannot be written now, so that no change is made; the control plane's log says why",
      );
    });
    app.addHook("onResponse", async (request, reply) => {
      if (reply.statusCode === 403) this.#refused(request);
    });
  }

  #refused(request: FastifyRequest): void {
    const refusals = this.#refusals;
    const now = this.#now();
    const refilled = (Math.max(0, now - refusals.since) / 1000) * REFUSALS_A_SECOND;
    refusals.free = Math.min(REFUSALS_AT_ONCE, refusals.free + refilled);
    refusals.since = now;
    if (refusals.free < 1) {
      refusals.leftOut += 1;
      return;
    }
    refusals.free -= 1;
    const { leftOut } = refusals;
    refusals.leftOut = 0;
    const { accessKeyId, method, url, errorCode, errorReason } = request;
    this.#write(
      "refused",
      { account: request.caller?.account, accessKeyId, requestId: request.id, peer: peerOf(request.socket) },
      {
        operation: request.routeOptions.config?.operation ?? null,
        method,
        // The query may hold what another host is to be asked with.
        path: url.split("?", 1)[0]?.slice(0, LONGEST_PATH),
        errorCode,
        reason: errorReason,
        ...(leftOut > 0 && { leftOut }),
      },
    );
  }

  #write(
    event: "change" | "refused",
    { account, accessKeyId, requestId, peer }: Partial<Caller>,
    more: object,
  ): void {
    const time = new Date(this.#now()).toISOString();
    this.#sink.write({
      time,
      event,
      account: account ?? null,
      accessKeyId: accessKeyId ?? null,
      peer: peer ?? null,
      requestId: requestId ?? null,
      ...more,
    });
  }
}

const LONGEST_PATH = 1000;
/**
 * Whoever reaches the address can have as many requests refused as they like. They must not fill the disk that way, which
 * would end all changes: of those that come faster, the next line has the number.
 */
const REFUSALS_A_SECOND = 10;
const REFUSALS_AT_ONCE = 200;

const versionOf = (snapshot: CommittedChange["after"]): number | undefined =>
  snapshot && "version" in snapshot ? snapshot.version : undefined;
