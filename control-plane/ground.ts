import type { Logger } from "pino";
import { Audit } from "./api/audit.js";
import { AuditFile, auditInLog } from "./api/audit-file.js";
import { auditedStore } from "./audited-store.js";
import type { Closers } from "./closers.js";
import { formatEndpoint } from "./endpoint.js";
import { AccessKeys, type AccessKeysOptions } from "./identity/access-keys.js";
import { IdentityError } from "./identity/errors.js";
import { type CheckedAddresses, checkedAddresses, StartError } from "./listening.js";
import { defaultLimits, type Limits } from "./mesh/limits.js";
import { MeshState } from "./mesh/state.js";
import { Transactions } from "./mesh/transactions.js";
import { measuredStore } from "./metrics/measured-store.js";
import { Metrics } from "./metrics/metrics.js";
import { type OpenedStore, openStore } from "./open-store.js";
import { lastKnown, StoreReadiness } from "./readiness.js";
import type { ServeOptions } from "./serve-options.js";
import type { Store } from "./store/store.js";
import { UnreadableRecord, UnreadableRecords } from "./store/unreadable-records.js";

/** What all that a control plane serves stands on: its store, the mesh in it, and what is told of them. */
export interface Ground {
  readonly options: ServeOptions;
  readonly limits: Limits;
  readonly trustDomain: string;
  readonly addresses: CheckedAddresses;
  readonly shared: OpenedStore;
  readonly store: Store;
  readonly state: MeshState;
  readonly transactions: Transactions;
  readonly accessKeys: AccessKeys;
  readonly audit: Audit;
  readonly metrics: Metrics;
  readonly readiness: StoreReadiness;
  /** What of the store cannot be read, and is left out of all the above. */
  readonly unreadable: UnreadableRecords;
  /** Milliseconds since 1970, by the clock of all that share the store. */
  readonly now: () => number;
  /** Looks anew at the files that are written to. */
  reload(): void;
}

/** Throws StartError where the control plane must not start so, or cannot. */
export async function openGround(options: ServeOptions, closers: Closers): Promise<Ground> {
  const { region, account, accessKey, log, limits = defaultLimits } = options;
  const { trustDomain = TRUST_DOMAIN } = options.proxies ?? {};
  const addresses = await checkedAddresses(options);
  const metrics = new Metrics({ ofProcess: true });
  const hasOwnKey = accessKey !== undefined;
  const shared = await openStore({ ...options, limits, trustDomain, hasOwnKey });
  const now = () => shared.now();
  const opened = measuredStore(shared.store, metrics);
  closers.add(() => opened.close());
  const auditFile = options.audit === undefined ? undefined : openedAudit(options.audit, log);
  closers.add(() => auditFile?.close());
  const sink = auditFile ?? auditInLog(log);
  const audit = new Audit({ sink, region, account, now });
  const store = auditedStore(opened, sink);
  const unreadable = new UnreadableRecords((news) => {
    if (news instanceof UnreadableRecord) log.error({ ...news.record }, news.message);
    else
      log.info(
        { key: news.readable },
        `the record ${news.readable} of the store can be read again, or is gone`,
      );
  });
  const accessKeys = await keysOf(store, { account, initial: accessKey, unreadable, now });
  checkedOpen(options, addresses, accessKeys);
  const state = await MeshState.open(store, account, unreadable);
  const transactions = new Transactions(store, state, (change) => audit.changed(change));
  const readiness = new StoreReadiness(shared.isShared ? auditedStore(lastKnown(opened), sink) : store, log);
  const reload = () => auditFile?.reopen();
  return {
    ...{ options, limits, trustDomain, addresses, shared, store, state, transactions, accessKeys },
    ...{ audit, metrics, readiness, unreadable, now, reload },
  };
}

const TRUST_DOMAIN = "appmesh.local";

/** Whoever sees a signed request can try out secrets on it, as many a second as they have machines for. */
const SHORTEST_SECRET = 20;

function checkedOpen(options: ServeOptions, addresses: CheckedAddresses, accessKeys: AccessKeys): void {
  const { accessKey } = options;
  if (!addresses.api.isLoopback && !accessKeys.required) {
    throw new StartError(
      `the API at ${formatEndpoint(options.api)} would be open to whoever reaches that address. Give an access key in ` +
        "APPMESH_ACCESS_KEY_ID and APPMESH_SECRET_ACCESS_KEY, or make one by appmesh keys create " +
        `${options.table ? `--table ${options.table.name}` : `--data ${options.data}`}, or keep it on this machine by --api 127.0.0.1:7070`,
    );
  }
  if (!addresses.api.isLoopback && accessKey && accessKey.secretAccessKey.length < SHORTEST_SECRET) {
    throw new StartError(
      `APPMESH_SECRET_ACCESS_KEY has ${accessKey.secretAccessKey.length} characters. For an address that others reach, ` +
        `give at least ${SHORTEST_SECRET} random ones, or a key that appmesh keys create makes`,
    );
  }
}

async function keysOf(store: Store, options: AccessKeysOptions): Promise<AccessKeys> {
  try {
    return await AccessKeys.open(store, options);
  } catch (error) {
    throw error instanceof IdentityError ? new StartError(error.message, { cause: error }) : error;
  }
}

function openedAudit(file: string, log: Logger): AuditFile {
  try {
    return new AuditFile(file, log);
  } catch (error) {
    throw new StartError(
      `the audit file ${file} cannot be written: ${(error as Error).message}. Give another one, by --audit FILE`,
      { cause: error },
    );
  }
}
