import { unknown } from "../subjects/known.js";

/**
 * How Pulumi writes on the wire what JSON has no word for (pulumi: sdk/go/common/resource/plugin/rpc.go and sig.go). They
 * are stated here so that a pack starts without the SDK's runtime, which takes longer than all else.
 */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";
const output = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const unknowns = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // text
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // list
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** Where providers that are made of Terraform's note which members of an object they filled in. */
const filledIn = "__defaults";

type Members = Readonly<Record<string, unknown>>;

const isWrapped = (value: Members): boolean => value[signature] === secret || value[signature] === output;

/**
 * What rules look at, of a value on the wire: plain values without their wrappings, with `unknown` in the place of what is
 * not known before `pulumi up`. What is null counts as not given.
 */
export function fromWire(value: unknown): unknown {
  if (typeof value === "string") return unknowns.has(value) ? unknown : value;
  if (typeof value !== "object" || value === null) return value ?? undefined;
  if (Array.isArray(value)) return value.map(fromWire);
  const members = value as Members;
  if (isWrapped(members)) return "value" in members ? fromWire(members.value) : unknown;
  const read: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(members)) {
    if (name === filledIn) continue;
    const one = fromWire(member);
    if (one !== undefined) read[name] = one;
  }
  return read;
}

/** Within its wrappings, what a value on the wire has for members: what is within a secret stays one. */
export function opened(value: unknown): Record<string | number, unknown> {
  const members = value as Record<string, unknown>;
  return isWrapped(members) ? opened(members.value) : members;
}

/** A value that Pulumi keeps secret. */
export const asSecret = (value: unknown): object => ({ [signature]: secret, value });

/** What a value on the wire keeps secret, if it does. */
export const secretIn = (value: object): { readonly value: unknown } | undefined => {
  const members = value as Record<string, unknown>;
  return members[signature] === secret ? { value: members.value } : undefined;
};
