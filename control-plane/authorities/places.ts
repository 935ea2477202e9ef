import type { AuthorityPlaces } from "../identity/issuer.js";
import { CertificateError } from "../identity/server-certificate.js";
import { fromBundle } from "./bundle.js";
import { bundleInFiles } from "./files.js";
import { atKms } from "./kms.js";
import { limited } from "./limited.js";
import { placeKind, placesForms } from "./place-kind.js";
import { atPrivateCa } from "./private-ca.js";
import { bundleInSecret } from "./secrets-manager.js";

export interface PlacesOptions {
  /** URLs of other endpoints than AWS's own. */
  readonly kmsEndpoint?: string | undefined;
  readonly secretsManagerEndpoint?: string | undefined;
  readonly acmPcaEndpoint?: string | undefined;
  /** The longest that one signature or certificate may take, with all tries. Default: a minute. */
  readonly timeoutMillis?: number;
}

/** Signatures and certificates that AWS is asked for at a time: the quotas of Private CA are 25 in a second. */
const AT_A_TIME = 16;

/** A control plane does not wait for longer to know whether an authority is there. */
const OPEN_MILLISECONDS = 10_000;

/** AWS's services are asked through its SDK, which is loaded with the first question. */
export function authorityPlaces(options: PlacesOptions = {}): AuthorityPlaces {
  const { timeoutMillis = 60_000 } = options;
  const times = { openMillis: Math.min(timeoutMillis, OPEN_MILLISECONDS), issueMillis: timeoutMillis };
  return {
    async open(place, commonName, known) {
      switch (placeKind(place)) {
        case "files":
          return fromBundle(bundleInFiles(place), place);
        case "secret":
          return fromBundle(await bundleInSecret(place, options.secretsManagerEndpoint, times), place);
        case "kms":
          return limited(AT_A_TIME, await atKms(place, commonName, known, options.kmsEndpoint, times));
        case "private-ca":
          return limited(AT_A_TIME, await atPrivateCa(place, options.acmPcaEndpoint, times));
        default:
          throw new CertificateError(`"${place}" is no place of an authority: give ${placesForms}`);
      }
    },
  };
}
