import type { FastifyInstance } from "fastify";

/** Whether the control plane can do its work. */
export interface Readiness {
  /** Why it cannot serve proxies and clients yet, or no longer; undefined if it can. */
  unready(): string | undefined | Promise<string | undefined>;
  /** How many records of the store cannot be read. Which, is nothing to tell whoever asks. Default: none. */
  unreadable?(): number;
}

/** How the control plane is doing, as those below it say. */
export interface Status extends Readiness {
  /** The proxies that are connected. */
  proxies(): readonly object[];
}

/** What App Mesh never told: whether the control plane lives and is ready. */
export function readinessRoutes(app: FastifyInstance, readiness: Readiness): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const reason = await readiness.unready();
    if (reason !== undefined) return reply.code(503).send({ reason });
    const unreadableRecords = readiness.unreadable?.() ?? 0;
    return { status: "ready", ...(unreadableRecords > 0 && { unreadableRecords }) };
  });
}

/** And which proxies follow it. */
export function statusRoutes(app: FastifyInstance, status: Status): void {
  readinessRoutes(app, status);
  app.get("/v1/proxies", () => ({ proxies: status.proxies() }));
}
