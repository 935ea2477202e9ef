import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { dropNulls, isObject, type ObjectValue, Secret, UNKNOWN, type Value } from "./values.js";

/**
 * How Pulumi writes on the wire what JSON has no word for. The signatures and the unknown sentinels are
 * part of the provider protocol (pulumi: sdk/go/common/resource/plugin/rpc.go and sig.go); they are stated
 * here so that creating a resource need not load the SDK's runtime, which takes longer than all else.
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWNS = new Set([
  UNKNOWN_STRING,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** Reads a property map. Null members are left out; an absent map reads as an empty one. */
export function decode(properties: struct.Struct | undefined): ObjectValue {
  const decoded = decodeValue(properties?.toJavaScript() ?? {});
  return dropNulls(decoded) as ObjectValue;
}

export function encode(properties: ObjectValue): struct.Struct {
  return struct.Struct.fromJavaScript(
    encodeValue(properties) as Parameters<typeof struct.Struct.fromJavaScript>[0],
  );
}

function decodeValue(wire: unknown): Value {
  if (typeof wire === "string") return UNKNOWNS.has(wire) ? UNKNOWN : wire;
  if (Array.isArray(wire)) return wire.map(decodeValue);
  if (typeof wire !== "object" || wire === null) return (wire ?? null) as Value;

  const map = wire as Record<string, unknown>;
  switch (map[SIGNATURE]) {
    case undefined:
      return Object.fromEntries(Object.entries(map).map(([key, member]) => [key, decodeValue(member)]));
    case SECRET:
      return asSecret(decodeValue(map.value));
    case OUTPUT: {
      // An output that carries no value is one that is not known yet.
      const value = "value" in map ? decodeValue(map.value) : UNKNOWN;
      return map.secret === true ? asSecret(value) : value;
    }
    case RESOURCE:
      // No property of ours is a resource: whoever passes one means its id.
      return map.id === undefined || map.id === "" ? UNKNOWN : decodeValue(map.id);
    default:
      throw new Error("a file or archive was given where a plain value is expected");
  }
}

const asSecret = (value: Value): Secret => (value instanceof Secret ? value : new Secret(value));

function encodeValue(value: Value): unknown {
  if (value === UNKNOWN) return UNKNOWN_STRING;
  if (value instanceof Secret) return { [SIGNATURE]: SECRET, value: encodeValue(value.value) };
  if (Array.isArray(value)) return value.map(encodeValue);
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, encodeValue(member)]));
  }
  return value;
}
