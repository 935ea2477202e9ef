// The user's cache of programs that are slow to make: outside every clone, one folder for each program and version.
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const cacheFolder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-appmesh");

/**
 * The folder `name` of the cache; `make(folder)` fills it when it is not there yet. It appears whole or not at
 * all: `make` works in a temporary folder, which is renamed when it is done. Of two set-ups at the same time one
 * makes it and the other waits.
 */
export async function makeOnce(name, make) {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  await withLock(folder, async () => {
    if (existsSync(folder)) return;
    const unfinished = `${folder}.${randomUUID().slice(0, 8)}.tmp`;
    try {
      mkdirSync(unfinished, { recursive: true });
      await make(unfinished);
      if (!existsSync(folder)) renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  });
  return folder;
}

const heartbeat = 2_000;
const abandoned = 30_000;

/** Runs `work` while nobody else who names the same path does. */
export async function withLock(path, work) {
  const lock = `${path}.lock`;
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; !take(lock); told = true) {
    if (!told) console.error(`  another set-up is at work here: waiting for it to remove ${lock}`);
    await sleep(500);
  }
  // A file whose time goes on, and not a process id, says that the holder lives: this holds across containers too.
  const alive = setInterval(() => {
    try {
      utimesSync(lock, new Date(), new Date());
    } catch {
      // Somebody removed the lock by hand; the rename in makeOnce still keeps the result whole.
    }
  }, heartbeat);
  alive.unref();
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(alive);
    process.removeListener("exit", release);
    release();
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    if (Date.now() - statSync(lock).mtimeMs > abandoned) rmSync(lock, { force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return false;
}
