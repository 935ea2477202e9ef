import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { ObjectValue } from "./values.js";
import { readProperties } from "./wire.js";

/** How a field of a message is read. What is not there has the value `none`. */
interface Field<T> {
  readonly number: number;
  readonly none: T;
  /** @param before what it is so far, where it comes more than once */
  read(reader: BinaryReader, before: T): T;
}

const field =
  <T>(none: T, read: Field<T>["read"]) =>
  (number: number): Field<T> => ({ number, none, read });

const text = field("", (reader) => reader.string());
const texts = field<readonly string[]>([], (reader, before) => [...before, reader.string()]);
const flag = field(false, (reader) => reader.bool());
const seconds = field(0, (reader) => reader.double());
const choice = field(0, (reader) => reader.int32());
const bytes = field(new Uint8Array(), (reader) => reader.bytes());
const properties = field<ObjectValue>({}, (reader) => readProperties(reader.bytes()));
const maybe = <T>(read: (bytes: Uint8Array) => T) =>
  field<T | undefined>(undefined, (reader) => read(reader.bytes()));

type Message<Fields> = { readonly [Name in keyof Fields]: Fields[Name] extends Field<infer T> ? T : never };

/** Reads a message from its bytes; fields that nothing here asks for are passed over. */
function message<Fields extends Record<string, Field<unknown>>>(
  fields: Fields,
): (bytes: Uint8Array) => Message<Fields> {
  const all = Object.entries(fields);
  const none = Object.fromEntries(all.map(([name, { none }]) => [name, none]));
  const known = new Map(all.map(([name, field]) => [field.number, { name, field }]));
  return (bytes) => {
    const read: Record<string, unknown> = { ...none };
    const reader = new BinaryReader(bytes);
    while (reader.pos < bytes.length) {
      const [number, type] = reader.tag();
      const asked = known.get(number);
      if (asked === undefined) reader.skip(type, number);
      else read[asked.name] = asked.field.read(reader, read[asked.name]);
    }
    return read as Message<Fields>;
  };
}

/**
 * The requests that come for every resource of a program, by their numbers in pulumirpc's provider.proto; requests.test.ts
 * holds these against the SDK's own messages. Those make an object of each value, which takes longer than all else that a
 * preview does.
 */
export const readCheckRequest = message({
  urn: text(1),
  olds: properties(2),
  news: properties(3),
  randomSeed: bytes(5),
  autonaming: maybe(message({ proposedName: text(1), mode: choice(2) }))(8),
});

export const readDiffRequest = message({
  urn: text(2),
  /** The outputs, in spite of its name. */
  olds: properties(3),
  news: properties(4),
  ignoreChanges: texts(5),
  oldInputs: maybe(readProperties)(6),
});

export const readCreateRequest = message({
  urn: text(1),
  properties: properties(2),
  timeout: seconds(3),
  preview: flag(4),
});

export const readUpdateRequest = message({
  id: text(1),
  urn: text(2),
  /** The outputs, in spite of its name. */
  olds: properties(3),
  news: properties(4),
  timeout: seconds(5),
  ignoreChanges: texts(6),
  preview: flag(7),
});

export const readReadRequest = message({
  id: text(1),
  urn: text(2),
  properties: properties(3),
  inputs: properties(4),
  timeout: seconds(10),
});
