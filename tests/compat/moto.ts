import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { python } from "../support/tools.js";

export interface Moto {
  /** URL, without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** moto's server, which stands in for AWS's services: App Mesh among them, as far as moto has it. */
export async function startMoto(): Promise<Moto> {
  const child = spawn(await python(), ["-m", "moto.server", "--host", "127.0.0.1", "--port", "0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  process.once("exit", () => child.kill("SIGKILL"));
  // A test that fails before it stops the server must not keep this process from its end.
  child.unref();
  (child.stderr as Socket).unref();
  let text = "";
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      text += `${line}\n`;
      const running = /Running on (http:\S+)/.exec(line);
      if (running?.[1]) resolve(running[1]);
    });
    child.once("exit", (code) => reject(new Error(`moto's server ended with ${code}:\n${text}`)));
  });
  return { url, stop };
}
