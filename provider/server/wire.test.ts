import assert from "node:assert/strict";
import fc from "fast-check";
import { type ObjectValue, Secret, UNKNOWN, type Value } from "./values.js";
import { decode, encode } from "./wire.js";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const key = fc.string().filter((text) => text !== "__proto__");
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.boolean(),
    fc.string({ unit: "grapheme" }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(UNKNOWN),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
    tie("value").map((inner) => (inner instanceof Secret ? inner : new Secret(inner))),
  ),
})).value;
const properties = fc.dictionary(key, value, { noNullPrototype: true });

/** What arrives when JavaScript's own form of the wire is sent. */
const received = (wire: object): ObjectValue => {
  const sent = encode({});
  for (const [name, member] of Object.entries(encode(wire as ObjectValue).toJavaScript()))
    sent.getFieldsMap().set(
      name,
      encode({ member: member as Value })
        .getFieldsMap()
        .get("member") as never,
    );
  return decode(sent);
};

describe("values on the wire", () => {
  it("arrive as they were sent, with what is secret and what is unknown", () => {
    fc.assert(
      fc.property(properties, (sent) => {
        assert.deepEqual(decode(encode(sent)), sent);
      }),
    );
  });

  it("are nothing where nothing was sent, or null", () => {
    assert.deepEqual(decode(undefined), {});
    assert.deepEqual(decode(encode({ a: null, b: { c: null }, d: new Secret(null) })), { b: {} });
  });

  it("take outputs apart", () => {
    const output = (members: object) => ({ [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", ...members });
    assert.deepEqual(
      received({
        plain: output({ value: "x", dependencies: ["urn:pulumi:dev::shop::appmesh:index:Mesh::shop"] }),
        hidden: output({ value: "x", secret: true }),
        unknown: output({}),
        hiddenUnknown: output({ secret: true }),
      }),
      { plain: "x", hidden: new Secret("x"), unknown: UNKNOWN, hiddenUnknown: new Secret(UNKNOWN) },
    );
  });

  it("take a resource for its id", () => {
    const resource = (members: object) => ({ [SIGNATURE]: "5cf8f73096256a8f31e491e813e4eb8e", ...members });
    assert.deepEqual(received({ made: resource({ id: "shop" }), planned: resource({ id: "" }) }), {
      made: "shop",
      planned: UNKNOWN,
    });
  });

  it("cannot be files", () => {
    assert.throws(() => received({ file: { [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", text: "x" } }), {
      message: "a file or archive was given where a plain value is expected",
    });
  });
});
