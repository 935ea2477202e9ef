import assert from "node:assert/strict";
import fc from "fast-check";
import { Collection } from "./collection.js";
import type { Entity } from "./entity.js";
import { at } from "./harness.test.support.js";

const entity = (name: string, spec: object = {}) =>
  ({ address: at("virtualNode", "shop", name), spec }) as Entity;
const names = (entities: Iterable<Entity>) => [...entities].map(({ address }) => address.names[1]);

describe("Collection", () => {
  it("keeps its entities in the order of their ids, whatever is put and removed", () => {
    const change = fc.record({ remove: fc.boolean(), id: fc.stringMatching(/^[a-c]{1,2}$/) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const collection = new Collection();
        const expected = new Set<string>();
        for (const { remove, id } of changes) {
          if (remove) collection.remove(id);
          else collection.put(id, entity(id));
          if (remove) expected.delete(id);
          else expected.add(id);
        }
        assert.deepEqual(names(collection), [...expected].sort());
        assert.equal(collection.size, expected.size);
        assert.deepEqual(
          collection.named().map(({ name }) => name),
          [...expected].sort(),
        );
      }),
    );
  });

  it("shows what is there all along once in a sequence of pages, whatever comes and goes in between", () => {
    const id = fc.stringMatching(/^[a-d]{1,3}$/);
    const change = fc.record({ remove: fc.boolean(), id });
    fc.assert(
      fc.property(
        fc.uniqueArray(id, { maxLength: 15 }),
        fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (initial, changesAfterEachPage, limit) => {
          const collection = new Collection();
          for (const name of initial) collection.put(name, entity(name));
          const lasting = new Set(initial);
          const shown: (string | undefined)[] = [];
          let after: string | undefined;
          let page = 0;
          do {
            const { entities, last } = collection.page(after, limit);
            assert.ok(entities.length <= limit);
            shown.push(...names(entities));
            for (const change of changesAfterEachPage[page++] ?? []) {
              if (change.remove) lasting.delete(change.id);
              if (change.remove) collection.remove(change.id);
              else if (!lasting.has(change.id)) collection.put(change.id, entity(change.id));
            }
            after = last;
          } while (after !== undefined);
          assert.equal(new Set(shown).size, shown.length, "something came up twice");
          assert.deepEqual(
            [...lasting].filter((name) => !shown.includes(name)),
            [],
          );
        },
      ),
    );
  });

  it("has no page after the last entity, even where the page is full", () => {
    const collection = new Collection();
    for (const name of ["a", "b"]) collection.put(name, entity(name));
    assert.equal(collection.page(undefined, 2).last, undefined);
    assert.deepEqual(names(collection.page("b", 2).entities), []);
  });

  it("gives the same list of specs until one of them changes", () => {
    const collection = new Collection();
    const spec = { listeners: [] };
    collection.put("a", entity("a", spec));
    const before = collection.named();
    collection.put("a", { ...entity("a", spec), tags: [{ key: "k", value: "v" }] });
    collection.remove("never");
    assert.equal(collection.named(), before);
    collection.put("a", entity("a", { listeners: [] }));
    assert.notEqual(collection.named(), before);
  });

  it("leaves out of its pages what is not to be shown, and fills them with what is", () => {
    const collection = new Collection();
    for (const name of ["a", "b", "c", "d", "e", "f"]) collection.put(name, entity(name));
    const shows = ({ address }: Entity) => !["a", "c", "f"].includes(address.names[1] as string);
    const first = collection.page(undefined, 2, shows);
    assert.deepEqual([names(first.entities), first.last], [["b", "d"], "d"]);
    // Whether there is more is about what is shown.
    const last = collection.page(first.last, 2, shows);
    assert.deepEqual([names(last.entities), last.last], [["e"], undefined]);
    assert.deepEqual(collection.page("d", 1, shows).last, undefined);
  });
});
