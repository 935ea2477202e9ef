import { statuses } from "@pulumi-appmesh/control-plane/api/errors.js";
import { IdentityError } from "@pulumi-appmesh/control-plane/identity/errors.js";
import { type Address, lineage } from "@pulumi-appmesh/control-plane/mesh/address.js";
import type { Caller } from "@pulumi-appmesh/control-plane/mesh/caller.js";
import { MeshError } from "@pulumi-appmesh/control-plane/mesh/errors.js";
import { decodeLimits, defaultLimits } from "@pulumi-appmesh/control-plane/mesh/limits.js";
import { MeshSettingsOperations } from "@pulumi-appmesh/control-plane/mesh/mesh-settings.js";
import { Operations } from "@pulumi-appmesh/control-plane/mesh/operations.js";
import { ServiceAccounts } from "@pulumi-appmesh/control-plane/mesh/service-accounts.js";
import { MeshState } from "@pulumi-appmesh/control-plane/mesh/state.js";
import { Tagging } from "@pulumi-appmesh/control-plane/mesh/tagging.js";
import { Transactions } from "@pulumi-appmesh/control-plane/mesh/transactions.js";
import type { TablePlace } from "@pulumi-appmesh/control-plane/store/dynamodb/calls.js";
import { type TableOwner, tableOwner } from "@pulumi-appmesh/control-plane/store/dynamodb/owner.js";
import { DynamoStore } from "@pulumi-appmesh/control-plane/store/dynamodb-store.js";
import { StoreUnavailable } from "@pulumi-appmesh/control-plane/store/store.js";
import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { ApiError, ControlPlaneError } from "./errors.js";
import type { Call } from "./http.js";
import type { TableIdentity } from "./table-identity.js";

/** How long each request of reading the table for the first time is tried. */
const OPEN_MILLISECONDS = 5_000;

/** The mesh itself, as control planes have it, on their table. */
export class TableMesh {
  readonly #caller: Caller;
  readonly #operations: Operations;
  readonly #tagging: Tagging;
  readonly #settings: MeshSettingsOperations;
  readonly #serviceAccounts: ServiceAccounts;
  readonly #owner: TableOwner;
  #identity: Promise<TableIdentity> | undefined;

  private constructor(
    private readonly store: DynamoStore,
    state: MeshState,
    owner: TableOwner,
  ) {
    const { region, limits } = owner;
    this.#owner = owner;
    const options = {
      state,
      transactions: new Transactions(store, state),
      limits: limits === undefined ? defaultLimits : decodeLimits(limits),
      // That of all that share the table, whatever the one of this machine says.
      now: () => store.now(),
    };
    this.#caller = { account: state.account, accessKeyId: undefined };
    this.#operations = new Operations({ ...options, region });
    this.#tagging = new Tagging(options);
    this.#settings = new MeshSettingsOperations(options);
    this.#serviceAccounts = new ServiceAccounts(options);
  }

  /** Throws ControlPlaneError where the table cannot be used. */
  static open(place: TablePlace): Promise<TableMesh> {
    return inWords(async () => {
      const store = await DynamoStore.open({ ...place, follow: false, openMilliseconds: OPEN_MILLISECONDS });
      try {
        const owner = await tableOwner(store.calls);
        if (owner === undefined) {
          throw new ControlPlaneError(
            `no control plane has used the DynamoDB table ${place.table} in ${place.region} yet, so that nobody knows for which ` +
              `account its ARNs are to be. Start one, by appmesh serve --table ${place.table}, or say it by appmesh table create ` +
              `--table ${place.table} --account ID.`,
          );
        }
        const state = await MeshState.open(store, owner.account);
        return new TableMesh(store, state, owner);
      } catch (error) {
        await store.close();
        throw error;
      }
    });
  }

  /** Answers as the API does, from the latest state of the table. */
  carryOut(call: Call): Promise<unknown> {
    return inWords(async () => {
      await this.store.refresh();
      // As over HTTP, nobody has a part of what the other side has.
      return clone(await this.#carryOut(call.operation, call.query ?? {}, clone(call.body)));
    });
  }

  close(): Promise<void> {
    return this.store.close();
  }

  async #carryOut(
    { name, kind = "mesh", names = [] }: Call["operation"],
    query: Readonly<Record<string, string>>,
    body: unknown,
  ): Promise<unknown> {
    const caller = this.#caller;
    const arn = query.resourceArn ?? "";
    const page = { limit: undefined, nextToken: query.nextToken };
    const meshOwner = query.meshOwner ?? caller.account;
    const address = (): Address => ({ kind, meshOwner, names });
    const parent = (): Address | undefined => {
      const above: Kind | undefined = entityTypes[kind].parent;
      return above && { kind: above, meshOwner, names: names.slice(0, lineage(above).length) };
    };
    switch (name) {
      case "create":
        return this.#operations.create(caller, kind, parent(), body);
      case "describe":
        return this.#operations.describe(caller, address());
      case "update":
        return this.#operations.update(caller, address(), body);
      case "delete":
        return this.#operations.delete(caller, address());
      case "list": {
        const { items, nextToken } = this.#operations.list(caller, kind, parent(), page);
        return { [entityTypes[kind].listMember]: items, ...(nextToken !== undefined && { nextToken }) };
      }
      case "tags":
        return this.#tagging.list(caller, arn, page);
      case "tag":
        await this.#tagging.tag(caller, arn, body);
        return {};
      case "untag":
        await this.#tagging.untag(caller, arn, body);
        return {};
      case "settings":
        return this.#settings.describe(caller, names[0] ?? "");
      case "settle":
        return this.#settings.update(caller, names[0] ?? "", body);
      case "serviceAccount":
        return this.#serviceAccounts.get(caller, names[0] ?? "", names[1] ?? "");
      case "putServiceAccount":
        return this.#serviceAccounts.put(caller, names[0] ?? "", names[1] ?? "", body);
      case "deleteServiceAccount":
        return this.#serviceAccounts.delete(caller, names[0] ?? "", names[1] ?? "");
      case "issueKey":
      case "keys":
      case "describeKey":
      case "revokeKey":
        return (await this.#opened()).ofKeys(name, names[0] ?? "", body);
      case "issueIdentity":
      case "identities":
      case "revokeIdentity":
        return (await this.#opened()).ofIdentities(name, caller, { meshOwner, names }, body);
    }
  }

  /** Loaded, and read from the table, when the first is asked for, which most programs never do. */
  #opened(): Promise<TableIdentity> {
    const options = { store: this.store, operations: this.#operations, owner: this.#owner };
    this.#identity ??= import("./table-identity.js")
      .then(({ TableIdentity }) => TableIdentity.open(options))
      .catch((error: unknown) => {
        this.#identity = undefined;
        throw error;
      });
    return this.#identity;
  }
}

const clone = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MeshError || error instanceof IdentityError)
      throw new ApiError(error.code, statuses[error.code], error.message);
    if (error instanceof StoreUnavailable) {
      throw new ControlPlaneError(
        `${error.message}. Check the provider's "table" and "region" (or APPMESH_TABLE and APPMESH_REGION). ` +
          "Then run the same command again: it continues where this one stopped.",
        { cause: error },
      );
    }
    throw error;
  }
}
