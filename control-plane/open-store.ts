import type { Logger } from "pino";
import { type Endpoint, formatEndpoint, resolveHost } from "./endpoint.js";
import { encodeLimits, type Limits } from "./mesh/limits.js";
import type { Replicas } from "./store/dynamodb/replicas.js";
import type { DynamoStore } from "./store/dynamodb-store.js";
import { type Store, StoreUnavailable } from "./store/store.js";

/** Where a control plane keeps everything. */
export interface StorePlace {
  /** The folder of a store in one file; made where it does not exist. */
  readonly data: string;
  /** The DynamoDB table of a store that several control planes share. Default: the store is in `data`. */
  readonly table?: SharedTable | undefined;
}

export interface SharedTable {
  readonly name: string;
  /** URL of another endpoint than AWS's own. */
  readonly endpoint?: string | undefined;
  /** Where this replica hears of changes from the others, over UDP. Default: it only finds them by itself. */
  readonly notices?: Endpoint | undefined;
}

export interface OpenedStore {
  readonly store: Store;
  /** Whether it is one of several that share their store: then being without the store is nothing that it is replaced for. */
  readonly isShared: boolean;
  /** Why others' changes cannot be seen now. */
  trouble(): string | undefined;
  /** How many others are told of changes. */
  peers(): number;
  /** Where notices are heard. */
  readonly notices: Endpoint | undefined;
  /** Milliseconds since 1970, by the clock of all that share the store. */
  now(): number;
}

export interface OpenStoreOptions extends StorePlace {
  readonly region: string;
  readonly account: string;
  readonly limits: Limits;
  /** The host part of the SPIFFE ids of proxies. */
  readonly trustDomain: string;
  /** Whether there is an access key that the store does not have. */
  readonly hasOwnKey: boolean;
  readonly log: Logger;
}

/** How long a start waits for a table that does not answer, and after what time it says so. */
const OPEN_MILLISECONDS = 60_000;
const PATIENT_MILLISECONDS = 3_000;

/** Opens the store that the options name. Throws StoreUnavailable. `close` of the store ends all that came with it. */
export async function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  if (options.table !== undefined) return openTable(options.table, options);
  const { SqliteStore } = await import("./store/sqlite-store.js");
  const store = SqliteStore.open(options.data);
  return {
    store,
    isShared: false,
    trouble: () => undefined,
    peers: () => 0,
    notices: undefined,
    now: Date.now,
  };
}

async function openTable(
  { name: table, endpoint, notices }: SharedTable,
  { region, account, limits, trustDomain, hasOwnKey, log }: OpenStoreOptions,
): Promise<OpenedStore> {
  const [{ DynamoStore }, { claimTable }] = await Promise.all([
    import("./store/dynamodb-store.js"),
    import("./store/dynamodb/owner.js"),
  ]);
  const patience = setTimeout(
    () => log.warn({ table }, `waiting for the DynamoDB table ${table}, which does not answer`),
    PATIENT_MILLISECONDS,
  );
  const store = await DynamoStore.open({
    table,
    region,
    endpoint,
    openMilliseconds: OPEN_MILLISECONDS,
    onTrouble: (trouble) => {
      const { revision } = store;
      if (trouble) {
        log.error(
          { err: trouble, revision },
          `${trouble.message}; revision ${revision} is served, and no change is taken`,
        );
      } else log.info({ revision }, `the DynamoDB table ${table} can be followed again`);
    },
  }).finally(() => clearTimeout(patience));
  try {
    const owner = { account, region, limits: encodeLimits(limits), trustDomain, hasOwnKey };
    await claimTable(store.calls, owner);
    const replicas = notices && (await joined(store, notices));
    if (replicas) store.onCommitted = (revision) => replicas.tell(revision);
    const heardAt = replicas?.address;
    if (heardAt)
      log.info({ notices: formatEndpoint({ host: heardAt.address, port: heardAt.port }) }, "hears replicas");
    return {
      store: closing(store, async () => replicas?.close()),
      isShared: true,
      trouble: () => store.trouble?.message,
      peers: () => replicas?.peers ?? 0,
      notices: heardAt && { host: heardAt.address, port: heardAt.port },
      now: () => store.now(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function joined(store: DynamoStore, notices: Endpoint): Promise<Replicas> {
  const { Replicas } = await import("./store/dynamodb/replicas.js");
  try {
    return await Replicas.join(store.calls, {
      address: (await resolveHost(notices.host)).address,
      port: notices.port,
      onNotice: (revision) => store.hint(revision),
    });
  } catch (error) {
    throw new StoreUnavailable(
      `notices of other control planes cannot be heard on ${formatEndpoint(notices)}: ${(error as Error).message}. ` +
        "Give another address of this machine, or port 0 for any free one, by --notices",
      { cause: error },
    );
  }
}

/** The same store, that ends something else before itself. */
const closing = (store: Store, before: () => Promise<void>): Store => ({
  load: () => store.load(),
  commit: (expected, writes) => store.commit(expected, writes),
  subscribe: (listener) => store.subscribe(listener),
  checkWritable: () => store.checkWritable(),
  close: async () => {
    try {
      await before();
    } finally {
      await store.close();
    }
  },
});
