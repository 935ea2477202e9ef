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
  return { accessKeyId, secretAccessKey };
}
