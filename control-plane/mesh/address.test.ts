import assert from "node:assert/strict";
import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import fc from "fast-check";
import { addressKey, addressPath, arnOf, lineage, meshOf, parentOf, parseKey, parsePath } from "./address.js";
import { ACCOUNT, at } from "./harness.test.support.js";
import { checkName } from "./rules/names.js";

describe("Address", () => {
  it("is a path as in ARNs and node ids", () => {
    const route = at("route", "shop", "catalog", "canary");
    assert.equal(addressPath(route), "mesh/shop/virtualRouter/catalog/route/canary");
    assert.equal(addressKey(route), `${ACCOUNT}/mesh/shop/virtualRouter/catalog/route/canary`);
    assert.equal(
      arnOf(route, "eu-west-1"),
      `arn:aws:appmesh:eu-west-1:${ACCOUNT}:mesh/shop/virtualRouter/catalog/route/canary`,
    );
    assert.deepEqual(parentOf(route), at("virtualRouter", "shop", "catalog"));
    assert.deepEqual(meshOf(route), at("mesh", "shop"));
    assert.equal(parentOf(at("mesh", "shop")), undefined);
  });

  it("is read back from its key, for every name that may be given", () => {
    const kinds = fc.constantFrom(...(Object.keys(entityTypes) as Kind[]));
    const name = fc
      .string({ minLength: 1, maxLength: 20, unit: "binary" })
      .filter((text) => checkName("mesh", text).length === 0);
    fc.assert(
      fc.property(kinds, fc.tuple(name, name, name), (kind, names) => {
        const address = at(kind, ...names.slice(0, lineage(kind).length));
        assert.deepEqual(parseKey(addressKey(address)), address);
      }),
    );
  });

  it("is not read from what is none", () => {
    for (const path of [
      "",
      "mesh",
      "mesh/",
      "mesh//virtualNode/a",
      "virtualNode/a",
      "mesh/shop/",
      "mesh/shop/virtualNode",
      "mesh/shop/toString/a",
      "mesh/shop/route/all",
      "mesh/shop/virtualNode/a/route/all",
      "mesh/shop/virtualRouter/a/route/all/x",
    ]) {
      assert.equal(parsePath(ACCOUNT, path), undefined, path);
    }
  });
});

describe("checkName", () => {
  const message = (kind: Kind, name: unknown) => checkName(kind, name).map((violation) => violation.message);

  it("takes what App Mesh's users call things", () => {
    for (const name of [
      "shop",
      "catalog_shop",
      "*.shop.local",
      "catalog v1",
      "größe",
      "a".repeat(255),
      "x@y",
    ]) {
      assert.deepEqual(message("virtualService", name), [], name);
      assert.deepEqual(message("mesh", name), [], name);
    }
  });

  it("refuses what would take apart the ARNs, URLs and node ids that it becomes part of", () => {
    for (const name of ["a/b", "..", ".", "line\nbreak", "\u0000"]) {
      const [violation, ...more] = message("virtualNode", name);
      assert.match(violation ?? "", /^".*" was given; a string of 1 to 255 characters without/, name);
      assert.deepEqual(more, []);
    }
    assert.deepEqual(message("virtualNode", "\ud800"), [
      "text with half of a surrogate pair was given; whole characters are allowed.",
    ]);
    assert.deepEqual(message("mesh", "shop@123456789012"), [
      '"shop@123456789012" was given; a name that does not end like the account of a mesh\'s owner, "@" and twelve digits, is allowed.',
    ]);
    assert.deepEqual(message("mesh", "shop@1234"), []);
  });

  it("keeps to the model's limits", () => {
    assert.deepEqual(
      checkName("route", "").map(({ path, given }) => ({ path, given })),
      [{ path: ["routeName"], given: "" }],
    );
    assert.equal(message("route", "a".repeat(256)).length, 1);
    assert.equal(message("route", 7).length, 1);
    assert.equal(message("route", undefined).length, 1);
  });
});
