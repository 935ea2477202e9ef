import type { AddressInfo } from "node:net";
import type { Server as TlsServer } from "node:tls";
import type { Logger } from "pino";
import { Audit } from "./api/audit.js";
import { AuditFile, auditInLog } from "./api/audit-file.js";
import { createMetricsListener } from "./api/metrics-routes.js";
import { createApi } from "./api/server.js";
import { type ApiTls, type OpenedTls, openTls } from "./api-tls.js";
import { auditedStore } from "./audited-store.js";
import { awsCertificates } from "./certificates/aws-certificates.js";
import { withCertificates } from "./certificates/with-certificates.js";
import { withWorkloads } from "./certificates/with-workloads.js";
import { Diagnosis } from "./diagnostics/diagnosis.js";
import { awsCloudMap } from "./discovery/aws-cloud-map.js";
import { withCloudMap } from "./discovery/with-cloud-map.js";
import { type Endpoint, formatEndpoint, resolveHost } from "./endpoint.js";
import { AccessKeys, type Credentials } from "./identity/access-keys.js";
import { IdentityError } from "./identity/errors.js";
import { ProxyIdentities } from "./identity/proxies/proxy-identities.js";
import type { ServiceAccountOptions } from "./identity/proxies/service-accounts.js";
import { CertificateError } from "./identity/server-certificate.js";
import { defaultLimits, type Limits } from "./mesh/limits.js";
import { managedTlsStep } from "./mesh/managed-tls.js";
import { MeshSettingsOperations } from "./mesh/mesh-settings.js";
import { Operations } from "./mesh/operations.js";
import { runsAs, ServiceAccounts } from "./mesh/service-accounts.js";
import { Sharing } from "./mesh/sharing.js";
import { MeshState } from "./mesh/state.js";
import { Tagging } from "./mesh/tagging.js";
import { Transactions } from "./mesh/transactions.js";
import { measuredStore } from "./metrics/measured-store.js";
import { Metrics } from "./metrics/metrics.js";
import { openStore, type SharedTable } from "./open-store.js";
import { authoritiesIn, ProxyAccess, type XdsCertificate } from "./proxy-access.js";
import { lastKnown, StoreReadiness } from "./readiness.js";
import type { Store } from "./store/store.js";
import { translate } from "./translate/translate.js";
import { workloadAuthority } from "./workload-authority.js";
import { defaultAdmission } from "./xds/admission.js";
import { XdsServer } from "./xds/server.js";

export interface ServeOptions {
  /**
   * Where the App Mesh API listens. Without an access key, or over HTTP, only on an address of this machine's loopback.
   */
  readonly api: Endpoint;
  /** What makes the API one over HTTPS. Default: it is one over HTTP. */
  readonly tls?: ApiTls | undefined;
  /** Lets the API be on any address over HTTP, for what speaks HTTPS for it. Default: false. */
  readonly insecureHttp?: boolean | undefined;
  /** The file to which each change is told. Default: the log. */
  readonly audit?: string | undefined;
  /** Where proxies subscribe, over gRPC. Without TLS, only on an address of this machine's loopback. */
  readonly xds: Endpoint;
  /** How proxies prove who they are, and the control plane to them. */
  readonly proxies?: ProxiesOptions | undefined;
  /** How many streams of proxies are taken in a second; others wait for their turn. Default: 500. */
  readonly xdsAdmission?: number | undefined;
  /** The folder of the store; made where it does not exist. */
  readonly data: string;
  /** The DynamoDB table of a store that several control planes share. Default: the store is in `data`. */
  readonly table?: SharedTable | undefined;
  /** The region in ARNs, and the one for which requests must be signed. */
  readonly region: string;
  /** The account that owns what is created: twelve digits. */
  readonly account: string;
  /** How much there may be of each thing. Default: App Mesh's own limits. */
  readonly limits?: Limits | undefined;
  /** The first of the keys with which requests are signed. Default: there are those that the store has. */
  readonly accessKey?: Credentials | undefined;
  /**
   * Where /metrics, /healthz and /readyz are served once more, over HTTP, to what cannot sign. Without a token, only on
   * an address of this machine's loopback. Default: they are on the API's address alone.
   */
  readonly metrics?: Endpoint | undefined;
  /** What /metrics asks for on `metrics`, as `Authorization: Bearer`. Default: nothing is asked for. */
  readonly metricsToken?: string | undefined;
  /** Where the endpoints of virtual nodes with `awsCloudMap` are looked up. Default: AWS Cloud Map in `region`. */
  readonly cloudMap?: CloudMapOptions | undefined;
  /** Where certificates come from that entities name by ARN. Default: AWS, in the regions of the ARNs. */
  readonly certificates?: CertificatesOptions | undefined;
  readonly log: Logger;
}

