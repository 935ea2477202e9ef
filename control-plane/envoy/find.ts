import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/** The version that is run where nobody chooses another one. */
export const ENVOY_VERSION = "1.40.0";
/** Of each line of Envoy that this project is tested with, the newest that PyPI has. */
export const TESTED_VERSIONS = ["1.36.4", "1.37.0", "1.38.3", "1.39.3", ENVOY_VERSION] as const;

/** $APPMESH_ENVOY_VERSION, else the default. Throws where that is no version. */
export function envoyVersion(env: NodeJS.ProcessEnv = process.env): string {
  const version = env.APPMESH_ENVOY_VERSION || ENVOY_VERSION;
  if (/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(version)) return version;
  throw new Error(
    `APPMESH_ENVOY_VERSION is "${version}", which is no version of Envoy: give one such as ${ENVOY_VERSION}`,
  );
}

/** Where this user keeps what is slow to get. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-appmesh");

/** Where `install` puts Envoy. */
export const cachedFolder = (env?: NodeJS.ProcessEnv): string =>
  join(cacheFolder(env), `envoy-${envoyVersion(env)}`);
export const cachedEnvoy = (env?: NodeJS.ProcessEnv): string => executableIn(cachedFolder(env));

/** The program itself in the folder of PyPI's package, whose `bin/envoy` is a script around it. */
export const executableIn = (folder: string): string => join(folder, "envoy", "_bin", "envoy");

/**
 * The Envoy to run: the one that is named, else $APPMESH_ENVOY, else `envoy` on PATH, unless $APPMESH_ENVOY_VERSION asks for
 * a version, else the one in the user's cache. undefined if there is none; throws if one is named that cannot be run.
 */
export function findEnvoy(named?: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (named !== undefined) return required(named, "--envoy");
  if (env.APPMESH_ENVOY) return required(env.APPMESH_ENVOY, "APPMESH_ENVOY");
  const candidates = (env.APPMESH_ENVOY_VERSION ? "" : (env.PATH ?? ""))
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
