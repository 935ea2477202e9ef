import assert from "node:assert/strict";
import { checkTags } from "./check-tags.js";
import { formatViolation } from "./violation.js";

const errors = (tags: unknown, options = {}) => checkTags(tags, options).map(formatViolation);

describe("checkTags", () => {
  it("takes up to fifty tags, their values empty or not", () => {
    assert.deepEqual(errors([]), []);
    assert.deepEqual(
      errors(Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: i === 0 ? "" : "v" }))),
      [],
    );
  });

  it("refuses what breaks a limit", () => {
    assert.deepEqual(errors([{ key: "", value: "x".repeat(257) }, { key: "k" }, "k=v"]), [
      'tags[0].key: "" was given; a string of 1 to 128 characters is allowed.',
      `tags[0].value: "${"x".repeat(80)}" … (257 characters) was given; a string of at most 256 characters is allowed.`,
      "tags[1].value: nothing was given; a string of at most 256 characters is required.",
      'tags[2]: "k=v" was given; an object with key and value is allowed.',
    ]);
    assert.deepEqual(errors(Array.from({ length: 51 }, (_, i) => ({ key: `k${i}`, value: "" }))), [
      "tags: a list of 51 items was given; a list of at most 50 items is allowed.",
    ]);
  });

  it("refuses a key that is there twice", () => {
    assert.deepEqual(
      errors([
        { key: "a", value: "1" },
        { key: "b", value: "1" },
        { key: "a", value: "2" },
      ]),
      ['tags[2].key: "a" was given, as in tags[0].key; a value that differs from it is allowed.'],
    );
  });

  it("does not judge what is not known yet", () => {
    const isUnknown = (value: unknown) => value === "?";
    assert.deepEqual(errors("?", { isUnknown }), []);
    assert.deepEqual(
      errors(["?", "?", { key: "?", value: "?" }, { key: "?", value: "" }], { isUnknown }),
      [],
    );
  });
});
