import { required, structure, TagKeyList, TagList, validate } from "@pulumi-appmesh/model";
import { meshOf, parseArn } from "./address.js";
import type { Caller } from "./caller.js";
import { snapshot } from "./change.js";
import { type Entity, encodeEntity, type Tag } from "./entity.js";
import { MeshError } from "./errors.js";
import { defaultLimits, type Limits } from "./limits.js";
import { checkLimit, lastOfPage, type PageRequest, pageToken, TAGS_A_PAGE } from "./pages.js";
import { checkMayUpdate, sees } from "./rules/access.js";
import { asObject, refuse } from "./rules/input.js";
import { checkTagCount, checkTagKeys, withTags } from "./rules/tags.js";
import type { MeshState } from "./state.js";
import type { Transactions } from "./transactions.js";

export interface TaggingOptions {
  readonly state: MeshState;
  readonly transactions: Transactions;
  /** Default: App Mesh's own. */
  readonly limits?: Limits;
}

/** The operations on the tags of an entity, which they find by its ARN. Tags do not count as a version of it. */
export class Tagging {
  readonly #state: MeshState;
  readonly #transactions: Transactions;

  readonly #limits: Limits;

  constructor({ state, transactions, limits = defaultLimits }: TaggingOptions) {
    this.#state = state;
    this.#transactions = transactions;
    this.#limits = limits;
  }

  /** In the order of their keys. */
  list(
    caller: Caller,
    arn: string,
    { limit, nextToken }: PageRequest,
  ): { tags: readonly Tag[]; nextToken: string | undefined } {
    const most = checkLimit(limit, TAGS_A_PAGE);
    const after = lastOfPage(arn, nextToken);
    const sorted = this.#find(caller, "list the tags of", arn).tags.toSorted((a, b) =>
      a.key < b.key ? -1 : 1,
    );
    const rest = after === undefined ? sorted : sorted.filter(({ key }) => key > after);
    const tags = rest.slice(0, most);
    return { tags, nextToken: pageToken(arn, rest.length > most ? tags.at(-1)?.key : undefined) };
  }

  tag(caller: Caller, arn: string, body: unknown): Promise<void> {
    return this.#change(caller, "TagResource", arn, (entity) => {
      const input = asObject(body);
      checkTagCount(this.#limits, Array.isArray(input.tags) ? input.tags.length : 0);
      refuse(validate(structure("TagResourceInput", "", { tags: required(TagList, "") }), input));
      const added = input.tags as TagList;
      refuse(checkTagKeys(added));
      return withTags(this.#limits, entity.tags, added);
    });
  }

  untag(caller: Caller, arn: string, body: unknown): Promise<void> {
    return this.#change(caller, "UntagResource", arn, (entity) => {
      const input = asObject(body);
      refuse(validate(structure("UntagResourceInput", "", { tagKeys: required(TagKeyList, "") }), input));
      const removed = new Set(input.tagKeys as TagKeyList);
      return entity.tags.filter(({ key }) => !removed.has(key));
    });
  }

  #change(
    caller: Caller,
    operation: string,
    arn: string,
    decide: (entity: Entity) => readonly Tag[],
  ): Promise<void> {
    return this.#transactions.run(caller, () => {
      const entity = this.#find(caller, operation === "TagResource" ? "tag" : "untag", arn);
      const after = { ...entity, tags: decide(entity) };
      return {
        writes: [encodeEntity(after)],
        result: undefined,
        change: { operation, address: entity.address, before: snapshot(entity), after: snapshot(after) },
      };
    });
  }

  /** Tags are those of the account that created the entity: another one, which shares the mesh, does not see them. */
  #find(caller: Caller, verb: string, arn: string): Entity {
    const address = parseArn(arn);
    const entity =
      address && sees(this.#state, caller, meshOf(address)) ? this.#state.get(address) : undefined;
    if (entity?.metadata.arn === arn) {
      checkMayUpdate(caller, entity, verb);
      return entity;
    }
    throw new MeshError("NotFoundException", `there is no resource with the ARN ${arn}`);
  }
}
