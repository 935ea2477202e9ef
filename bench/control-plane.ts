import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AppMesh } from "@pulumi-appmesh/provider/client/appmesh.js";
import { collectGarbage } from "./inspector.js";
import { setHostname, setWeights } from "./mesh.js";
import { Program } from "./processes.js";
import type { Change, Server } from "./server.js";

/** The command. */
export const appmesh = fileURLToPath(new URL("../../node_modules/.bin/appmesh", import.meta.url));

/** `appmesh serve`, as users run it, with a store of its own in a folder that goes with it. */
export class ControlPlane implements Server {
  readonly name: string;
  readonly #data = mkdtempSync(join(tmpdir(), "appmesh-bench-"));
  readonly #key = {
    accessKeyId: `AKIABENCH${randomBytes(6).toString("hex")}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  };
  readonly #store: readonly string[];
  #program: Program | undefined;
  #ports: { api: number; xds: number } | undefined;
  #api: AppMesh | undefined;

  /** `store`: where everything is kept, as the command has it, and what else it is told. Default: a folder of its own. */
  constructor(name = "pulumi-appmesh", store?: readonly string[]) {
    this.name = name;
    this.#store = store ?? ["--data", this.#data];
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error("start the control plane first");
    return this.#program;
  }

  get xds(): string {
    return `127.0.0.1:${this.#ports?.xds}`;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#ports?.api}`;
  }

  /** What a client needs to be let in. */
  get environment(): Record<string, string> {
    return {
      APPMESH_ACCESS_KEY_ID: this.#key.accessKeyId,
      APPMESH_SECRET_ACCESS_KEY: this.#key.secretAccessKey,
    };
  }

  get api(): AppMesh {
    if (this.#api === undefined) throw new Error("start the control plane first");
    return this.#api;
  }

  /** Starts it, or starts it again on the same ports and the same store. Resolves when its API answers. */
  async start(): Promise<void> {
    this.#ports ??= { api: await freePort(), xds: await freePort() };
    this.#api ??= new AppMesh({
      endpoint: this.endpoint,
      region: "us-east-1",
      key: this.#key,
      maxRetries: 0,
    });
    const addresses = ["--api", `127.0.0.1:${this.#ports.api}`, "--xds", this.xds];
    // App Mesh's own limits are far below the sizes that are measured.
    const settings = ["--limit", "none", ...this.#store];
    const program = new Program(this.name, appmesh, ["serve", ...addresses, ...settings], {
      // The inspector is opened later and by signal only, to have garbage collected; port 0 lets several run.
      env: { ...process.env, ...this.environment, NODE_OPTIONS: "--inspect-port=127.0.0.1:0" },
    });
    this.#program = program;
    for (let waited = 0; ; waited += 5) {
      try {
        for await (const _ of this.#api.list("mesh", [], undefined)) break;
        return;
      } catch (error) {
        if (!program.isRunning) throw program.ended();
        if (waited > 30_000) throw error;
        await sleep(5);
      }
    }
  }

  async apply(change: Change): Promise<void> {
    if ("weights" in change) await setWeights(this.api, change.weights);
    else await setHostname(this.api, change.hostname);
  }

  async collectGarbage(): Promise<void> {
    await collectGarbage(this.program);
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#program?.stop(signal);
  }

  /** Ends it for good. */
  async remove(): Promise<void> {
    this.#api?.close();
    await this.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }
}

/**
 * A port that nobody listens on now. The control plane must come back on the same one after a restart, so it is none
 * that the system gives to outgoing connections: a proxy that calls one of those in vain may reach itself, and hold it.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    try {
      await once(server.listen(port, "127.0.0.1"), "listening");
      server.close();
      await once(server, "close");
      return port;
    } catch (error) {
      if (attempt === 100) throw error;
    }
  }
}
