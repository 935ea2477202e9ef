import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatScope,
  isUnlimited,
  parseScope,
  refusal,
  type Scope,
  type ScopeText,
  sees,
  UNLIMITED,
} from "./scope.js";

const OWNER = "123456789012";
const OTHER = "210987654321";
const shop = { meshName: "shop", meshOwner: OWNER };
const reader: Scope = { readOnly: true, meshes: undefined };
const shopper: Scope = { readOnly: false, meshes: [shop] };

describe("Scopes", () => {
  it("allow what they name, and nothing else", () => {
    const read = (mesh?: typeof shop) => ({ writes: false, mesh });
    const write = (mesh?: typeof shop) => ({ writes: true, mesh });
    const theirs = { meshName: "shop", meshOwner: OTHER };
    const bank = { meshName: "bank", meshOwner: OWNER };
    const onlyShop = `the key is for mesh shop@${OWNER} only`;
    for (const demand of [read(), read(shop), write(), write(shop)])
      assert.equal(refusal(UNLIMITED, demand), undefined);
    assert.deepEqual(
      [read(), read(shop), write(), write(shop)].map((demand) => refusal(reader, demand)),
      [undefined, undefined, "the key is read-only", "the key is read-only"],
    );
    assert.deepEqual(
      [read(shop), write(shop), read(), write(), read(theirs), write(bank)].map((demand) =>
        refusal(shopper, demand),
      ),
      [undefined, undefined, onlyShop, onlyShop, onlyShop, onlyShop],
    );
    const both: Scope = { readOnly: true, meshes: [shop, bank] };
    assert.deepEqual(
      [read(shop), read(bank), write(shop), read(theirs), read()].map((demand) => refusal(both, demand)),
      [
        undefined,
        undefined,
        "the key is read-only",
        `the key is for meshes shop@${OWNER}, bank@${OWNER} only`,
        `the key is for meshes shop@${OWNER}, bank@${OWNER} only`,
      ],
    );
    assert.deepEqual(
      [shop, theirs, bank].map((mesh) => sees(shopper, mesh)),
      [true, false, false],
    );
    assert.deepEqual([UNLIMITED, reader, shopper].map(isUnlimited), [true, false, false]);
  });

  it("are read back as they are written, whatever meshes are called", () => {
    const account = fc.stringMatching(/^\d{12}$/);
    const meshName = fc.stringMatching(/^[^/\p{Cc}]{1,20}$/u);
    const plain = { noNullPrototype: true };
    const scopes = fc.record(
      {
        readOnly: fc.boolean(),
        meshes: fc.option(fc.array(fc.record({ meshName, meshOwner: account }, plain), { minLength: 1 }), {
          nil: undefined,
        }),
      },
      plain,
    );
    fc.assert(
      fc.property(scopes, account, (scope, anyAccount) => {
        assert.deepEqual(parseScope(formatScope(scope), anyAccount), scope);
      }),
    );
  });

  it("that a later release has limited further allows nothing", () => {
    const scope = parseScope({ virtualNodes: ["app"] } as ScopeText, "123456789012");
    assert.deepEqual(
      [isUnlimited(scope), sees(scope, { meshName: "shop", meshOwner: "123456789012" })],
      [false, false],
    );
    assert.equal(
      refusal(scope, { writes: false, mesh: undefined }),
      "the key is limited by virtualNodes, which this release of appmesh serve does not know: start the one that issued the key in its place",
    );
  });
});
