import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Program } from "./processes.js";

/** Where else than beside this process, and as whom, an Envoy runs. */
export interface Place {
  readonly uid: number;
  /** What runs the command that follows there, in its own stead. */
  readonly command: readonly string[];
}

/** A real Envoy with one thread, from a bootstrap. */
export class Envoy {
  private constructor(
    readonly program: Program,
    private readonly folder: string,
  ) {}

  /** Resolves when it listens at the address (ADDRESS:PORT). */
  static async start(
    executable: string,
    bootstrap: object,
    listensAt: string,
    place?: Place,
  ): Promise<Envoy> {
    const folder = mkdtempSync(join(tmpdir(), "appmesh-bench-envoy-"));
    const config = join(folder, "bootstrap.json");
    const adminFile = join(folder, "admin");
    writeFileSync(config, JSON.stringify(bootstrap));
    if (place !== undefined) chownSync(folder, place.uid, place.uid);
    const options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"];
    const [command = executable, ...before] = [...(place?.command ?? []), executable];
    const program = new Program("envoy", command, [
      ...before,
      ...["--config-path", config, "--admin-address-path", adminFile],
      ...options,
    ]);
    const envoy = new Envoy(program, folder);
    for (let waited = 0; ; waited += 20) {
      if (!program.isRunning) throw program.ended();
      if (waited > 60_000) throw new Error(`Envoy does not listen at ${listensAt}`);
      if (await listens(adminFile, listensAt)) return envoy;
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    await this.program.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function listens(adminFile: string, address: string): Promise<boolean> {
  try {
    const admin = `http://${readFileSync(adminFile, "utf8").trim()}`;
    if (!(await fetch(`${admin}/ready`)).ok) return false;
    return (await (await fetch(`${admin}/listeners`)).text())
      .split("\n")
      .some((line) => line.endsWith(`::${address}`));
  } catch {
    return false; // not there yet
  }
}

/** An address of 127.0.0.0/8 on which nobody listens at these ports. */
export async function loopbackAddress(...ports: readonly number[]): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const octet = () => 1 + Math.floor(Math.random() * 250);
    const address = `127.${octet()}.${octet()}.${octet()}`;
    if ((await Promise.all(ports.map((port) => isFree(address, port)))).every(Boolean)) return address;
  }
  throw new Error("no free loopback address was found");
}

const isFree = (address: string, port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
