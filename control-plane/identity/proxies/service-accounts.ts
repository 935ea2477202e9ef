import { readFile } from "node:fs/promises";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { type Proof, ProofError } from "./proof.js";

export interface ServiceAccountOptions {
  /** URL or file of the keys with which a Kubernetes cluster signs the tokens of its service accounts. */
  readonly jwks: string;
  /** `iss` of those tokens. */
  readonly issuer: string;
  /** `aud` of those tokens. Default: `appmesh`. */
  readonly audience?: string | undefined;
}

/** Clocks of machines may be apart by as much. An end is an end, though. */
export const skewSeconds = 5 * 60;

/** Tells whose the projected service-account tokens of a Kubernetes cluster are. */
export class ServiceAccountTokens {
  readonly issuer: string;
  readonly #audience: string;
  readonly #keys: JWTVerifyGetKey;

  constructor({ jwks, issuer, audience = "appmesh" }: ServiceAccountOptions) {
    this.issuer = issuer;
    this.#audience = audience;
    this.#keys = /^https?:/.test(jwks)
      ? createRemoteJWKSet(new URL(jwks), { timeoutDuration: 5_000, cooldownDuration: 5_000 })
      : keysInFile(jwks);
  }

  /** Throws ProofError. `nowMillis`: milliseconds since 1970. */
  async prove(token: string, nowMillis: number): Promise<Proof> {
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: this.issuer,
        audience: this.#audience,
        algorithms: ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"],
        requiredClaims: ["exp", "iat", "sub"],
        currentDate: new Date(nowMillis),
        clockTolerance: skewSeconds,
      });
      const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(payload.sub ?? "") ?? [];
      if (namespace === undefined || name === undefined) {
        throw new ProofError(
          "unauthenticated",
          "the proxy's token is not one of a Kubernetes service account",
        );
      }
      const expiresAt = payload.exp as number;
      if (expiresAt <= nowMillis / 1000) throw expired;
      return {
        kind: "serviceAccount",
        id: `${namespace}:${name}`,
        issuedAt: payload.iat as number,
        expiresAt,
        proxies: undefined,
        isBelieved: () => true,
      };
    } catch (error) {
      throw error instanceof ProofError ? error : refused(error as Error, this.issuer);
    }
  }
}

export const expired = new ProofError("unauthenticated", "the proxy's token has expired");

/** Read again where it has no key of the name that a token asks for: then the cluster has other keys by now. */
function keysInFile(file: string): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  const read = async () => {
    keys = createLocalJWKSet(JSON.parse(await readFile(file, "utf8")) as JSONWebKeySet);
    return keys;
  };
  return async (header, token) => {
    if (keys) {
      try {
        return await keys(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
    }
    return (await read())(header, token);
  };
}

function refused(error: Error, issuer: string): ProofError {
  const unauthenticated = (why: string) =>
    new ProofError("unauthenticated", `the proxy's token is refused: ${why}`, { cause: error });
  if (error instanceof errors.JWTExpired) return expired;
  if (error instanceof errors.JWTClaimValidationFailed) {
    return unauthenticated(`its ${error.claim} is not what is asked for, of tokens of ${issuer}`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return unauthenticated("its signature is wrong");
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return unauthenticated(`it is signed with a key that ${issuer} does not have`);
  }
  if (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    error.code !== "ERR_JOSE_GENERIC"
  ) {
    return unauthenticated("it is none that can be read");
  }
  return new ProofError(
    "unavailable",
    `the proxy's token cannot be checked now: the keys of ${issuer} cannot be read`,
    { cause: error },
  );
}
