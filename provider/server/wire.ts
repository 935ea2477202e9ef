import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { isObject, type ObjectValue, Secret, UNKNOWN, type Value } from "./values.js";

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
export const decode = (properties: struct.Struct | undefined): ObjectValue =>
  properties === undefined ? {} : readProperties(properties.serializeBinary());

export const encode = (properties: ObjectValue): struct.Struct =>
  struct.Struct.deserializeBinary(writeProperties(properties));

/** The numbers of a field in the messages of google/protobuf/struct.proto. */
const MAP = { entry: 1, key: 1, value: 2 };
const LIST = { item: 1 };
const VALUE = { null: 1, number: 2, string: 3, boolean: 4, map: 5, list: 6 };

/**
 * Reads a property map from the bytes of its google.protobuf.Struct. What is done for every resource is read without
 * google-protobuf's objects: making one for each value takes longer than all that the provider does with them.
 */
export function readProperties(bytes: Uint8Array): ObjectValue {
  return readMap(new BinaryReader(bytes), bytes.length) as ObjectValue;
}

/** The bytes of the google.protobuf.Struct. */
export function writeProperties(properties: ObjectValue): Uint8Array {
  const writer = new BinaryWriter();
  writeMap(writer, properties);
  return writer.finish();
}

function readMap(reader: BinaryReader, end: number): Value {
  const entries: [string, Value][] = [];
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === MAP.entry) entries.push(readEntry(reader, endOf(reader)));
    else reader.skip(type, field);
  }
  if (entries.some(([key]) => key === SIGNATURE)) return readSigned(Object.fromEntries(entries));
  // The engine sends them in any order; what is told of them shall have one.
  return Object.fromEntries(entries.filter(([, value]) => value !== null).sort(byKey));
}

const byKey = ([a]: [string, Value], [b]: [string, Value]): number => (a < b ? -1 : 1);

function readEntry(reader: BinaryReader, end: number): [string, Value] {
  let key = "";
  let value: Value = null;
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === MAP.key) key = reader.string();
    else if (field === MAP.value) value = readValue(reader, endOf(reader));
    else reader.skip(type, field);
  }
  return [key, value];
}

function readValue(reader: BinaryReader, end: number): Value {
  let value: Value = null;
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === VALUE.string) {
      const text = reader.string();
      value = UNKNOWNS.has(text) ? UNKNOWN : text;
    } else if (field === VALUE.number) value = reader.double();
    else if (field === VALUE.boolean) value = reader.bool();
    else if (field === VALUE.map) value = readMap(reader, endOf(reader));
    else if (field === VALUE.list) value = readList(reader, endOf(reader));
    else reader.skip(type, field);
  }
  return value;
}

function readList(reader: BinaryReader, end: number): Value[] {
  const list: Value[] = [];
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (field === LIST.item) list.push(readValue(reader, endOf(reader)));
    else reader.skip(type, field);
  }
  return list;
}

/** Where the message ends whose length comes next. */
const endOf = (reader: BinaryReader): number => reader.uint32() + reader.pos;

function readSigned(map: ObjectValue): Value {
  switch (map[SIGNATURE]) {
    case SECRET:
      return asSecret(map.value ?? null);
    case OUTPUT: {
      // An output that carries no value is one that is not known yet.
      const value = "value" in map ? (map.value as Value) : UNKNOWN;
      return map.secret === true ? asSecret(value) : value;
    }
    case RESOURCE:
      // No property of ours is a resource: whoever passes one means its id.
      return map.id === undefined || map.id === "" ? UNKNOWN : map.id;
    default:
      throw new Error("a file or archive was given where a plain value is expected");
  }
}

/** There is nothing to hide where there is nothing. */
const asSecret = (value: Value): Value =>
  value === null || value instanceof Secret ? value : new Secret(value);

function writeMap(writer: BinaryWriter, map: ObjectValue): void {
  for (const key of Object.keys(map)) writeEntry(writer, key, map[key]);
}

function writeEntry(writer: BinaryWriter, key: string, value: Value | undefined): void {
  writer.tag(MAP.entry, WireType.LengthDelimited).fork();
  writer.tag(MAP.key, WireType.LengthDelimited).string(key);
  writer.tag(MAP.value, WireType.LengthDelimited).fork();
  writeValue(writer, value);
  writer.join().join();
}

function writeValue(writer: BinaryWriter, value: Value | undefined): void {
  if (value === undefined || value === null) writer.tag(VALUE.null, WireType.Varint).int32(0);
  else if (typeof value === "string") writer.tag(VALUE.string, WireType.LengthDelimited).string(value);
  else if (typeof value === "number") writer.tag(VALUE.number, WireType.Bit64).double(value);
  else if (typeof value === "boolean") writer.tag(VALUE.boolean, WireType.Varint).bool(value);
  else if (value === UNKNOWN) writer.tag(VALUE.string, WireType.LengthDelimited).string(UNKNOWN_STRING);
  else if (Array.isArray(value)) {
    writer.tag(VALUE.list, WireType.LengthDelimited).fork();
    for (const item of value as readonly Value[]) {
      writer.tag(LIST.item, WireType.LengthDelimited).fork();
      writeValue(writer, item);
      writer.join();
    }
    writer.join();
  } else {
    writer.tag(VALUE.map, WireType.LengthDelimited).fork();
    if (value instanceof Secret) {
      writeEntry(writer, SIGNATURE, SECRET);
      writeEntry(writer, "value", value.value);
    } else if (isObject(value)) writeMap(writer, value);
    writer.join();
  }
}
