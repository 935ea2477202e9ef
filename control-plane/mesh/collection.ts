import type { Named } from "../translate/entities.js";
import { ownName } from "./address.js";
import type { Entity } from "./entity.js";

/** Entities of one kind below one parent, in the order of their ids (the names, unless said otherwise). */
export class Collection<E extends Entity = Entity> {
  readonly #byId = new Map<string, E>();
  /** Kept in order at each change, so that a page costs no more in a large collection than in a small one. */
  readonly #ids: string[] = [];
  #named: readonly Named<E["spec"]>[] | undefined;

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): E | undefined {
    return this.#byId.get(id);
  }

  put(id: string, entity: E): void {
    const before = this.#byId.get(id);
    if (!before) this.#ids.splice(this.#after(id), 0, id);
    if (before?.spec !== entity.spec) this.#named = undefined;
    this.#byId.set(id, entity);
  }

  remove(id: string): void {
    if (!this.#byId.delete(id)) return;
    this.#ids.splice(this.#after(id) - 1, 1);
    this.#named = undefined;
  }

  /** Each name with its spec. The same array as long as no spec of them changes. */
  named(): readonly Named<E["spec"]>[] {
    this.#named ??= [...this].map(({ address, spec }) => ({ name: ownName(address), spec }));
    return this.#named;
  }

  *[Symbol.iterator](): Iterator<E> {
    for (const id of this.#ids) yield this.#byId.get(id) as E;
  }

  /**
   * At most `limit` entities after an id, which need not exist any more, of those that `shows` lets through. What is
   * there all along comes up exactly once in a sequence of pages, whatever is created and deleted in between.
   */
  page(
    after: string | undefined,
    limit: number,
    shows: (entity: E) => boolean = () => true,
  ): { entities: E[]; last: string | undefined } {
    const entities: E[] = [];
    let last: string | undefined;
    for (let at = after === undefined ? 0 : this.#after(after); at < this.#ids.length; at++) {
      const id = this.#ids[at] as string;
      const entity = this.#byId.get(id) as E;
      if (!shows(entity)) continue;
      if (entities.length === limit) return { entities, last };
      entities.push(entity);
      last = id;
    }
    return { entities, last: undefined };
  }

  /** How many ids are at or before this one. */
  #after(id: string): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ids[middle] as string) <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
