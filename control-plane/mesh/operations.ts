import { randomUUID } from "node:crypto";
import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { type Address, addressKey, arnOf } from "./address.js";
import type { Caller } from "./caller.js";
import { snapshot } from "./change.js";
import { type Description, description, type Reference, reference } from "./description.js";
import { type Entity, encodeEntity } from "./entity.js";
import { MeshError } from "./errors.js";
import { checkLimit, ENTITIES_A_PAGE, lastOfPage, type PageRequest, pageToken } from "./pages.js";
import { checkUnused } from "./rules/in-use.js";
import { createInput, updateInput } from "./rules/input.js";
import { existing } from "./rules/not-found.js";
import { checkReferences } from "./rules/references.js";
import { callOf, isRepeated } from "./rules/repeated-calls.js";
import { checkRoutePorts } from "./rules/route-ports.js";
import { collectionKey, type MeshState } from "./state.js";
import type { Decision, Transactions } from "./transactions.js";

export interface OperationsOptions {
  readonly state: MeshState;
  readonly transactions: Transactions;
  /** For ARNs. */
  readonly region: string;
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
  readonly #now: () => number;
  readonly #newUid: () => string;

  constructor({ state, transactions, region, now = Date.now, newUid = randomUUID }: OperationsOptions) {
    this.#state = state;
    this.#transactions = transactions;
    this.#region = region;
    this.#now = now;
    this.#newUid = newUid;
  }

  /** `parent` is what the entity is to live in; a mesh lives in none, and belongs to the caller's account. */
  create(caller: Caller, kind: Kind, parent: Address | undefined, body: unknown): Promise<Description> {
    return this.#transactions.run(caller, () => {
      const { name, spec, tags, clientToken } = createInput(kind, body);
      if (parent) existing(this.#state, parent);
      const address: Address = {
        kind,
        meshOwner: parent?.meshOwner ?? caller.account,
        names: [...(parent?.names ?? []), name],
      };
      const call = callOf(clientToken, { spec, tags });
      const same = this.#state.get(address);
      if (same && isRepeated(call, same.calls.create, same)) return { writes: [], result: description(same) };
      if (same) throw alreadyExists(same);
      checkReferences(this.#state, address, spec);
      checkRoutePorts(this.#state, address, spec);
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
        calls: call ? { create: call } : {},
      });
    });
  }

  describe(_caller: Caller, address: Address): Description {
    return description(existing(this.#state, address));
  }

  update(caller: Caller, address: Address, body: unknown): Promise<Description> {
    return this.#transactions.run(caller, () => {
      const { spec, clientToken } = updateInput(address.kind, body);
      const entity = existing(this.#state, address);
      const call = callOf(clientToken, { spec });
      if (isRepeated(call, entity.calls.update, entity)) return { writes: [], result: description(entity) };
      checkReferences(this.#state, address, spec);
      checkRoutePorts(this.#state, address, spec);
      const { create } = entity.calls;
      return stored("Update", entity, {
        ...entity,
        metadata: {
          ...entity.metadata,
          lastUpdatedAt: this.#seconds(),
          version: entity.metadata.version + 1,
        },
        spec,
        calls: { ...(create && { create }), ...(call && { update: call }) },
      });
    });
  }

  /** Gives the entity as it was, with the time of its end. */
  delete(caller: Caller, address: Address): Promise<Description> {
    return this.#transactions.run(caller, () => {
      const entity = existing(this.#state, address);
      checkUnused(this.#state, address);
      const metadata = { ...entity.metadata, lastUpdatedAt: this.#seconds() };
      return {
        writes: [{ key: addressKey(address), value: undefined }],
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

  list(
    _caller: Caller,
    kind: Kind,
    parent: Address | undefined,
    { limit, nextToken }: PageRequest,
  ): ListOutput {
    const most = checkLimit(limit, ENTITIES_A_PAGE);
    if (parent) existing(this.#state, parent);
    const key = collectionKey(parent, kind);
    const page = this.#state.children(parent, kind).page(lastOfPage(key, nextToken), most);
    return { items: page.entities.map(reference), nextToken: pageToken(key, page.last) };
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
