import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** The version that this project is tested with. */
export const ENVOY_VERSION = "1.40.0";

/** Where this user keeps what is slow to get. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-appmesh");

/** Where `install` puts Envoy. */
export const cachedFolder = (env?: NodeJS.ProcessEnv): string =>
  join(cacheFolder(env), `envoy-${ENVOY_VERSION}`);
export const cachedEnvoy = (env?: NodeJS.ProcessEnv): string => executableIn(cachedFolder(env));

/** The program itself in the folder of PyPI's package, whose `bin/envoy` is a script around it. */
export const executableIn = (folder: string): string => join(folder, "envoy", "_bin", "envoy");

/**
 * The Envoy to run: the one that is named, else $APPMESH_ENVOY, else `envoy` on PATH, else the one in the user's
 * cache. undefined if there is none; throws if one is named that cannot be run.
 */
export function findEnvoy(named?: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (named !== undefined) return required(named, "--envoy");
  if (env.APPMESH_ENVOY) return required(env.APPMESH_ENVOY, "APPMESH_ENVOY");
  const candidates = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, "envoy"));
  return [...candidates, cachedEnvoy(env)].find(isExecutable);
}

function required(path: string, source: string): string {
  const absolute = resolve(path);
  if (isExecutable(absolute)) return absolute;
  throw new Error(
    `${source} names ${absolute}, which is no program that can be run: name an Envoy executable`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
