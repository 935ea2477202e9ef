import { setTimeout as sleep } from "node:timers/promises";
import { AuthorityAway } from "../identity/issuer.js";
import { CertificateError } from "../identity/server-certificate.js";
import { unusable } from "./bundle.js";

/** How long AWS may take with all tries: to say what it has, and to sign. */
export interface Times {
  readonly openMillis: number;
  readonly issueMillis: number;
}

/** Reads an ARN's region. */
export const regionOf = (arn: string): string => arn.split(":")[3] ?? "";

/** Asks AWS, and says in the operator's words what is wrong. `actions`: what the role must be allowed. */
export async function asked<T>(place: string, actions: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { message } = unusable(place, explain(error as Error, actions));
    throw isAway(error as Error)
      ? new AuthorityAway(message, { cause: error })
      : new CertificateError(message, { cause: error });
  }
}

const passing =
  /^(Abort|Timeout|Throttling|TooManyRequests|LimitExceeded|RequestInProgress|Internal|ServiceUnavailable|KMSInternal|DependencyTimeout|HTTP 5)/;

/** What may have passed by the next time. */
const isAway = (error: Error): boolean =>
  passing.test(error.name) || /^(E[A-Z]+|UND_ERR_.*)$/.test(String((error as NodeJS.ErrnoException).code));

const SHORTEST_WAIT = 100;
const LONGEST_WAIT = 5_000;

/** Asks again what AWS refuses because it is asked too often, or is not well, until the time is over. */
export async function patiently<T>(millis: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(millis);
  for (let wait = SHORTEST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await ask(signal);
    } catch (error) {
      if (!isAway(error as Error) || signal.aborted) throw error;
      // Those who were refused together do not come back together.
      await sleep(Math.random() * wait, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

function explain(error: Error, actions: string): string {
  switch (error.name) {
    case "CredentialsProviderError":
      return "there are no AWS credentials. Give the control plane a role, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    case "AccessDeniedException":
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "ExpiredTokenException":
      return `AWS refuses it (${error.name}). Allow the control plane's role ${actions} on it`;
    case "NotFoundException":
    case "ResourceNotFoundException":
      return "it does not exist. Create it, or name another";
    case "DisabledException":
      return "the key is disabled. Enable it, or name another";
    case "KMSInvalidStateException":
    case "InvalidStateException":
      return `it is not in a state to be used: ${error.message}`;
    case "ThrottlingException":
    case "LimitExceededException":
      return `AWS slows the control plane down (${error.name}), also after many tries. Ask AWS for a higher quota`;
    case "AbortError":
    case "TimeoutError":
      return "AWS does not answer";
    default:
      return `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`;
  }
}
