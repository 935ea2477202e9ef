import assert from "node:assert/strict";
import { resolveDefaultTags, withDefaultTags } from "./default-tags.js";
import { type ObjectValue, Secret, UNKNOWN, type Value } from "./values.js";

describe("the provider's default tags", () => {
  const tags = { team: "shop", stage: "test" };

  it("come as a map, as JSON, or from the environment", () => {
    const environment = { APPMESH_DEFAULT_TAGS: '{"team":"outside"}' };
    const cases: [ObjectValue, ObjectValue][] = [
      [{}, { team: "outside" }],
      [{ defaultTags: tags }, tags],
      [{ defaultTags: JSON.stringify(tags) }, tags],
      [{ defaultTags: {} }, {}],
      [{ defaultTags: UNKNOWN }, {}],
    ];
    for (const [inputs, expected] of cases)
      assert.deepEqual(resolveDefaultTags(inputs, environment), { tags: expected, failures: [] });
    assert.deepEqual(resolveDefaultTags({}, { APPMESH_DEFAULT_TAGS: "" }), { tags: {}, failures: [] });
  });

  it("are secret one by one where they came as a secret", () => {
    const hidden = { team: new Secret("shop") };
    for (const defaultTags of [new Secret('{"team":"shop"}'), new Secret({ team: "shop" }), hidden])
      assert.deepEqual(resolveDefaultTags({ defaultTags }, {}), { tags: hidden, failures: [] });
  });

  const refused: [Value, string][] = [
    ["shop", '"shop" was given; a map of texts is expected, such as {"team": "shop"}.'],
    ['["shop"]', '"[\\"shop\\"]" was given; a map of texts is expected, such as {"team": "shop"}.'],
    [new Secret("shop"), 'a secret value was given; a map of texts is expected, such as {"team": "shop"}.'],
    [
      { team: "x".repeat(257) },
      `"team": "${"x".repeat(80)}" … (257 characters) was given; a string of at most 256 characters is allowed.`,
    ],
    [
      Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`key${index}`, "x"])),
      "51 tags were given; at most 50 are allowed, the provider's defaultTags included.",
    ],
  ];
  for (const [defaultTags, reason] of refused) {
    it(`are refused: ${reason.slice(0, 60)}`, () => {
      assert.deepEqual(resolveDefaultTags({ defaultTags }, {}), {
        tags: {},
        failures: [{ property: "defaultTags", reason }],
      });
    });
  }

  it("stand behind a resource's own", () => {
    const cases: [Value | undefined, Value | undefined][] = [
      [undefined, tags],
      [{ team: "stock" }, { team: "stock", stage: "test" }],
      [new Secret({ team: "stock" }), new Secret({ team: "stock", stage: "test" })],
      [UNKNOWN, UNKNOWN],
      ["wrong", "wrong"],
    ];
    for (const [own, expected] of cases) assert.deepEqual(withDefaultTags(tags, own), expected);
    assert.equal(withDefaultTags({}, undefined), undefined);
  });
});
