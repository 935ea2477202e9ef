// In a preview any part of what a component is given may not be known yet.
import assert from "node:assert/strict";
import type { Path } from "@pulumi-appmesh/model";
import { formatPropertyPath } from "../resources/property-path.js";
import { examples } from "../schema/examples.js";
import { resolved } from "../schema/resolved.test.support.js";
import { isObject, type ObjectValue, UNKNOWN, type Value } from "../server/values.js";
import { decode, encode } from "../server/wire.js";
import { checkComponent } from "./check.js";
import { componentTypes } from "./components.js";

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

describe("what is not known yet of a component", () => {
  for (const [token, type] of componentTypes) {
    const example = examples[type.name];
    const given = example?.resources.find((each) => each.type === type.name);
    it(`is no mistake in any part of a ${type.name}, but where it decides what is made`, () => {
      assert.ok(example && given, `${token} has an example`);
      const whole = resolved(given.inputs, example) as ObjectValue;
      const refused: string[] = [];
      for (const path of places(whole)) {
        if (path.length === 0) continue;
        const news = decode(encode(hiding(whole, path) as ObjectValue));
        const failures = checkComponent(type, news);
        const where = formatPropertyPath(path);
        if (failures.length === 0) continue;
        assert.ok(type.plain?.includes(String(path[0])) && path.length <= 2, `${where} is refused`);
        assert.deepEqual(
          failures.map(({ property }) => property),
          [where],
        );
        assert.match(failures[0]?.reason ?? "", /^a value that is not known yet was given; /);
        refused.push(where);
      }
      // Each input that must be known is refused where it is not.
      const plain = (type.plain ?? []).filter((name) => name in whole);
      assert.deepEqual(
        refused.filter((where) => plain.includes(where)),
        plain,
      );
    });
  }
});
