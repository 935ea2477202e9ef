import type { Credentials } from "../identity/access-keys.js";

/** What is wrong with the environment, and what to do about it. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/** The access key in the environment; undefined where there is none. */
export function credentialsIn(env: NodeJS.ProcessEnv): Credentials | undefined {
  const accessKeyId = env.APPMESH_ACCESS_KEY_ID || undefined;
  const secretAccessKey = env.APPMESH_SECRET_ACCESS_KEY || undefined;
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new EnvironmentError(
      `APPMESH_${accessKeyId === undefined ? "SECRET_ACCESS_KEY" : "ACCESS_KEY_ID"} is given without ` +
        `APPMESH_${accessKeyId === undefined ? "ACCESS_KEY_ID" : "SECRET_ACCESS_KEY"}. Give both, or none`,
    );
  }
  if (!/^\w{1,128}$/.test(accessKeyId)) {
    throw new EnvironmentError("APPMESH_ACCESS_KEY_ID must be 1 to 128 letters, digits and underscores");
  }
  checkNotPadded("APPMESH_SECRET_ACCESS_KEY", secretAccessKey);
  return { accessKeyId, secretAccessKey };
}

/** What /metrics asks for off loopback; undefined where the environment says nothing of it. */
export function metricsTokenIn(env: NodeJS.ProcessEnv): string | undefined {
  const token = env.APPMESH_METRICS_TOKEN || undefined;
  if (token === undefined) return undefined;
  checkNotPadded("APPMESH_METRICS_TOKEN", token);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new EnvironmentError(
      "APPMESH_METRICS_TOKEN holds what no header can: give letters, digits and signs of ASCII, without white space",
    );
  }
  return token;
}

/** Secrets that are read from files often end with a line break, and then fit nothing that anybody shows. */
function checkNotPadded(name: string, value: string): void {
  if (value.trim() === value) return;
  throw new EnvironmentError(
    `${name} begins or ends with white space, as what is read from a file may: leave the line break out`,
  );
}
