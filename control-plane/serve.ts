import type { AddressInfo } from "node:net";
import type { Server as TlsServer } from "node:tls";
import type { Logger } from "pino";
import { Audit } from "./api/audit.js";
import { AuditFile, auditInLog } from "./api/audit-file.js";
import { createMetricsListener } from "./api/metrics-routes.js";
import { createApi } from "./api/server.js";
import { type ApiTls, type OpenedTls, openTls } from "./api-tls.js";
import { auditedStore } from "./audited-store.js";
import { authorityPlaces } from "./authorities/places.js";
import { awsCertificates } from "./certificates/aws-certificates.js";
import { withCertificates } from "./certificates/with-certificates.js";
import { withWorkloads } from "./certificates/with-workloads.js";
import { Diagnosis } from "./diagnostics/diagnosis.js";
import { awsCloudMap } from "./discovery/aws-cloud-map.js";
import { withCloudMap } from "./discovery/with-cloud-map.js";
import { type Endpoint, formatEndpoint } from "./endpoint.js";
import { AccessKeys, type AccessKeysOptions } from "./identity/access-keys.js";
import { IdentityError } from "./identity/errors.js";
import { ownNames } from "./identity/own-certificate.js";
import type { Authorities } from "./identity/proxies/authorities.js";
import { ProxyIdentities } from "./identity/proxies/proxy-identities.js";
import { purposes } from "./identity/proxies/purpose.js";
import { CertificateError } from "./identity/server-certificate.js";
import { checkedAddresses, listening, StartError } from "./listening.js";
import { defaultLimits } from "./mesh/limits.js";
import { managedTlsStep } from "./mesh/managed-tls.js";
import { MeshSettingsOperations } from "./mesh/mesh-settings.js";
import { Operations } from "./mesh/operations.js";
import { onNodesReplaced, ownerOfProxy } from "./mesh/proxy-owners.js";
import { runsAs, ServiceAccounts } from "./mesh/service-accounts.js";
import { Sharing } from "./mesh/sharing.js";
import { MeshState } from "./mesh/state.js";
import { Tagging } from "./mesh/tagging.js";
import { Transactions } from "./mesh/transactions.js";
import { measuredStore } from "./metrics/measured-store.js";
import { Metrics } from "./metrics/metrics.js";
import { openStore } from "./open-store.js";
import { authoritiesIn, ProxyAccess } from "./proxy-access.js";
import { lastKnown, StoreReadiness } from "./readiness.js";
import type { ControlPlane, ServeOptions } from "./serve-options.js";
import type { Store } from "./store/store.js";
import { translate } from "./translate/translate.js";
import { workloadAuthority } from "./workload-authority.js";
import { defaultAdmission } from "./xds/admission.js";
import { RefusalLog } from "./xds/refusal-log.js";
import { XdsServer } from "./xds/server.js";

