import type { Kind } from "@pulumi-appmesh/model";
import { type Address, addressKey, childOf, meshOf } from "./address.js";
import type { Entity } from "./entity.js";
import { references } from "./references.js";

/**
 * Who refers to whom, noted as entities come, change and go: whether one may be deleted costs no more to say in a large mesh
 * than in a small one.
 */
export class Referrers {
  /** By the key of what is referred to, which need not be there, and by their own keys. */
  readonly #of = new Map<string, Map<string, Address>>();

  /** An entity has come, changed or gone. */
  change(before: Entity | undefined, after: Entity | undefined): void {
    if (before?.spec === after?.spec) return;
    for (const [referred, address] of referredBy(before)) {
      const referrers = this.#of.get(referred);
      referrers?.delete(addressKey(address));
      if (referrers?.size === 0) this.#of.delete(referred);
    }
    for (const [referred, address] of referredBy(after)) {
      const referrers = this.#of.get(referred) ?? new Map<string, Address>();
      this.#of.set(referred, referrers.set(addressKey(address), address));
    }
  }

  /** Where the entities of one kind are that refer to this one, in the order of their names. */
  of(address: Address, by: Kind): Address[] {
    return [...(this.#of.get(addressKey(address))?.values() ?? [])]
      .filter(({ kind }) => kind === by)
      .sort((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1));
  }
}

function* referredBy(entity: Entity | undefined): Iterable<[string, Address]> {
  if (!entity) return;
  const { address, spec } = entity;
  for (const [kind, name] of references(address.kind, spec))
    yield [addressKey(childOf(meshOf(address), kind, name)), address];
}

/** No name holds what is between them, which comes first in order. */
const inOrder = ({ names }: Address): string => names.join("\0");
