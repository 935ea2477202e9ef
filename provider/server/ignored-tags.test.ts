import assert from "node:assert/strict";
import { withIgnoredTags } from "./ignored-tags.js";
import { type ObjectValue, Secret, UNKNOWN, type Value } from "./values.js";

describe("tags whose changes a program ignores", () => {
  const tags = (before: Value | undefined, after: Value | undefined, ...ignoreChanges: string[]) => {
    const of = (value: Value | undefined): ObjectValue => ({
      meshName: "shop",
      ...(value && { tags: value }),
    });
    const { meshName, ...rest } = withIgnoredTags(of(before), of(after), ignoreChanges);
    assert.equal(meshName, "shop");
    return rest;
  };

  it("stay as the entity has them, all or one by one; others change", () => {
    const [before, after] = [
      { team: "shop", stage: "test" },
      { team: "retail", cost: "7" },
    ];
    assert.deepEqual(tags(before, after), { tags: after });
    assert.deepEqual(tags(before, after, "spec", "tagsX", "tags.other"), { tags: after });
    for (const all of ["tags", "*"]) assert.deepEqual(tags(before, after, all), { tags: before });
    assert.deepEqual(tags(before, after, "tags[*]"), { tags: before });
    assert.deepEqual(tags(before, after, "tags.team"), { tags: { team: "shop", cost: "7" } });
    assert.deepEqual(tags(before, after, 'tags["cost"]', "tags.stage"), {
      tags: { team: "retail", stage: "test" },
    });
  });

  it("are none where the entity has none", () => {
    for (const path of ["tags", "tags.team"]) {
      assert.deepEqual(tags(undefined, { team: "shop" }, path), {});
      assert.deepEqual(tags({}, { team: "shop" }, path), { tags: {} });
      assert.deepEqual(tags({ team: "shop" }, undefined, path), { tags: { team: "shop" } });
    }
  });

  it("stay secret, and unknown ones unknown, unless all are ignored", () => {
    const before = new Secret({ team: "shop" });
    assert.deepEqual(tags(before, { team: "x", cost: "7" }, "tags.team"), {
      tags: new Secret({ cost: "7", team: "shop" }),
    });
    assert.deepEqual(tags(before, UNKNOWN, "tags.team"), { tags: UNKNOWN });
    assert.deepEqual(tags(before, UNKNOWN, "tags"), { tags: before });
    assert.deepEqual(tags({ team: "shop" }, { team: UNKNOWN, cost: UNKNOWN }, "tags.team"), {
      tags: { team: "shop", cost: UNKNOWN },
    });
  });
});
