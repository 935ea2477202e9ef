import { type OpenedTls, openTls } from "./api-tls.js";
import { Closers } from "./closers.js";
import { type Ground, openGround } from "./ground.js";
import { IdentityError } from "./identity/errors.js";
import type { Authorities } from "./identity/proxies/authorities.js";
import { CertificateError } from "./identity/server-certificate.js";
import { StartError } from "./listening.js";
import { openProxyAccess } from "./open-proxy-access.js";
import { serveApi, serveMetrics } from "./serve-api.js";
import type { ControlPlane, ServeOptions } from "./serve-options.js";
import { serveProxies } from "./serve-proxies.js";
import { RefusalLog } from "./xds/refusal-log.js";

/** Starts a control plane: the API, the mesh, its store and the xDS server, put together. */
export async function serve(options: ServeOptions): Promise<ControlPlane> {
  const closers = new Closers();
  try {
    const ground = await openGround(options, closers);
    const { shared, state, metrics, unreadable } = ground;
    const refusals = new RefusalLog({ log: options.log, onHeldBack: () => metrics.heldBack() });
    closers.add(() => refusals.close());
    const access = await openProxyAccess(ground, refusals);
    closers.add(() => access.close());
    const tls = await openApiTls(ground, access.identities.authorities);
    closers.add(() => tls?.close());
    const proxies = await serveProxies(ground, access, refusals, closers);
    metrics.follow({
      entities: () => state.count(),
      proxies: () => proxies.server.proxies(),
      problems: () => proxies.server.problems(),
      waiting: () => proxies.server.waiting(),
      revision: () => state.revision,
      store: () => ({
        isFollowed: shared.trouble() === undefined,
        peers: shared.peers(),
        unreadable: unreadable.list().length,
      }),
    });
    const metricsEndpoint = await serveMetrics(ground, closers);
    const api = await serveApi(ground, access.identities, tls, proxies, closers);
    return {
      scheme: tls ? "https" : "http",
      api,
      xds: proxies.xds,
      xdsTrustedNetwork: proxies.xdsTrustedNetwork,
      metrics: metricsEndpoint,
      notices: shared.notices,
      caFile: tls?.caFile,
      reload: () => {
        tls?.certificate.reload();
        void access.reload();
        ground.reload();
      },
      close: () => closers.close(),
    };
  } catch (error) {
    // Why it does not start is what is told, whatever else goes wrong on the way out.
    await closers.close().catch((err) => options.log.error({ err }, "what was begun could not be ended"));
    throw error;
  }
}

async function openApiTls(ground: Ground, authorities: Authorities): Promise<OpenedTls | undefined> {
  const { data, tls, placed, api, log } = ground.options;
  if (tls === undefined) return undefined;
  // An authority that others have too, or that was given, is one that clients can know; else there is one in the folder.
  const isKnown = ground.shared.isShared || placed?.at.proxies !== undefined;
  try {
    return await openTls(tls, { data, host: api.host, authorities: isKnown ? authorities : undefined, log });
  } catch (error) {
    const isKnown = error instanceof CertificateError || error instanceof IdentityError;
    throw isKnown ? new StartError(error.message, { cause: error }) : error;
  }
}
