/**
 * The values that travel between the engine and the provider, with the two facts that plain JSON cannot
 * say: a value that is not known yet (only in previews) and a value that must not be shown.
 */
export type Value = null | boolean | number | string | Unknown | Secret | readonly Value[] | ObjectValue;

export interface ObjectValue {
  readonly [key: string]: Value;
}

/** Plain JSON: a value in which nothing is secret and nothing unknown. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

class Unknown {
  /** Keeps other objects from passing as this one. */
  readonly unknown = true;
}

export type { Unknown };

/** A value that becomes known only once the update runs. */
export const UNKNOWN = new Unknown();

export class Secret {
  constructor(readonly value: Value) {}
}

export const isUnknown = (value: unknown): value is Unknown => value === UNKNOWN;

export const isObject = (value: unknown): value is ObjectValue =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Secret) &&
  value !== UNKNOWN;

/** Wraps a value as secret, once. */
export const secret = (value: Value): Secret => (value instanceof Secret ? value : new Secret(value));

/** The value with its secrets laid open; unknown parts stay as they are. */
export function reveal(value: Value): Value {
  if (value instanceof Secret) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (isObject(value)) return mapObject(value, reveal);
  return value;
}

export const containsSecret = (value: Value): boolean => contains(value, (part) => part instanceof Secret);

export const containsUnknown = (value: Value): boolean => contains(value, isUnknown);

/** The value as plain JSON. Throws where something is still unknown, which would be a mistake of the caller. */
export function toJson(value: Value): Json {
  const open = reveal(value);
  if (containsUnknown(open)) throw new Error("a value that is not known yet cannot leave the provider");
  return open as Json;
}

/**
 * Members that are null or unknown to JavaScript (undefined) are the same as absent ones, at every depth:
 * languages differ in which of them they send.
 */
export function dropNulls(value: Value): Value {
  if (value instanceof Secret) {
    const inner = dropNulls(value.value);
    return inner === null ? null : new Secret(inner);
  }
  if (Array.isArray(value)) return value.map(dropNulls);
  if (isObject(value)) {
    const kept = Object.entries(mapObject(value, dropNulls)).filter(([, member]) => member !== null);
    return Object.fromEntries(kept);
  }
  return value ?? null;
}

/**
 * Marks in `value` what is secret in `source`, a version of the same value. Lists are compared whole:
 * where their elements have moved nobody can tell which one was the secret, so the whole list becomes one.
 */
export function carrySecrets(source: Value | undefined, value: Value): Value {
  if (source === undefined || !containsSecret(source)) return value;
  if (source instanceof Secret) return secret(value);
  if (value instanceof Secret) return value;
  if (isObject(source) && isObject(value)) {
    return mapObject(value, (member, key) => carrySecrets(source[key], member));
  }
  if (Array.isArray(source) && Array.isArray(value) && equal(source, value)) {
    return value.map((item, index) => carrySecrets(source[index], item));
  }
  return secret(value);
}

/** Deep equality that does not look at secrecy or at the order of keys. Unknown equals only unknown. */
export function equal(a: Value, b: Value): boolean {
  if (a instanceof Secret) return equal(a.value, b);
  if (b instanceof Secret) return equal(a, b.value);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index] as Value));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && equal(a[key] as Value, b[key] as Value))
    );
  }
  return a === b;
}

function contains(value: Value, test: (part: Value) => boolean): boolean {
  if (test(value)) return true;
  if (value instanceof Secret) return contains(value.value, test);
  if (Array.isArray(value)) return value.some((item) => contains(item, test));
  return isObject(value) && Object.values(value).some((member) => contains(member, test));
}

function mapObject(value: ObjectValue, change: (member: Value, key: string) => Value): ObjectValue {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, change(member, key)]));
}
