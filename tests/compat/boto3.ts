import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { AccessKey, ControlPlane } from "../support/control-plane.js";
import { python } from "../support/tools.js";
import { camel } from "./names.js";

/** One Python process, which calls App Mesh by boto3 for as long as it is asked to. */
export class Boto3 {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  /** The operations that it has been asked for. */
  readonly called = new Set<string>();

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.pipe(process.stderr);
  }

  /** `key` is used in the place of the control plane's own. */
  static async start(controlPlane: Pick<ControlPlane, "env">, key?: AccessKey): Promise<Boto3> {
    const program = fileURLToPath(new URL("../../compat/appmesh.py", import.meta.url));
    const env = key && { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
    return new Boto3(
      spawn(await python(), [program], { env: { ...process.env, ...controlPlane.env, ...env } }),
    );
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into outputs of every kind.
  async ok(operation: string, input: object, paginator?: string): Promise<any> {
    const { output, error } = await this.#ask({ operation, input, paginator });
    assert.equal(error, undefined, `${operation}: ${JSON.stringify(error)}`);
    return output;
  }

  /** What came of a call that may fail: its output, or its error. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into outputs of every kind.
  async either(operation: string, input: object): Promise<[any, { code: string } | undefined]> {
    const { output, error } = await this.#ask({ operation, input });
    return [output, error];
  }

  async fails(operation: string, input: object): Promise<{ type: string; code: string }> {
    const { output, error } = await this.#ask({ operation, input });
    assert.equal(output, undefined, `${operation} did not fail: ${JSON.stringify(output)}`);
    return error;
  }

  /** What a failed test may have left behind must not fail the next one. */
  async deleteEverything(): Promise<void> {
    for (const { meshName } of (await this.ok("list_meshes", {})).meshes) {
      for (const kind of ["virtual_gateway", "virtual_service", "virtual_router", "virtual_node"]) {
        for (const child of Object.values(await this.ok(`list_${kind}s`, { meshName })).flat() as Record<
          string,
          string
        >[]) {
          const name = { meshName, [`${camel(kind)}Name`]: child[`${camel(kind)}Name`] };
          const below = { virtual_gateway: "gateway_route", virtual_router: "route" }[kind];
          if (below) {
            const routes = Object.values(await this.ok(`list_${below}s`, name)).flat() as Record<
              string,
              string
            >[];
            for (const route of routes) {
              const routeName = `${camel(below)}Name`;
              await this.ok(`delete_${below}`, { ...name, [routeName]: route[routeName] });
            }
          }
          await this.ok(`delete_${kind}`, name);
        }
      }
      await this.ok("delete_mesh", { meshName });
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    assert.deepEqual(await ended, [0, null]);
  }

  async #ask(asked: { operation: string; [member: string]: unknown }) {
    this.called.add(asked.operation);
    this.#child.stdin.write(`${JSON.stringify(asked)}\n`);
    const { done, value } = await this.#answers.next();
    assert.ok(!done, `boto3 ended while it was asked ${JSON.stringify(asked)}`);
    return JSON.parse(value);
  }
}
