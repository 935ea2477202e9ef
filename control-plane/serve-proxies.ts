import { awsCertificates } from "./certificates/aws-certificates.js";
import { withCertificates } from "./certificates/with-certificates.js";
import { withWorkloads } from "./certificates/with-workloads.js";
import type { Closers } from "./closers.js";
import { awsCloudMap } from "./discovery/aws-cloud-map.js";
import { withCloudMap } from "./discovery/with-cloud-map.js";
import { type Endpoint, formatEndpoint } from "./endpoint.js";
import type { Ground } from "./ground.js";
import { listening } from "./listening.js";
import { managedTlsStep } from "./mesh/managed-tls.js";
import { onNodesReplaced } from "./mesh/proxy-owners.js";
import type { ProxyAccess } from "./proxy-access.js";
import type { MeshSource } from "./source/mesh-source.js";
import { translate } from "./translate/translate.js";
import { workloadAuthority } from "./workload-authority.js";
import { defaultAdmission } from "./xds/admission.js";
import type { RefusalLog } from "./xds/refusal-log.js";
import { XdsServer } from "./xds/server.js";

export interface ServedProxies {
  readonly server: XdsServer;
  /** The meshes, with what is known of them beyond the store; without what is issued to their proxies. */
  readonly source: MeshSource;
  readonly xds: Endpoint;
  readonly xdsTrustedNetwork: Endpoint | undefined;
}

const WORKLOAD_SECONDS = 24 * 60 * 60;

/** Tells proxies of the meshes, over xDS. */
export async function serveProxies(
  ground: Ground,
  access: ProxyAccess,
  refusals: RefusalLog,
  closers: Closers,
): Promise<ServedProxies> {
  const { options, addresses, state, metrics, now } = ground;
  const { region, log, proxies = {} } = options;
  const { endpoint, interval = 5 } = options.cloudMap ?? {};
  const discovering = withCloudMap(state, {
    cloudMap: awsCloudMap({ region, endpoint }),
    intervalMillis: interval * 1000,
  });
  closers.add(() => discovering.close());
  const source = withCertificates(discovering, {
    source: awsCertificates(options.certificates),
    failed: ({ kind, arn }, reason, kept) =>
      log.warn({ kind, arn, kept }, kept ? `${reason}; what was had before stays in use` : reason),
  });
  closers.add(() => source.close());
  const workloads = withWorkloads(source, {
    issuer: workloadAuthority({
      authorities: access.identities.authorities,
      lifeSeconds: proxies.workloadSeconds ?? WORKLOAD_SECONDS,
      now,
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
  closers.add(() => workloads.close());
  const server = new XdsServer({
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
  closers.add(() => server.close());
  // Whoever is sent away is so at once; what ends by itself is found soon after.
  access.identities.onChanged(() => server.checkIdentities());
  // A virtual node that has gone may come back as another account's.
  onNodesReplaced(state, () => server.checkIdentities());
  const xds = await listening("--xds", options.xds, () =>
    server.listen(
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
      server.listen(address, port, access.overTls(false)),
    );
    xdsTrustedNetwork = { host, port: bound.port };
    log.warn(
      { xds: formatEndpoint(xdsTrustedNetwork) },
      "proxies there are believed to be who they say: whoever reaches it gets the configuration of every virtual node",
    );
  }
  return { server, source, xds, xdsTrustedNetwork };
}
