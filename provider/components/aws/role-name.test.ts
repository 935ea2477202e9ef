import assert from "node:assert/strict";
import fc from "fast-check";
import { familyName, roleName } from "./role-name.js";

describe("the name of a role", () => {
  it("is the AWS provider's affair as long as that is a name of 64 characters at most", () => {
    assert.deepEqual(roleName("catalog-execution-role"), {});
    assert.deepEqual(roleName("a".repeat(56)), {});
    assert.deepEqual(roleName("checkout-recommendations-service-production-v2-execution-role"), {
      namePrefix: "checkout-recommendations-service-prod-",
    });
    assert.deepEqual(roleName("shop/catalog-task-role"), { namePrefix: "shop-catalog-task-role-" });
    assert.deepEqual(roleName("商店"), { namePrefix: "--" });
  });

  it("is one that AWS takes, whatever the component is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 80 }), (name) => {
        const { namePrefix = `${name}-` } = roleName(name);
        assert.match(namePrefix, /^[A-Za-z0-9_+=,.@-]+$/);
        assert.ok(`${namePrefix}1234567`.length <= 64);
        assert.ok(namePrefix === `${name}-` || namePrefix.length <= 38);
      }),
    );
  });
});

describe("the name of a family", () => {
  it("is the component's, as far as ECS takes it", () => {
    assert.equal(familyName("mesh_1-a"), "mesh_1-a");
    assert.equal(familyName("shop/mesh of all"), "shop-mesh-of-all");
    assert.equal(familyName("a".repeat(300)), "a".repeat(255));
  });
});
