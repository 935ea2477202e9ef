/** What went wrong between the provider and the control plane, each with the way out. */
export class ControlPlaneError extends Error {
  override name = "ControlPlaneError";
}

/** The control plane answered with one of App Mesh's error codes, or with one of AWS's signing errors. */
export class ApiError extends ControlPlaneError {
  constructor(
    /** As in the API: NotFoundException, ResourceInUseException, ... */
    readonly code: string,
    readonly status: number,
    /** The control plane's own words. */
    readonly reason: string,
  ) {
    super(`${code}: ${reason}`);
  }
}

/** The operation was stopped, by the user or by its time limit. */
export class Stopped extends ControlPlaneError {}

export const isNotFound = (error: unknown): boolean =>
  error instanceof ApiError && error.code === "NotFoundException";

export const isInUse = (error: unknown): boolean =>
  error instanceof ApiError && error.code === "ResourceInUseException";

export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.code === "ConflictException";

const AGAIN = "Then run the same command again: it continues where this one stopped.";

export const unreachable = (endpoint: string, cause: string, attempts: number): ControlPlaneError =>
  new ControlPlaneError(
    `the App Mesh control plane at ${endpoint} does not answer (${cause}; ${attempts} attempts). ` +
      `Check that it runs (appmesh serve), and that the provider's "endpoint" (or APPMESH_ENDPOINT) is where it listens. ${AGAIN}`,
  );

export const untrusted = (endpoint: string, cause: string): ControlPlaneError =>
  new ControlPlaneError(
    `the certificate of the control plane at ${endpoint} is not trusted (${cause}). ` +
      `Set the provider's "caCertificate" (or APPMESH_CA_CERTIFICATE) to the certificate authority that signed it.`,
  );

export const refusedKey = (
  endpoint: string,
  accessKeyId: string | undefined,
  error: ApiError,
): ControlPlaneError =>
  new ControlPlaneError(
    accessKeyId === undefined
      ? `the control plane at ${endpoint} wants signed requests (${error.message}). Set the provider's "accessKeyId" and ` +
          `"secretAccessKey" (or APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY) to a key that it has issued.`
      : `the control plane at ${endpoint} refused the access key ${accessKeyId} (${error.message}). Check the provider's "accessKeyId" and ` +
          `"secretAccessKey" (or APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY), its "region", and this machine's clock.`,
  );

export const notAppMesh = (endpoint: string, status: number, path: string): ControlPlaneError =>
  new ControlPlaneError(
    `${endpoint} does not speak the App Mesh API: it answered HTTP ${status} to ${path} without an App Mesh error code. ` +
      `Check the provider's "endpoint" (or APPMESH_ENDPOINT).`,
  );

/** Node's codes for a certificate that the trusted authorities do not vouch for. */
export const isUntrusted = (code: string): boolean =>
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)/.test(
    code,
  );

/** AWS's codes for a request whose signature, key or clock is wrong. */
export const isRefusedKey = (code: string): boolean =>
  /^(MissingAuthenticationToken|InvalidSignature|SignatureDoesNotMatch|UnrecognizedClient|InvalidClientTokenId|IncompleteSignature|ExpiredToken|InvalidAccessKeyId|AuthFailure|NotAuthorized|RequestExpired)/.test(
    code,
  );
