import assert from "node:assert/strict";
import fc from "fast-check";
import { type Address, addressKey } from "./address.js";
import type { Entity } from "./entity.js";
import { at } from "./harness.test.support.js";
import { Referrers } from "./referrers.js";

const entity = (address: Address, spec: object) => ({ address, spec }) as Entity;
const route = (router: string, name: string, targets: readonly string[]) =>
  entity(at("route", "shop", router, name), {
    tcpRoute: { action: { weightedTargets: targets.map((virtualNode) => ({ virtualNode, weight: 1 })) } },
  });
const service = (name: string, virtualNodeName: string) =>
  entity(at("virtualService", "shop", name), { provider: { virtualNode: { virtualNodeName } } });

describe("Referrers", () => {
  it("are those that refer to one now, whatever came, changed and went", () => {
    const node = fc.constantFrom("a", "b", "c");
    const written = fc.oneof(
      fc
        .tuple(fc.constantFrom("r", "r-1"), fc.constantFrom("x", "y"), fc.array(node, { maxLength: 3 }))
        .map(([router, name, targets]) => ({ entity: route(router, name, targets), targets })),
      fc
        .tuple(fc.constantFrom("s", "t"), node)
        .map(([name, target]) => ({ entity: service(name, target), targets: [target] })),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ written, isGone: fc.boolean() }), { maxLength: 30 }), (changes) => {
        const referrers = new Referrers();
        const there = new Map<string, { entity: Entity; targets: readonly string[] }>();
        for (const { written, isGone } of changes) {
          const key = addressKey(written.entity.address);
          referrers.change(there.get(key)?.entity, isGone ? undefined : written.entity);
          if (isGone) there.delete(key);
          else there.set(key, written);
        }
        for (const target of ["a", "b", "c"])
          for (const by of ["route", "virtualService"] as const) {
            const expected = [...there.values()]
              .filter(({ entity, targets }) => entity.address.kind === by && targets.includes(target))
              .map(({ entity }) => entity.address.names.join(" "));
            const found = referrers.of(at("virtualNode", "shop", target), by);
            assert.deepEqual(
              found.map(({ names }) => names.join(" ")),
              expected.sort(),
            );
          }
      }),
    );
  });

  it("are those of the same mesh and kind", () => {
    const referrers = new Referrers();
    referrers.change(undefined, service("s", "a"));
    assert.deepEqual(referrers.of(at("virtualNode", "shop", "a"), "virtualService"), [
      at("virtualService", "shop", "s"),
    ]);
    for (const other of [at("virtualNode", "other", "a"), at("virtualRouter", "shop", "a")])
      assert.deepEqual(referrers.of(other, "virtualService"), []);
  });
});
