import type { Logger } from "pino";
import { authorityPlaces } from "./authorities/places.js";
import type { Ground } from "./ground.js";
import { IdentityError } from "./identity/errors.js";
import { ownNames } from "./identity/own-certificate.js";
import { ProofError } from "./identity/proxies/proof.js";
import { ProxyIdentities } from "./identity/proxies/proxy-identities.js";
import { type Purpose, purposes } from "./identity/proxies/purpose.js";
import { CertificateError } from "./identity/server-certificate.js";
import { StartError } from "./listening.js";
import { MeshError } from "./mesh/errors.js";
import { ownerOfProxy } from "./mesh/proxy-owners.js";
import { runsAs } from "./mesh/service-accounts.js";
import { authoritiesIn, ProxyAccess } from "./proxy-access.js";
import type { RefusalLog } from "./xds/refusal-log.js";

/** Opens what proxies are known by. Throws StartError where an authority or a certificate cannot be used. */
export async function openProxyAccess(ground: Ground, refusals: RefusalLog): Promise<ProxyAccess> {
  const { options, trustDomain, store, state, metrics, unreadable, now } = ground;
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
      unreadable,
      runsAs: (proxy, serviceAccount) => {
        try {
          return runsAs(state, proxy, serviceAccount);
        } catch (error) {
          if (!(error instanceof MeshError)) throw error;
          throw new ProofError(
            "unavailable",
            `whether the proxy runs as it cannot be told: ${error.message}`,
          );
        }
      },
      ownerOf: (proxy) => ownerOfProxy(state, proxy),
    });
    for (const purpose of purposes) {
      const place = placed?.at[purpose];
      if (place === undefined) continue;
      const authorityId = await registered(identities, purpose, place, log);
      if (authorityId === undefined || identities.authorities.signerId(purpose) === authorityId) continue;
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
    const isKnown = error instanceof CertificateError || error instanceof IdentityError;
    throw isKnown ? new StartError(error.message, { cause: error }) : error;
  }
}

/** Undefined where that cannot be, since what the store has of authorities cannot be read: others go on signing. */
async function registered(
  { authorities }: ProxyIdentities,
  purpose: Purpose,
  place: string,
  log: Logger,
): Promise<string | undefined> {
  const away = (error: Error) =>
    log.error({ err: error, purpose, place }, "an authority cannot be asked now; it is tried again");
  try {
    return (await authorities.register(purpose, place, away)).authorityId;
  } catch (error) {
    if (authorities.areAll || !(error instanceof IdentityError)) throw error;
    log.error({ err: error, purpose, place }, `an authority cannot be registered: ${error.message}`);
    return undefined;
  }
}
