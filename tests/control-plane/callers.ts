// Calls of the App Mesh API by boto3, as whoever they are told to be.
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { AccessKey, ControlPlane } from "../support/control-plane.js";
import { python } from "../support/tools.js";

/** The key that control planes are started with. */
export const first: AccessKey = {
  accessKeyId: "AKIDFIRST",
  secretAccessKey: "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY",
};

export interface Asked {
  readonly key?: AccessKey;
  readonly operation: string;
  readonly input?: object;
  readonly clock?: number;
  readonly alter?: "body" | "path" | "query";
}

/** The authority of a control plane that made one for itself. */
export const caOf = (controlPlane: ControlPlane): string | undefined =>
  /^tls ca=(.*)$/m.exec(controlPlane.log())?.[1];

/** One Python process that calls App Mesh by boto3, as whoever it is told to be. */
export class Boto3 {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async start(): Promise<Boto3> {
    const program = fileURLToPath(new URL("../../control-plane/callers.py", import.meta.url));
    const child = spawn(await python(), [program], {
      env: {
        ...process.env,
        AWS_CONFIG_FILE: "/dev/null",
        AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
        AWS_EC2_METADATA_DISABLED: "true",
      },
    });
    return new Boto3(child);
  }

  async call({
    key,
    ...asked
  }: Asked & { readonly endpoint: string; readonly ca?: string | undefined }): Promise<object> {
    const line = { ...asked, key: key ? [key.accessKeyId, key.secretAccessKey] : null };
    this.#child.stdin.write(`${JSON.stringify(line)}\n`);
    const { done, value } = await this.#answers.next();
    assert.ok(!done, `boto3 ended while it was asked ${JSON.stringify(asked)}`);
    return JSON.parse(value);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    assert.deepEqual(await ended, [0, null]);
  }
}
