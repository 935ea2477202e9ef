import type { FastifyInstance } from "fastify";

/** How the control plane is doing, as those below it say. */
export interface Status {
  /** Why it cannot serve proxies and clients yet, or no longer; undefined if it can. */
  unready(): string | undefined;
  /** The proxies that are connected. */
  proxies(): readonly object[];
}

/** What App Mesh never told: whether the control plane lives and is ready, and which proxies follow it. */
export function statusRoutes(app: FastifyInstance, status: Status): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) => {
    const reason = status.unready();
    return reply
      .code(reason === undefined ? 200 : 503)
      .send(reason === undefined ? { status: "ready" } : { reason });
  });
  app.get("/v1/proxies", () => ({ proxies: status.proxies() }));
}
