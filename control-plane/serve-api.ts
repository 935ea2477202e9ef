import type { AddressInfo } from "node:net";
import type { Server as TlsServer } from "node:tls";
import { createMetricsListener } from "./api/metrics-routes.js";
import { createApi } from "./api/server.js";
import type { OpenedTls } from "./api-tls.js";
import type { Closers } from "./closers.js";
import { Diagnosis } from "./diagnostics/diagnosis.js";
import type { Endpoint } from "./endpoint.js";
import type { Ground } from "./ground.js";
import type { ProxyIdentities } from "./identity/proxies/proxy-identities.js";
import { listening } from "./listening.js";
import { MeshSettingsOperations } from "./mesh/mesh-settings.js";
import { Operations } from "./mesh/operations.js";
import { ServiceAccounts } from "./mesh/service-accounts.js";
import { Sharing } from "./mesh/sharing.js";
import { Tagging } from "./mesh/tagging.js";
import type { ServedProxies } from "./serve-proxies.js";
import { translate } from "./translate/translate.js";

/** Answers who asks for the meshes and changes them, over HTTP. */
export async function serveApi(
  ground: Ground,
  identities: ProxyIdentities,
  tls: OpenedTls | undefined,
  proxies: ServedProxies,
  closers: Closers,
): Promise<Endpoint> {
  const { options, addresses, limits, state, transactions, accessKeys, audit, metrics, readiness, now } =
    ground;
  const { unreadable } = ground;
  const { region, account, log } = options;
  const diagnosis = new Diagnosis({ state, source: proxies.source, translate });
  closers.add(() => diagnosis.close());
  const api = createApi({
    operations: new Operations({ state, transactions, region, limits, now }),
    tagging: new Tagging({ state, transactions, limits }),
    sharing: new Sharing({ state, transactions, now }),
    settings: new MeshSettingsOperations({ state, transactions, now }),
    serviceAccounts: new ServiceAccounts({ state, transactions }),
    identities,
    diagnosis,
    status: {
      unready: () => readiness.unready(),
      unreadable: () => unreadable.list().length,
      proxies: () => proxies.server.proxies(),
    },
    account,
    region,
    accessKeys,
    now,
    audit,
    tls: tls?.certificate.tls,
    log,
    metrics,
    onAnswered: (answer) => metrics.answered(answer),
  });
  closers.add(async () => {
    readiness.stop();
    const cut = setTimeout(() => {
      log.warn("requests that have not come whole or have not been answered are cut off");
      api.server.closeAllConnections();
    }, STOP_MILLISECONDS);
    await api.close().finally(() => clearTimeout(cut));
  });
  await listening("--api", options.api, () =>
    api.listen({ host: addresses.api.address, port: options.api.port }),
  );
  // The server of an API over HTTPS is one of TLS, which fastify's types do not tell.
  tls?.certificate.follow(api.server as unknown as TlsServer);
  const { port } = api.server.address() as AddressInfo;
  return { host: options.api.host, port };
}

/** How long who is being answered is waited for: half of what all of the control plane has, which others need the rest of. */
const STOP_MILLISECONDS = 5_000;

/** Serves what watches over the control plane, and cannot sign, on an address of its own where that is asked for. */
export async function serveMetrics(ground: Ground, closers: Closers): Promise<Endpoint | undefined> {
  const { options, addresses, metrics, unreadable } = ground;
  const readiness = {
    unready: () => ground.readiness.unready(),
    unreadable: () => unreadable.list().length,
  };
  const { metrics: endpoint, metricsToken: token, log } = options;
  if (endpoint === undefined || addresses.metrics === undefined) return undefined;
  const { address } = addresses.metrics;
  const listener = createMetricsListener({ metrics, readiness, token, log });
  closers.add(() => listener.close());
  await listening("--metrics", endpoint, () => listener.listen({ host: address, port: endpoint.port }));
  return { host: endpoint.host, port: (listener.server.address() as AddressInfo).port };
}