export interface ProxiesOptions {
  /** What makes xDS one over TLS, which only proxies are admitted to that prove who they are. Default: plain text. */
  readonly tls?: XdsCertificate | undefined;
  /** Where proxies are served over TLS without a proof, because the network lets nobody else reach it. Default: nowhere. */
  readonly trustedNetwork?: Endpoint | undefined;
  /** The host part of SPIFFE ids. Default: `appmesh.local`. */
  readonly trustDomain?: string | undefined;
  /** Files with further authorities whose certificates proxies may show, in PEM. */
  readonly authorities?: readonly string[] | undefined;
  /** How long the certificates are valid by which proxies know each other, in seconds. Default: a day. */
  readonly workloadSeconds?: number | undefined;
  /** The Kubernetes cluster whose service-account tokens proxies may show. Default: none. */
  readonly serviceAccounts?: ServiceAccountOptions | undefined;
}

export interface CertificatesOptions {
  /** URLs of other endpoints than AWS's own. */
  readonly acmEndpoint?: string | undefined;
  readonly acmPcaEndpoint?: string | undefined;
}

export interface CloudMapOptions {
  /** URL of another endpoint than AWS's own. */
  readonly endpoint?: string | undefined;
  /** How often each service is looked up, in seconds, give or take a fifth. Default: 5. */
  readonly interval?: number | undefined;
}

/** A control plane at work. */
export interface ControlPlane {
  /** Where it listens, with the ports that it was given. */
  readonly scheme: "http" | "https";
  readonly api: Endpoint;
  readonly xds: Endpoint;
  readonly xdsTrustedNetwork: Endpoint | undefined;
  readonly metrics: Endpoint | undefined;
  /** Where it hears of changes from those that share its table. */
  readonly notices: Endpoint | undefined;
  /** What clients are to trust, where the API's certificate is of an authority of the control plane's own. */
  readonly caFile: string | undefined;
  /** Looks at the API's certificate at once, and opens the audit's file anew. */
  reload(): void;
  /** Stops listening, answers what has been asked, and closes the store. */
  close(): Promise<void>;
}

