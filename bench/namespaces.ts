// What is measured inside network namespaces.
import { fileURLToPath } from "node:url";
import { asUser, type Namespace } from "@pulumi-appmesh/tests/support/namespaces.js";
import { Envoy } from "./envoy.js";
import type { Load, LoadOptions } from "./load.js";
import { Program } from "./processes.js";
import type { At } from "./static-envoys.js";

/** Starts an Envoy as a user of its own. Resolves when it listens there. */
export function envoyIn(
  space: Namespace,
  executable: string,
  uid: number,
  bootstrap: object,
  at: At,
): Promise<Envoy> {
  const [program, args] = space.inside(...asUser(uid));
  // This process asks it whether it is ready, and is outside.
  const admin = { address: { socket_address: { address: space.address, port_value: 0 } } };
  return Envoy.start(space.executable(executable), { ...bootstrap, admin }, `${at.address}:${at.port}`, {
    uid,
    command: [program, ...args],
  });
}

/** Sends requests from inside a namespace. */
export class Client {
  readonly #program: Program;

  constructor(space: Namespace) {
    const path = fileURLToPath(new URL("load-program.js", import.meta.url));
    const [program, args] = space.inside(process.execPath, path);
    this.#program = new Program("load", program, args);
  }

  async load(options: LoadOptions): Promise<Load> {
    this.#program.write(JSON.stringify(options));
    const answer: Load | { readonly error: string } = JSON.parse(await this.#program.line());
    if ("error" in answer) throw new Error(answer.error);
    return answer;
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}
