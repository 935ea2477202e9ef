import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { features } from "../features.mjs";
import { root } from "../setup/clone.mjs";
import { fieldsOf, matching, patterns, rowsOf, tagsOf } from "./fields.mjs";

const string = { kind: "string" };
const structure = (members, name = "S") => ({
  kind: "structure",
  name,
  members: Object.fromEntries(Object.entries(members).map(([member, shape]) => [member, { shape }])),
});
const duration = structure({ value: string, unit: string }, "Duration");

describe("the table of features", () => {
  it("is as the model and the tests are now", async () => {
    assert.equal(await features(), readFileSync(join(root, "docs/features.md"), "utf8"));
  });

  it("has every field that holds a value, through lists and structures", () => {
    const spec = structure({
      name: string,
      list: { kind: "list", item: structure({ a: string, b: { kind: "list", item: string } }) },
      time: duration,
    });
    assert.deepEqual(fieldsOf({ kind: { spec } }), [
      "kind.name",
      "kind.list[].a",
      "kind.list[].b[]",
      "kind.time",
    ]);
  });

  it("reads tags above tests, over several lines", () => {
    assert.deepEqual(
      tagsOf('  // Shows: a.b, a.{c,d},\n  // a.e*\n  it("does it", async () => {\n  it("does not", () => {'),
      [{ patterns: ["a.b", "a.{c,d}", "a.e*"], title: "does it" }],
    );
    assert.throws(
      () => tagsOf("// Shows: a.b\nconst x = 1;"),
      new Error('"// Shows: a.b" stands above no test, but above: const x = 1;'),
    );
  });

  it("finds the fields that a pattern names, and at least one", () => {
    const fields = ["r.a[].x", "r.a[].y", "r.b", "r.bc"];
    assert.deepEqual(matching("r.b", fields), ["r.b"]);
    assert.deepEqual(matching("r.a[].{x,y}", fields), ["r.a[].x", "r.a[].y"]);
    assert.deepEqual(matching("r.b*", fields), ["r.b", "r.bc"]);
    assert.deepEqual(patterns("r.{a,b}, r.c"), ["r.{a,b}", "r.c"]);
    assert.throws(() => matching("r.d", fields), new Error("no field of the model is called r.d"));
  });

  it("fails for a field without a test, and for an exception that has one", () => {
    const tests = [{ file: "f", tags: [{ patterns: ["r.a"], title: "t" }] }];
    assert.deepEqual(
      [...rowsOf(["r.a", "r.b"], tests, [{ fields: "r.b", why: "w" }])],
      [
        ["r.a", { tests: [{ file: "f", title: "t" }], why: undefined }],
        ["r.b", { tests: [], why: "w" }],
      ],
    );
    assert.throws(
      () => rowsOf(["r.a", "r.b"], tests, []),
      /^Error: no test shows what these fields do: r\.b\. /,
    );
    assert.throws(
      () => rowsOf(["r.a"], tests, [{ fields: "r.a", why: "w" }]),
      new Error("r.a is shown by a test, and excepted all the same: w"),
    );
    assert.throws(
      () =>
        rowsOf(
          ["r.b"],
          [],
          [
            { fields: "r.b", why: "w" },
            { fields: "r.*", why: "v" },
          ],
        ),
      new Error("r.b is excepted twice"),
    );
  });
});
