import type { Path } from "@pulumi-appmesh/model";

/** Stands for a value that is not known before `pulumi up`. */
export const unknown: unique symbol = Symbol("not known yet");

/** A rule read a value that is not known yet: what it would say of it has to wait. */
export class NotKnownYet extends Error {
  override readonly name = "NotKnownYet";
  constructor(readonly path: Path) {
    super(`${path.join(".")} is not known yet`);
  }
}

/**
 * A copy of what Pulumi hands to a policy, with `unknown` in the place of what it does not know. Pulumi's own object
 * throws where such a value is read, which would end a rule at the first. `unwrapped` takes values out of a wrapping.
 */
export function plain(value: unknown, unwrapped: (value: object) => unknown = (value) => value): unknown {
  if (typeof value !== "object" || value === null) return value;
  const bare = unwrapped(value);
  if (bare !== value) return plain(bare, unwrapped);
  const read = (key: string | number): unknown => {
    let member: unknown;
    try {
      member = (value as Record<string | number, unknown>)[key];
    } catch (error) {
      if (error instanceof Error && /can't be known during preview/.test(error.message)) return unknown;
      throw error;
    }
    return plain(member, unwrapped);
  };
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(index));
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(key)]));
}

/** The same value, which throws NotKnownYet where an unknown part of it is read. */
export function guarded<T>(value: T, path: Path): T {
  if (value === unknown) throw new NotKnownYet(path);
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key, receiver) {
      const member: unknown = Reflect.get(target, key, receiver);
      // Methods and length of lists are no values of the subject.
      if (typeof key === "symbol" || typeof member === "function" || !Object.hasOwn(target, key))
        return member;
      return guarded(member, [...path, Array.isArray(target) && key !== "length" ? Number(key) : key]);
    },
  });
}
