import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, ControlPlaneError } from "./errors.js";
import { backoff, type Call, type CallOptions, type Connection, type Sender, stopped } from "./http.js";
import type { TableMesh } from "./table-mesh.js";

/**
 * Carries out the operations in this process, on the table that control planes share, with the AWS credentials of whoever
 * runs it. What it needs for that is loaded with the first operation: nobody else waits for it.
 */
export class TableClient implements Sender {
  #mesh: Promise<TableMesh> | undefined;
  #closed = false;

  constructor(
    readonly connection: Connection,
    private readonly table: string,
  ) {}

  async send(call: Call, options: CallOptions = {}): Promise<unknown> {
    const { maxRetries } = this.connection;
    for (let attempt = 1; ; attempt++) {
      if (options.signal?.aborted) throw stopped(options.signal);
      try {
        const mesh = await this.#opened();
        return await mesh.carryOut(call);
      } catch (error) {
        if (!(error instanceof ControlPlaneError)) throw error;
        const passes = !(error instanceof ApiError) || error.status >= 500;
        if (!passes || attempt > maxRetries) throw error;
        options.onRetry?.(`${error.message}; trying again (${attempt} of ${maxRetries})`);
        await sleep(backoff(attempt), undefined, options.signal && { signal: options.signal }).catch(() => {
          throw stopped(options.signal);
        });
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#mesh?.then(
      (mesh) => mesh.close(),
      () => {},
    );
  }

  /** Opened once for all; again where that failed. */
  async #opened(): Promise<TableMesh> {
    if (this.#closed) throw new ControlPlaneError("the provider was configured anew");
    this.#mesh ??= import("./table-mesh.js").then(({ TableMesh }) =>
      TableMesh.open({ table: this.table, region: this.connection.region }),
    );
    try {
      return await this.#mesh;
    } catch (error) {
      this.#mesh = undefined;
      throw error;
    }
  }
}
