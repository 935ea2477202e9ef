import { randomUUID } from "node:crypto";
import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import type { Write } from "../store/store.js";
import { type Address, addressKey, arnOf } from "./address.js";
import type { Caller } from "./caller.js";
import { snapshot } from "./change.js";
import { type Description, description, type Reference, reference } from "./description.js";
import { type Entity, encodeEntity } from "./entity.js";
import { MeshError } from "./errors.js";
import { defaultLimits, type Limits } from "./limits.js";
import { checkLimit, ENTITIES_A_PAGE, lastOfPage, type PageRequest, pageToken } from "./pages.js";
import { checkMayCreate, checkMayDelete, checkMayUpdate, knows, visible } from "./rules/access.js";
import { checkUnused } from "./rules/in-use.js";
import { createInput, updateInput } from "./rules/input.js";
import { checkBackends, checkCount } from "./rules/limits.js";
import { checkVersion, type Precondition } from "./rules/precondition.js";
import { checkReferences } from "./rules/references.js";
import { callOf, isRepeated, withCall } from "./rules/repeated-calls.js";
import { checkRoutePorts } from "./rules/route-ports.js";
import { checkTagCount } from "./rules/tags.js";
import { encodeServiceAccounts, NO_SERVICE_ACCOUNTS } from "./service-accounts.js";
import { DEFAULT_SETTINGS, encodeSettings } from "./settings.js";
import { encodeShares, NO_SHARES } from "./shares.js";
import { collectionKey, type MeshState } from "./state.js";
import type { Decision, Transactions } from "./transactions.js";

export interface OperationsOptions {
  readonly state: MeshState;
  readonly transactions: Transactions;
  /** For ARNs. */
  readonly region: string;
  /** Default: App Mesh's own. */
  readonly limits?: Limits;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly newUid?: () => string;
}

export interface ListOutput {
  readonly items: readonly Reference[];
  readonly nextToken: string | undefined;
}

/** The operations of the App Mesh API, the same for all seven kinds of entity. They throw MeshError. */
export class Operations {
  readonly #state: MeshState;
  readonly #transactions: Transactions;
  readonly #region: string;
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #newUid: () => string;

  constructor(options: OperationsOptions) {
    const {
      state,
      transactions,
      region,
      limits = defaultLimits,
      now = Date.now,
      newUid = randomUUID,
    } = options;
    this.#state = state;
    this.#transactions = transactions;
    this.#region = region;
    this.#limits = limits;
    this.#now = now;
    this.#newUid = newUid;
  }

