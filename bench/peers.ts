import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The Go programs of bench/peers. */
export interface Peers {
  readonly fakeProxies: string;
  readonly anchor: string;
  /** The folder of pulumi-resource-null, to put on PATH. */
  readonly folder: string;
}

const module = fileURLToPath(new URL("../peers", import.meta.url));

/** Builds the Go programs into the user's cache, once for each state of their sources. */
export async function buildPeers(say: (line: string) => void): Promise<Peers> {
  const folder = join(cacheFolder(), `bench-peers-${digest()}`);
  if (!existsSync(folder)) {
    say("building the peers with Go (once; about a minute) …");
    const making = `${folder}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    try {
      await promisify(execFile)("go", ["build", "-trimpath", "-o", `${making}/`, "./..."], {
        cwd: module,
        env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
      });
      if (!existsSync(folder)) renameSync(making, folder);
    } catch (cause) {
      const stderr = (cause as { stderr?: string }).stderr;
      throw new Error(
        `the peers (bench/peers) could not be built: ${stderr || cause}. They need Go 1.24 or later and its module proxy.`,
        { cause },
      );
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }
  return { fakeProxies: join(folder, "fake-proxies"), anchor: join(folder, "go-control-plane"), folder };
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-appmesh");
}

function digest(): string {
  const hash = createHash("sha256");
  for (const file of readdirSync(module, { recursive: true, encoding: "utf8" }).sort()) {
    if (!/(\.go|go\.mod|go\.sum)$/.test(file) || file.endsWith("_test.go")) continue;
    hash.update(file).update(readFileSync(join(module, file)));
  }
  return hash.digest("hex").slice(0, 12);
}
