import assert from "node:assert/strict";
import fc from "fast-check";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { type ObjectValue, Secret, UNKNOWN, type Value } from "./values.js";
import { decode, encode, readProperties, writeProperties } from "./wire.js";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const key = fc.oneof(fc.string(), fc.constant("__proto__"));
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

/** What arrives when this is sent by google-protobuf's own means. */
const received = (wire: object): ObjectValue =>
  decode(struct.Struct.fromJavaScript(wire as Parameters<typeof struct.Struct.fromJavaScript>[0]));

describe("values on the wire", () => {
  it("arrive as they were sent, with what is secret and what is unknown", () => {
    fc.assert(
      fc.property(properties, (sent) => {
        assert.deepEqual(readProperties(writeProperties(sent)), sent);
      }),
    );
  });

  it("are written as google-protobuf reads them, and read as it writes them", () => {
    const plain = {
      text: "ä€😀",
      long: "x".repeat(300),
      number: -1.5,
      flag: false,
      list: ["a", [], { b: 0 }, null],
    };
    assert.deepEqual(encode(plain).toJavaScript(), plain);
    assert.deepEqual(received({ ...plain, none: null, map: { none: null } }), { ...plain, map: {} });
    assert.deepEqual(encode({ hidden: new Secret(["x"]), later: UNKNOWN }).toJavaScript(), {
      hidden: { [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value: ["x"] },
      later: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    });
  });

  it("are nothing where nothing was sent, or null", () => {
    assert.deepEqual(decode(undefined), {});
    assert.deepEqual(readProperties(new Uint8Array()), {});
    assert.deepEqual(decode(encode({ a: null, b: { c: null }, d: new Secret(null) })), { b: {} });
    assert.deepEqual(decode(encode({ a: [null, new Secret(null)] })), { a: [null, null] });
  });

  it("have the same order in whatever order they were sent", () => {
    const sent = writeProperties({ tags: { b: "1", a: "2" }, spec: {} });
    assert.equal(JSON.stringify(readProperties(sent)), '{"spec":{},"tags":{"a":"2","b":"1"}}');
  });

  it("are refused where they end too early", () => {
    const sent = writeProperties({ meshName: "shop" });
    for (let length = 1; length < sent.length; length++)
      assert.throws(() => readProperties(sent.subarray(0, length)), RangeError);
  });

  it("take outputs apart", () => {
    const output = (members: object) => ({ [SIGNATURE]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", ...members });
    assert.deepEqual(
      received({
        plain: output({ value: "x", dependencies: ["urn:pulumi:dev::shop::appmesh:index:Mesh::shop"] }),
        hidden: output({ value: "x", secret: true }),
        none: output({ value: null }),
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