  /** `parent` is what the entity is to live in; a mesh lives in none, and belongs to the caller's account. */
  create(caller: Caller, kind: Kind, parent: Address | undefined, body: unknown): Promise<Description> {
    return this.#transactions.run(caller, () => {
      const { name, spec, tags, clientToken } = createInput(kind, body);
      if (parent) visible(this.#state, caller, parent);
      const address: Address = {
        kind,
        meshOwner: parent?.meshOwner ?? caller.account,
        names: [...(parent?.names ?? []), name],
      };
      checkMayCreate(this.#state, caller, address);
      const call = callOf(clientToken, { account: caller.account, spec, tags });
      const same = this.#state.get(address);
      if (same && isRepeated(call, same.calls.create, same)) return { writes: [], result: description(same) };
      if (same) throw alreadyExists(same);
      checkReferences(this.#state, address, spec);
      checkRoutePorts(this.#state, address, spec);
      checkCount(this.#state, this.#limits, address);
      checkBackends(this.#limits, address, spec);
      checkTagCount(this.#limits, tags.length, "LimitExceededException");
      const now = this.#seconds();
      return stored("Create", undefined, {
        address,
        metadata: {
          arn: arnOf(address, this.#region),
          createdAt: now,
          lastUpdatedAt: now,
          meshOwner: address.meshOwner,
          resourceOwner: caller.account,
          uid: this.#newUid(),
          version: 1,
        },
        spec,
        tags,
        calls: { create: call ? [call] : [], update: [] },
      });
    });
  }

  describe(caller: Caller, address: Address): Description {
    return description(visible(this.#state, caller, address));
  }

  update(
    caller: Caller,
    address: Address,
    body: unknown,
    precondition: Precondition = {},
  ): Promise<Description> {
    return this.#transactions.run(caller, () => {
      const { spec, clientToken } = updateInput(address.kind, body);
      const entity = visible(this.#state, caller, address);
      checkMayUpdate(caller, entity);
      const call = callOf(clientToken, { spec });
      // A repetition is answered before its precondition is looked at: the first one has changed the version.
      if (isRepeated(call, entity.calls.update, entity)) return { writes: [], result: description(entity) };
      checkVersion(entity, precondition);
      checkReferences(this.#state, address, spec);
      checkRoutePorts(this.#state, address, spec);
      checkBackends(this.#limits, address, spec, entity.spec);
      return stored("Update", entity, {
        ...entity,
        metadata: {
          ...entity.metadata,
          lastUpdatedAt: this.#seconds(),
          version: entity.metadata.version + 1,
        },
        spec,
        calls: { ...entity.calls, update: withCall(entity.calls.update, call) },
      });
    });
  }

  /** Gives the entity as it was, with the time of its end. */
  delete(caller: Caller, address: Address, precondition: Precondition = {}): Promise<Description> {
    return this.#transactions.run(caller, () => {
      const entity = visible(this.#state, caller, address);
      checkMayDelete(caller, entity);
      checkVersion(entity, precondition);
      checkUnused(this.#state, address);
      const metadata = { ...entity.metadata, lastUpdatedAt: this.#seconds() };
      return {
        writes: [{ key: addressKey(address), value: undefined }, ...this.#besides(address)],
        result: description({ ...entity, metadata }, "DELETED"),
        change: {
          operation: `Delete${entityTypes[address.kind].title}`,
          address,
          before: snapshot(entity),
          after: undefined,
        },
      };
    });
  }

  /** Without a parent: the meshes that the caller may see, its own and those that are shared with it. */
  list(
    caller: Caller,
    kind: Kind,
    parent: Address | undefined,
    { limit, nextToken }: PageRequest,
  ): ListOutput {
    const most = checkLimit(limit, ENTITIES_A_PAGE);
    if (parent) visible(this.#state, caller, parent);
    const key = collectionKey(parent, kind);
    const after = lastOfPage(key, nextToken);
    const page = parent
      ? this.#state.children(parent, kind).page(after, most)
      : this.#state.meshes(caller.account).page(after, most, ({ address }) => knows(caller, address));
    return { items: page.entities.map(reference), nextToken: pageToken(key, page.last) };
  }

  /** What stands beside a mesh goes with it: another mesh of that name is shared with nobody, and as App Mesh had it. */
  #besides(address: Address): Write[] {
    if (address.kind !== "mesh") return [];
    const mesh = address as Address<"mesh">;
    return [
      ...(Object.keys(this.#state.shares(mesh)).length > 0 ? [encodeShares(mesh, NO_SHARES)] : []),
      ...(this.#state.settings(mesh) === DEFAULT_SETTINGS ? [] : [encodeSettings(mesh, undefined)]),
      ...(this.#state.serviceAccounts(mesh) === NO_SERVICE_ACCOUNTS
        ? []
        : [encodeServiceAccounts(mesh, NO_SERVICE_ACCOUNTS)]),
    ];
  }

  #seconds(): number {
    return this.#now() / 1000;
  }
}

const stored = (verb: string, before: Entity | undefined, after: Entity): Decision<Description> => ({
  writes: [encodeEntity(after)],
  result: description(after),
  change: {
    operation: `${verb}${entityTypes[after.address.kind].title}`,
    address: after.address,
    before: before && snapshot(before),
    after: snapshot(after),
  },
});

function alreadyExists({ address, metadata }: Entity): MeshError {
  const { title } = entityTypes[address.kind];
  return new MeshError(
    "ConflictException",
    `${title} with name ${address.names.at(-1)} already exists: ${metadata.arn}. Update it, delete it first, or take another name`,
  );
}
