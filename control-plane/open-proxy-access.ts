import { authorityPlaces } from "./authorities/places.js";
import type { Ground } from "./ground.js";
import { ownNames } from "./identity/own-certificate.js";
import { ProxyIdentities } from "./identity/proxies/proxy-identities.js";
import { purposes } from "./identity/proxies/purpose.js";
import { CertificateError } from "./identity/server-certificate.js";
import { StartError } from "./listening.js";
import { ownerOfProxy } from "./mesh/proxy-owners.js";
import { runsAs } from "./mesh/service-accounts.js";
import { authoritiesIn, ProxyAccess } from "./proxy-access.js";
import type { RefusalLog } from "./xds/refusal-log.js";

/** Opens what proxies are known by. Throws StartError where an authority or a certificate cannot be used. */
export async function openProxyAccess(ground: Ground, refusals: RefusalLog): Promise<ProxyAccess> {
  const { options, trustDomain, store, state, metrics, now } = ground;
  const { proxies = {}, xds, account, placed, log } = options;
  const { tls, trustedNetwork, authorities = [], serviceAccounts } = proxies;
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
      onRefused: ({ code }) => metrics.refused(code),
    });
  } catch (error) {
    throw error instanceof CertificateError ? new StartError(error.message, { cause: error }) : error;
  }
}
