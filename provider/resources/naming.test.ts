import assert from "node:assert/strict";
import fc from "fast-check";
import { autoname, isAutonamed } from "./naming.js";

const seed = new TextEncoder().encode("a seed of the engine's");

describe("automatic names", () => {
  it("are made of the resource's name and of the seed alone", () => {
    assert.equal(autoname("catalog", seed, undefined), "catalog-f90b077");
    assert.notEqual(
      autoname("catalog", new Uint8Array([1]), undefined),
      autoname("catalog", seed, undefined),
    );
  });

  it("are the engine's own where it proposes or enforces one", () => {
    assert.equal(autoname("catalog", seed, { mode: "propose", proposedName: "dev-catalog" }), "dev-catalog");
    assert.equal(autoname("catalog", seed, { mode: "enforce", proposedName: "catalog" }), "catalog");
  });

  it("are not made where the user has switched them off", () => {
    assert.equal(autoname("catalog", seed, { mode: "disable", proposedName: "" }), undefined);
  });

  it("fit into App Mesh's 255 characters, and are known again", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 400 }), fc.uint8Array(), (urnName, bytes) => {
        const name = autoname(urnName, bytes, undefined) ?? "";
        assert.ok(name.length <= 255);
        assert.ok(isAutonamed(urnName, name));
      }),
    );
  });

  it("are told from fixed ones", () => {
    const fixed = ["catalog", "catalog-v1", "catalog-abcdefg", "other-0123abc", "catalog-v1-0123abc"];
    assert.deepEqual(
      fixed.map((name) => isAutonamed("catalog", name)),
      [false, false, false, false, false],
    );
    assert.equal(isAutonamed("catalog", "catalog-0123abc"), true);
  });
});
