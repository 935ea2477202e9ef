import { deepStrictEqual, ok } from "node:assert/strict";
import type { Path } from "@pulumi-appmesh/model";
import { arbitrarySpec } from "@pulumi-appmesh/model/testing";
import fc from "fast-check";
import { isObject, type ObjectValue, UNKNOWN, type Value } from "../server/values.js";
import { decode, encode } from "../server/wire.js";
import { checkResource } from "./check.js";
import { diffResource } from "./diff.js";
import { formatPropertyPath } from "./property-path.js";
import { plannedState, plannedUpdate } from "./state.js";
import { resourceTypes } from "./types.js";

/** Every place in a value, its own first. */
function* places(value: Value, at: Path = []): Generator<Path> {
  yield at;
  const members = isObject(value) || Array.isArray(value) ? Object.entries(value as ObjectValue) : [];
  for (const [key, member] of members)
    yield* places(member, [...at, Array.isArray(value) ? Number(key) : key]);
}

/** The value with the given place not known yet. */
function hiding(value: Value, [step, ...rest]: Path): Value {
  if (step === undefined) return UNKNOWN;
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? hiding(item, rest) : item));
  const members = value as ObjectValue;
  return { ...members, [step]: hiding(members[step] as Value, rest) };
}

describe("what is not known yet", () => {
  const names = Object.fromEntries(
    [...resourceTypes.values()].map(({ entity: { nameMember } }) => [nameMember, "shop"]),
  );
  for (const type of resourceTypes.values()) {
    it(`may be any part of a ${type.entity.title}: nothing is wrong with it, and it is seen as a change`, () => {
      const own = Object.fromEntries(type.nameMembers.map((name) => [name, names[name] as string]));
      fc.assert(
        fc.property(arbitrarySpec(type.kind), (spec) => {
          const whole: ObjectValue = { ...own, spec: spec as Value, tags: { team: "shop" } };
          for (const path of places(whole)) {
            if (path.length === 0) continue;
            const where = formatPropertyPath(path);
            const news = decode(encode(hiding(whole, path) as ObjectValue));
            const check = { urnName: "shop", olds: {}, news, seed: new Uint8Array(32) };
            deepStrictEqual(checkResource(type, check), { inputs: news, failures: [] }, where);

            const { changes } = diffResource(type, { urnName: "shop", olds: whole, news, ignoreChanges: [] });
            deepStrictEqual(
              changes.map(({ property }) => property),
              [where],
            );
            const state = plannedState(type, news);
            deepStrictEqual(decode(encode(state)), { ...state, ...news }, where);
            ok(encode(plannedUpdate(type, { ...state, ...whole }, news)), where);
          }
        }),
        { numRuns: 10 },
      );
    });
  }
});
