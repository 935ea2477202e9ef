import { required, structure, TagKeyList, TagList, validate } from "@pulumi-appmesh/model";
import { parsePath } from "./address.js";
import type { Caller } from "./caller.js";
import { snapshot } from "./change.js";
import { type Entity, encodeEntity, type Tag } from "./entity.js";
import { MeshError } from "./errors.js";
import { checkLimit, lastOfPage, type PageRequest, pageToken, TAGS_A_PAGE } from "./pages.js";
import { asObject, refuse } from "./rules/input.js";
import { checkTagKeys, withTags } from "./rules/tags.js";
import type { MeshState } from "./state.js";
import type { Transactions } from "./transactions.js";

/** The operations on the tags of an entity, which they find by its ARN. Tags do not count as a version of it. */
export class Tagging {
  readonly #state: MeshState;
  readonly #transactions: Transactions;

  constructor({ state, transactions }: { state: MeshState; transactions: Transactions }) {
    this.#state = state;
    this.#transactions = transactions;
  }

  /** In the order of their keys. */
  list(
    _caller: Caller,
    arn: string,
    { limit, nextToken }: PageRequest,
  ): { tags: readonly Tag[]; nextToken: string | undefined } {
    const most = checkLimit(limit, TAGS_A_PAGE);
    const after = lastOfPage(arn, nextToken);
    const sorted = this.#find(arn).tags.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const rest = after === undefined ? sorted : sorted.filter(({ key }) => key > after);
    const tags = rest.slice(0, most);
    return { tags, nextToken: pageToken(arn, rest.length > most ? tags.at(-1)?.key : undefined) };
  }

  tag(caller: Caller, arn: string, body: unknown): Promise<void> {
    return this.#change(caller, "TagResource", arn, (entity) => {
      const input = asObject(body);
      refuse(validate(structure("TagResourceInput", "", { tags: required(TagList, "") }), input));
      const added = input.tags as TagList;
      refuse(checkTagKeys(added));
      return withTags(entity.tags, added);
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
      const entity = this.#find(arn);
      const after = { ...entity, tags: decide(entity) };
      return {
        writes: [encodeEntity(after)],
        result: undefined,
        change: { operation, address: entity.address, before: snapshot(entity), after: snapshot(after) },
      };
    });
  }

  #find(arn: string): Entity {
    const [, , , , account = "", ...path] = arn.split(":");
    const address = parsePath(account, path.join(":"));
    const entity = address && this.#state.get(address);
    if (entity?.metadata.arn === arn) return entity;
    throw new MeshError("NotFoundException", `there is no resource with the ARN ${arn}`);
  }
}
