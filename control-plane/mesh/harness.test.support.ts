/** A mesh on a real store, whose clock and ids are known: what it gives can be compared whole. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kind } from "@pulumi-appmesh/model";
import { SqliteStore } from "../store/sqlite-store.js";
import type { Store } from "../store/store.js";
import type { Address } from "./address.js";
import type { Caller } from "./caller.js";
import type { CommittedChange } from "./change.js";
import { type ErrorCode, MeshError } from "./errors.js";
import type { Limits } from "./limits.js";
import { MeshSettingsOperations } from "./mesh-settings.js";
import { Operations } from "./operations.js";
import { Sharing } from "./sharing.js";
import { MeshState } from "./state.js";
import { Tagging } from "./tagging.js";
import { Transactions } from "./transactions.js";

export const ACCOUNT = "123456789012";
export const REGION = "eu-central-1";

/** Who calls, in tests, if nothing else is said: the control plane's own account. */
export const own: Caller = { account: ACCOUNT, accessKeyId: undefined };

/** Another account, with which a mesh may be shared. */
export const OTHER = "999999999999";
export const other: Caller = { account: OTHER, accessKeyId: undefined };

/** Expects a call to fail, with this error to the letter. */
export const fails = (call: () => unknown, code: ErrorCode, message: string): Promise<void> =>
  assert.rejects(
    async () => call(),
    (error) => {
      assert.ok(error instanceof MeshError, String(error));
      assert.deepEqual({ code: error.code, message: error.message }, { code, message });
      return true;
    },
  );

export interface Harness {
  readonly store: Store;
  readonly state: MeshState;
  readonly transactions: Transactions;
  readonly operations: Operations;
  readonly tagging: Tagging;
  readonly sharing: Sharing;
  readonly settings: MeshSettingsOperations;
  /** What has been told of changes, in order. */
  readonly changes: CommittedChange[];
  /** Makes a mesh, and whatever else is given, in order: `["route", ["shop", "catalog", "all"], spec]`. */
  build(
    ...entities: (readonly [kind: Kind, names: readonly string[], spec?: object, more?: object])[]
  ): Promise<void>;
  close(): Promise<void>;
}

export const at = <K extends Kind>(kind: K, ...names: string[]): Address<K> => ({
  kind,
  meshOwner: ACCOUNT,
  names,
});

export async function meshHarness(limits?: Limits): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), "appmesh-mesh-"));
  const store = SqliteStore.open(folder);
  const harness = await meshOn(store, limits);
  return {
    ...harness,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Another mesh on the same store, as another process would have it. */
export async function meshOn(store: Store, limits?: Limits): Promise<Omit<Harness, "close">> {
  const state = await MeshState.open(store, ACCOUNT);
  const changes: CommittedChange[] = [];
  const transactions = new Transactions(store, state, (change) => changes.push(change));
  let ticks = 0;
  let uids = 0;
  const now = () => 1_700_000_000_000 + 250 * ++ticks;
  const options = { state, transactions, now, ...(limits && { limits }) };
  const operations = new Operations({
    ...options,
    region: REGION,
    newUid: () => `uid-${++uids}`,
  });
  return {
    store,
    state,
    transactions,
    operations,
    tagging: new Tagging(options),
    sharing: new Sharing(options),
    settings: new MeshSettingsOperations(options),
    changes,
    build: async (...entities) => {
      for (const [kind, names, spec, more] of entities) {
        const parentKinds = { route: "virtualRouter", gatewayRoute: "virtualGateway" } as const;
        const parentKind = kind === "route" || kind === "gatewayRoute" ? parentKinds[kind] : "mesh";
        const parent = kind === "mesh" ? undefined : at(parentKind, ...names.slice(0, -1));
        const body = { [`${kind}Name`]: names.at(-1), ...(spec && { spec }), ...more };
        await operations.create(own, kind, parent, body);
      }
    },
  };
}

export const httpListener = (port = 8080) => ({ portMapping: { port, protocol: "http" } });
export const httpRoute = (...virtualNodes: string[]) => ({
  httpRoute: {
    match: { prefix: "/" },
    action: { weightedTargets: virtualNodes.map((virtualNode) => ({ virtualNode, weight: 1 })) },
  },
});
export const toRouter = (virtualRouterName: string) => ({
  provider: { virtualRouter: { virtualRouterName } },
});
export const toNode = (virtualNodeName: string) => ({ provider: { virtualNode: { virtualNodeName } } });
export const gatewayRoute = (virtualServiceName: string) => ({
  httpRoute: { match: { prefix: "/" }, action: { target: { virtualService: { virtualServiceName } } } },
});
