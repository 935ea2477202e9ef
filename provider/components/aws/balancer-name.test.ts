import assert from "node:assert/strict";
import fc from "fast-check";
import { balancerName } from "./balancer-name.js";

describe("the name of a load balancer", () => {
  it("is the AWS provider's affair as long as that is a name of 32 characters at most", () => {
    assert.deepEqual(balancerName("web-load-balancer"), {});
    assert.deepEqual(balancerName("a".repeat(24)), {});
    assert.deepEqual(balancerName("a".repeat(25)), { namePrefix: "aaaaa-" });
    assert.deepEqual(balancerName("my_web-listener-0"), { namePrefix: "my-we-" });
    assert.deepEqual(balancerName("shop-of-partners-load-balancer"), { namePrefix: "shop-" });
    assert.deepEqual(balancerName("Müller"), { namePrefix: "M-lle-" });
    assert.deepEqual(balancerName("商店"), { namePrefix: "mesh-" });
  });

  it("begins as AWS has it, whatever the component is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (name) => {
        const { namePrefix = `${name}-` } = balancerName(name);
        assert.match(`${namePrefix}1234567`, /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/);
      }),
    );
  });
});
