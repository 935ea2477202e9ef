import { once } from "node:events";
import type { Program } from "./processes.js";

/** Has a Node program collect its garbage, through its inspector, which SIGUSR1 opens. */
export async function collectGarbage(program: Program): Promise<void> {
  const session = await Inspector.open(program);
  await session.call("HeapProfiler.collectGarbage");
  session.close();
}

/** What the objects of a Node program take, in KiB, after its garbage was collected. */
export async function collectedHeapKiB(program: Program): Promise<number> {
  const session = await Inspector.open(program);
  await session.call("HeapProfiler.collectGarbage");
  const { usedSize } = await session.call<{ usedSize: number }>("Runtime.getHeapUsage");
  session.close();
  return usedSize / 1024;
}

const addresses = new WeakMap<Program, Promise<string>>();

/** A connection to the inspector of a running Node program. */
export class Inspector {
  readonly #socket: WebSocket;
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(program: Program): Promise<Inspector> {
    let address = addresses.get(program);
    if (address === undefined) {
      address = program.errorLine(/^Debugger listening on (ws:\S+)$/m);
      addresses.set(program, address);
      process.kill(program.pid, "SIGUSR1");
    }
    const socket = new WebSocket(await address);
    await once(socket, "open");
    return new Inspector(socket);
  }

  call<T = unknown>(method: string, params: object = {}): Promise<T> {
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      const answered = ({ data }: MessageEvent) => {
        const message = JSON.parse(data);
        if (message.id !== id) return;
        this.#socket.removeEventListener("message", answered);
        if (message.error) reject(new Error(`${method}: ${message.error.message}`));
        else resolve(message.result);
      };
      this.#socket.addEventListener("message", answered);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}
