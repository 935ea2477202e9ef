import { type Endpoint, formatEndpoint, resolveHost } from "./endpoint.js";
import type { ServeOptions } from "./serve-options.js";

/** Why a control plane does not start, and what to do about it. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export type CheckedAddresses = Awaited<ReturnType<typeof checkedAddresses>>;

/** Where a control plane is to listen, as addresses; throws StartError for what would be open to whoever reaches it. */
export async function checkedAddresses(options: ServeOptions) {
  const api = await checkedAddress("--api", options.api);
  if (!api.isLoopback && !options.tls && !options.insecureHttp) {
    throw new StartError(
      `the API at ${formatEndpoint(options.api)} would be read and changed on its way by whoever is on it. Serve it over ` +
        "HTTPS, by --tls-cert FILE --tls-key FILE or --tls-self-signed; or say --insecure-http, where something in front " +
        "of it speaks HTTPS; or keep it on this machine by --api 127.0.0.1:7070",
    );
  }
  const xds = await checkedAddress("--xds", options.xds);
  const { proxies = {} } = options;
  if (!xds.isLoopback && !proxies.tls) {
    throw new StartError(
      `xDS at ${formatEndpoint(options.xds)} is refused without TLS: off this machine, proxies get their configuration and ` +
        "keys over TLS, and prove who they are. Say --xds-tls-self-signed, or --xds-tls-cert FILE --xds-tls-key FILE; or keep " +
        "it on this machine by --xds 127.0.0.1:18000",
    );
  }
  if (proxies.trustedNetwork && !proxies.tls) {
    throw new StartError(
      "--xds-trusted-network is TLS, and needs a certificate: say --xds-tls-self-signed, or --xds-tls-cert FILE --xds-tls-key FILE",
    );
  }
  const trustedNetwork =
    proxies.trustedNetwork && (await checkedAddress("--xds-trusted-network", proxies.trustedNetwork));

  const metrics = options.metrics && (await checkedAddress("--metrics", options.metrics));
  if (options.metrics && !metrics?.isLoopback && !options.metricsToken) {
    throw new StartError(
      `the metrics at ${formatEndpoint(options.metrics)} would be open to whoever reaches that address. Give a token in ` +
        "APPMESH_METRICS_TOKEN, which Prometheus shows as its bearer token, or keep them on this machine by --metrics 127.0.0.1:9090",
    );
  }
  checkApart([
    ["--api", options.api],
    ["--xds", options.xds],
    ["--xds-trusted-network", proxies.trustedNetwork],
    ["--metrics", options.metrics],
  ]);
  return { api, xds, trustedNetwork, metrics };
}

/** The system would say that another program has the port, when the one that came first here does. */
function checkApart(all: readonly (readonly [option: string, endpoint: Endpoint | undefined])[]): void {
  const taken = new Map<string, string>();
  for (const [option, endpoint] of all) {
    if (endpoint === undefined || endpoint.port === 0) continue;
    const where = formatEndpoint(endpoint);
    const other = taken.get(where);
    if (other !== undefined) {
      throw new StartError(`${other} and ${option} are both ${where}: give each a port of its own`);
    }
    taken.set(where, option);
  }
}

async function checkedAddress(option: string, { host }: Endpoint) {
  try {
    return await resolveHost(host);
  } catch (error) {
    throw new StartError(`${option}: ${host} is no address of this machine: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Listens, and throws StartError with the way out where that cannot be. */
export async function listening<T>(option: string, endpoint: Endpoint, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const reasons: Record<string, string> = {
      EADDRINUSE: `port ${endpoint.port} is in use by another program. Stop that one, or give another port, by ${option} ${formatEndpoint({ ...endpoint, port: 0 })} for any free one`,
      EACCES: `this user may not listen on port ${endpoint.port}. Give a port above 1023, by ${option}`,
      EADDRNOTAVAIL: `${endpoint.host} is no address of this machine. Give one that is, by ${option}`,
    };
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = reasons[code ?? ""] ?? (/EADDRINUSE|in use/.test(message) ? reasons.EADDRINUSE : message);
    throw new StartError(`cannot listen on ${formatEndpoint(endpoint)}: ${reason}`, { cause: error });
  }
}
