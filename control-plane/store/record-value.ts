/** Why the value of a record is none that this release can read. It tells nothing of the value, which may be secret. */
export class MalformedRecord extends Error {
  override readonly name = "MalformedRecord";
}

/** What a member of a record is; with a question mark, it may be left out. */
export type MemberType = "string" | "number" | "boolean" | "object" | "list" | `${MemberName}?`;
type MemberName = "string" | "number" | "boolean" | "object" | "list";

/**
 * A record's value as an object that has these members; further ones are those of later releases. Throws MalformedRecord for
 * anything else: a limit that cannot be read must not be taken for none.
 */
export function readRecord(value: string, members: Readonly<Record<string, MemberType>> = {}): object {
  let record: unknown;
  try {
    record = JSON.parse(value);
  } catch {
    // What JSON.parse says of it has pieces of it.
    throw new MalformedRecord("it is no JSON");
  }
  if (typeOf(record) !== "object") throw new MalformedRecord(`it is ${typeOf(record)}, and no JSON object`);
  checkMembers(record as object, members);
  return record as object;
}

/** Throws MalformedRecord for the first member that is of another type, or missing. `at`: where the object is. */
export function checkMembers(object: object, members: Readonly<Record<string, MemberType>>, at = ""): void {
  for (const [name, type] of Object.entries(members)) {
    const given: unknown = Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined;
    if (given === undefined && type.endsWith("?")) continue;
    const expected = type.replace("?", "");
    if (typeOf(given) === expected) continue;
    throw new MalformedRecord(`${at}${name} is ${typeOf(given)}, and not ${expected}`);
  }
}

function typeOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}