/** Why a control plane does not start, and what to do about it. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** Starts a control plane: the API, the mesh, its store and the xDS server, put together. */
export async function serve(options: ServeOptions): Promise<ControlPlane> {
  const { region, account, limits = defaultLimits, accessKey, log } = options;
  const apiAddress = await checkedAddress("--api", options.api);
  if (!apiAddress.isLoopback && !options.tls && !options.insecureHttp) {
    throw new StartError(
      `the API at ${formatEndpoint(options.api)} would be read and changed on its way by whoever is on it. Serve it over ` +
        "HTTPS, by --tls-cert FILE --tls-key FILE or --tls-self-signed; or say --insecure-http, where something in front " +
        "of it speaks HTTPS; or keep it on this machine by --api 127.0.0.1:7070",
    );
  }
  const xdsAddress = await checkedAddress("--xds", options.xds);
  const { proxies = {} } = options;
  if (!xdsAddress.isLoopback && !proxies.tls) {
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
  const trustedAddress =
    proxies.trustedNetwork && (await checkedAddress("--xds-trusted-network", proxies.trustedNetwork));

  const metricsAddress = options.metrics && (await checkedAddress("--metrics", options.metrics));
  if (options.metrics && !metricsAddress?.isLoopback && !options.metricsToken) {
    throw new StartError(
      `the metrics at ${formatEndpoint(options.metrics)} would be open to whoever reaches that address. Give a token in ` +
        "APPMESH_METRICS_TOKEN, which Prometheus shows as its bearer token, or keep them on this machine by --metrics 127.0.0.1:9090",
    );
  }

  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const metrics = new Metrics({ ofProcess: true });
    const shared = await openStore({ ...options, limits });
    const opened = measuredStore(shared.store, metrics);
    closers.push(() => opened.close());
    const auditFile = options.audit === undefined ? undefined : openedAudit(options.audit, log);
    closers.push(async () => auditFile?.close());
    const sink = auditFile ?? auditInLog(log);
    const audit = new Audit({ sink, region, account });
    const store = auditedStore(opened, sink);
    const accessKeys = await keysOf(store, account, accessKey);
    if (!apiAddress.isLoopback && !accessKeys.required) {
      throw new StartError(
        `the API at ${formatEndpoint(options.api)} would be open to whoever reaches that address. Give an access key in ` +
          "APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY, or make one by appmesh keys create " +
          `${options.table ? `--table ${options.table.name}` : `--data ${options.data}`}, or keep it on this machine by --api 127.0.0.1:7070`,
      );
    }
    if (!apiAddress.isLoopback && accessKey && accessKey.secretAccessKey.length < SHORTEST_SECRET) {
      throw new StartError(
        `APPMESH_SECRET_ACCESS_KEY has ${accessKey.secretAccessKey.length} characters. For an address that others reach, ` +
          `give at least ${SHORTEST_SECRET} random ones, or a key that appmesh keys create makes`,
      );
    }
    const tls = options.tls && (await openedTls(options.tls, options));
    closers.push(async () => tls?.close());
    const state = await MeshState.open(store, account);
    const transactions = new Transactions(store, state, (change) => audit.changed(change));

    const { endpoint, interval = 5 } = options.cloudMap ?? {};
    const discovering = withCloudMap(state, {
      cloudMap: awsCloudMap({ region, endpoint }),
      intervalMillis: interval * 1000,
    });
    closers.push(async () => discovering.close());
    const source = withCertificates(discovering, {
      source: awsCertificates(options.certificates),
      failed: ({ kind, arn }, reason, kept) =>
        log.warn({ kind, arn, kept }, kept ? `${reason}; what was had before stays in use` : reason),
    });
    closers.push(async () => source.close());
    const access = await proxyAccess(options, store, state, (code) => metrics.refused(code));
    closers.push(async () => access.close());
    const workloads = withWorkloads(source, {
      issuer: workloadAuthority({
        authorities: access.identities.authorities,
        lifeSeconds: proxies.workloadSeconds ?? WORKLOAD_SECONDS,
      }),
      names: (meshName, meshOwner) => access.identities.namesOf(meshName, meshOwner),
      stepOf: managedTlsStep,
      failed: (name, error, kept) =>
        log.error(
          { err: error, name, kept },
          kept
            ? "a certificate could not be renewed; the last one stays in use"
            : "a certificate could not be issued",
        ),
    });
    closers.push(async () => workloads.close());
    const xdsServer = new XdsServer({
      source: workloads,
      translate,
      log,
      admission:
        options.xdsAdmission === undefined
          ? undefined
          : { ...defaultAdmission, streamsPerSecond: options.xdsAdmission },
      onAcknowledged: (event) => metrics.acknowledged(event),
      onRejected: (event) => metrics.rejected(event),
      onSent: (event) => metrics.sent(event),
      onTranslated: (event) => metrics.translated(event),
      onRefused: ({ code }) => metrics.refused(code),
    });
    closers.push(() => xdsServer.close());
    // Whoever is sent away is so at once; what ends by itself is found soon after.
    access.identities.onChanged(() => xdsServer.checkIdentities());
    const xds = await listening("--xds", options.xds, () =>
      xdsServer.listen(
        xdsAddress.address,
        options.xds.port,
        proxies.tls ? access.overTls(true) : access.loopback(),
      ),
    );
    let xdsTrustedNetwork: Endpoint | undefined;
    if (proxies.trustedNetwork && trustedAddress) {
      const { host, port } = proxies.trustedNetwork;
      const { address } = trustedAddress;
      const bound = await listening("--xds-trusted-network", { host, port }, () =>
        xdsServer.listen(address, port, access.overTls(false)),
      );
      xdsTrustedNetwork = { host, port: bound.port };
      log.warn(
        { xds: formatEndpoint(xdsTrustedNetwork) },
        "proxies there are believed to be who they say: whoever reaches it gets the configuration of every virtual node",
      );
    }

    metrics.follow({
      entities: () => state.count(),
      proxies: () => xdsServer.proxies(),
      problems: () => xdsServer.problems(),
      waiting: () => xdsServer.waiting(),
      revision: () => state.revision,
      store: () => ({ isFollowed: shared.trouble() === undefined, peers: shared.peers() }),
    });
    const readiness = new StoreReadiness(
      shared.isShared ? auditedStore(lastKnown(opened), sink) : store,
      log,
    );
    let metricsEndpoint: Endpoint | undefined;
    if (options.metrics && metricsAddress) {
      const { metrics: endpoint, metricsToken: token } = options;
      const listener = createMetricsListener({ metrics, readiness, token, log });
      closers.push(() => listener.close());
      await listening("--metrics", endpoint, () =>
        listener.listen({ host: metricsAddress.address, port: endpoint.port }),
      );
      metricsEndpoint = { host: endpoint.host, port: (listener.server.address() as AddressInfo).port };
    }
    const diagnosis = new Diagnosis({ state, source, translate });
    closers.push(async () => diagnosis.close());
    const api = createApi({
      operations: new Operations({ state, transactions, region, limits }),
      tagging: new Tagging({ state, transactions, limits }),
      sharing: new Sharing({ state, transactions }),
      settings: new MeshSettingsOperations({ state, transactions }),
      serviceAccounts: new ServiceAccounts({ state, transactions }),
      identities: access.identities,
      diagnosis,
      status: { unready: () => readiness.unready(), proxies: () => xdsServer.proxies() },
      account,
      region,
      accessKeys,
      audit,
      tls: tls?.certificate.tls,
      log,
      metrics,
      onAnswered: (answer) => metrics.answered(answer),
    });
    closers.push(() => {
      readiness.stop();
      return api.close();
    });
    await listening("--api", options.api, () =>
      api.listen({ host: apiAddress.address, port: options.api.port }),
    );
    // The server of an API over HTTPS is one of TLS, which fastify's types do not tell.
    tls?.certificate.follow(api.server as unknown as TlsServer);
    const { port } = api.server.address() as AddressInfo;
    return {
      scheme: tls ? "https" : "http",
      api: { host: options.api.host, port },
      xds,
      xdsTrustedNetwork,
      metrics: metricsEndpoint,
      notices: shared.notices,
      caFile: tls?.caFile,
      reload: () => {
        tls?.certificate.reload();
        void access.reload();
        auditFile?.reopen();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const WORKLOAD_SECONDS = 24 * 60 * 60;

/** Whoever sees a signed request can try out secrets on it, as many a second as they have machines for. */
const SHORTEST_SECRET = 20;

async function keysOf(store: Store, account: string, initial: Credentials | undefined): Promise<AccessKeys> {
  try {
    return await AccessKeys.open(store, { account, initial });
  } catch (error) {
    throw error instanceof IdentityError ? new StartError(error.message, { cause: error }) : error;
  }
}

async function openedTls(tls: ApiTls, { data, api: { host }, log }: ServeOptions): Promise<OpenedTls> {
  try {
    return await openTls(tls, { data, host, log });
  } catch (error) {
    throw error instanceof CertificateError ? new StartError(error.message, { cause: error }) : error;
  }
}

async function proxyAccess(
  { proxies = {}, xds, account, log }: ServeOptions,
  store: Store,
  state: MeshState,
  onRefused: (code: number) => void,
): Promise<ProxyAccess> {
  const { tls, trustedNetwork, trustDomain = "appmesh.local", authorities = [], serviceAccounts } = proxies;
  try {
    const identities = await ProxyIdentities.open(store, {
      account,
      trustDomain,
      serviceAccounts,
      furtherTrust: authoritiesIn(authorities, log),
      runsAs: (proxy, serviceAccount) => runsAs(state, proxy, serviceAccount),
    });
    // Nobody calls a host by the address that stands for all of its addresses.
    const own = [xds.host, trustedNetwork?.host].filter((host) => host && !["0.0.0.0", "::"].includes(host));
    const names = new Set(["localhost", "127.0.0.1", "::1", ...(own as string[])]);
    return await ProxyAccess.open({
      identities,
      account,
      certificate: tls && ("names" in tls ? { names: [...new Set([...names, ...tls.names])] } : tls),
      log,
      onRefused: ({ code }) => onRefused(code),
    });
  } catch (error) {
    throw error instanceof CertificateError ? new StartError(error.message, { cause: error }) : error;
  }
}

function openedAudit(file: string, log: Logger): AuditFile {
  try {
    return new AuditFile(file, log);
  } catch (error) {
    throw new StartError(
      `the audit file ${file} cannot be written: ${(error as Error).message}. Give another one, by --audit FILE`,
      { cause: error },
    );
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

async function listening<T>(option: string, endpoint: Endpoint, listen: () => Promise<T>): Promise<T> {
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