/** Starts a control plane: the API, the mesh, its store and the xDS server, put together. */
export async function serve(options: ServeOptions): Promise<ControlPlane> {
  const { region, account, limits = defaultLimits, accessKey, log } = options;
  const addresses = await checkedAddresses(options);
  const { proxies = {} } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const metrics = new Metrics({ ofProcess: true });
    const { trustDomain = TRUST_DOMAIN } = proxies;
    const hasOwnKey = accessKey !== undefined;
    const shared = await openStore({ ...options, limits, trustDomain, hasOwnKey });
    const now = () => shared.now();
    const opened = measuredStore(shared.store, metrics);
    closers.push(() => opened.close());
    const auditFile = options.audit === undefined ? undefined : openedAudit(options.audit, log);
    closers.push(async () => auditFile?.close());
    const sink = auditFile ?? auditInLog(log);
    const audit = new Audit({ sink, region, account, now });
    const store = auditedStore(opened, sink);
    const accessKeys = await keysOf(store, { account, initial: accessKey, now });
    if (!addresses.api.isLoopback && !accessKeys.required) {
      throw new StartError(
        `the API at ${formatEndpoint(options.api)} would be open to whoever reaches that address. Give an access key in ` +
          "APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY, or make one by appmesh keys create " +
          `${options.table ? `--table ${options.table.name}` : `--data ${options.data}`}, or keep it on this machine by --api 127.0.0.1:7070`,
      );
    }
    if (!addresses.api.isLoopback && accessKey && accessKey.secretAccessKey.length < SHORTEST_SECRET) {
      throw new StartError(
        `APPMESH_SECRET_ACCESS_KEY has ${accessKey.secretAccessKey.length} characters. For an address that others reach, ` +
          `give at least ${SHORTEST_SECRET} random ones, or a key that appmesh keys create makes`,
      );
    }
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
    const refusals = new RefusalLog({ log, onHeldBack: () => metrics.heldBack() });
    closers.push(async () => refusals.close());
    const access = await proxyAccess({ ...options, now, refusals }, store, state, (code) =>
      metrics.refused(code),
    );
    closers.push(async () => access.close());
    const tls =
      options.tls &&
      (await openedTls(
        options.tls,
        options,
        shared.isShared || options.placed?.at.proxies ? access.identities.authorities : undefined,
      ));
    closers.push(async () => tls?.close());
    const workloads = withWorkloads(source, {
      issuer: workloadAuthority({
        authorities: access.identities.authorities,
        lifeSeconds: proxies.workloadSeconds ?? WORKLOAD_SECONDS,
      }),
      names: (meshName, meshOwner) => access.identities.namesOf(meshName, meshOwner),
      stepOf: managedTlsStep,
      now,
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
      refusals,
    });
    closers.push(() => xdsServer.close());
    // Whoever is sent away is so at once; what ends by itself is found soon after.
    access.identities.onChanged(() => xdsServer.checkIdentities());
    // A virtual node that has gone may come back as another account's.
    onNodesReplaced(state, () => xdsServer.checkIdentities());
    const xds = await listening("--xds", options.xds, () =>
      xdsServer.listen(
        addresses.xds.address,
        options.xds.port,
        proxies.tls ? access.overTls(true) : access.loopback(),
      ),
    );
    let xdsTrustedNetwork: Endpoint | undefined;
    if (proxies.trustedNetwork && addresses.trustedNetwork) {
      const { host, port } = proxies.trustedNetwork;
      const { address } = addresses.trustedNetwork;
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
    if (options.metrics && addresses.metrics) {
      const { metrics: endpoint, metricsToken: token } = options;
      const { address } = addresses.metrics;
      const listener = createMetricsListener({ metrics, readiness, token, log });
      closers.push(() => listener.close());
      await listening("--metrics", endpoint, () => listener.listen({ host: address, port: endpoint.port }));
      metricsEndpoint = { host: endpoint.host, port: (listener.server.address() as AddressInfo).port };
    }
    const diagnosis = new Diagnosis({ state, source, translate });
    closers.push(async () => diagnosis.close());
    const api = createApi({
      operations: new Operations({ state, transactions, region, limits, now }),
      tagging: new Tagging({ state, transactions, limits }),
      sharing: new Sharing({ state, transactions, now }),
      settings: new MeshSettingsOperations({ state, transactions, now }),
      serviceAccounts: new ServiceAccounts({ state, transactions }),
      identities: access.identities,
      diagnosis,
      status: { unready: () => readiness.unready(), proxies: () => xdsServer.proxies() },
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
    closers.push(() => {
      readiness.stop();
      return api.close();
    });
    await listening("--api", options.api, () =>
      api.listen({ host: addresses.api.address, port: options.api.port }),
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

const TRUST_DOMAIN = "appmesh.local";
const WORKLOAD_SECONDS = 24 * 60 * 60;

/** Whoever sees a signed request can try out secrets on it, as many a second as they have machines for. */
const SHORTEST_SECRET = 20;

async function keysOf(store: Store, options: AccessKeysOptions): Promise<AccessKeys> {
  try {
    return await AccessKeys.open(store, options);
  } catch (error) {
    throw error instanceof IdentityError ? new StartError(error.message, { cause: error }) : error;
  }
}

async function openedTls(
  tls: ApiTls,
  { data, api: { host }, log }: ServeOptions,
  authorities: Authorities | undefined,
): Promise<OpenedTls> {
  try {
    return await openTls(tls, { data, host, authorities, log });
  } catch (error) {
    throw error instanceof CertificateError ? new StartError(error.message, { cause: error }) : error;
  }
}

async function proxyAccess(
  {
    proxies = {},
    xds,
    account,
    placed,
    log,
    now,
    refusals,
  }: ServeOptions & {
    readonly now: () => number;
    readonly refusals: RefusalLog;
  },
  store: Store,
  state: MeshState,
  onRefused: (code: number) => void,
): Promise<ProxyAccess> {
  const { tls, trustedNetwork, trustDomain = TRUST_DOMAIN, authorities = [], serviceAccounts } = proxies;
  try {
    const identities = await ProxyIdentities.open(store, {
      account,
      now,
      trustDomain,
      serviceAccounts,
      authorityPlaces: authorityPlaces(placed),
      furtherTrust: authoritiesIn(authorities, log),
      runsAs: (proxy, serviceAccount) => runsAs(state, proxy, serviceAccount),
      ownerOf: (proxy) => ownerOfProxy(state, proxy),
    });
    for (const purpose of purposes) {
      const place = placed?.at[purpose];
      if (place === undefined) continue;
      const { authorityId } = await identities.authorities.register(purpose, place, (error) =>
        log.error({ err: error, purpose, place }, "an authority cannot be asked now; it is tried again"),
      );
      if (identities.authorities.signerId(purpose) === authorityId) continue;
      log.warn(
        { purpose, place, authorityId, signs: identities.authorities.signerId(purpose) },
        "another authority signs until this one is used, by appmesh identities use-authority",
      );
    }
    const hosts = [xds.host, ...(trustedNetwork ? [trustedNetwork.host] : [])];
    return await ProxyAccess.open({
      identities,
      account,
      certificate: tls && ("names" in tls ? { names: ownNames(hosts, tls.names) } : tls),
      log,
      refusals,
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
