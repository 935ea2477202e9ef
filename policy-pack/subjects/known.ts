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

/** As `guarded`, of an object that itself need not be known: its members throw then. */
export const guardedInside = <T extends object>(value: T, path: Path): T =>
  (value as unknown) === unknown
    ? new Proxy({} as T, {
        get() {
          throw new NotKnownYet(path);
        },
      })
    : guarded(value, path);

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
      return guarded(member, [...path, Array.isArray(target) ? Number(key) : key]);
    },
  });
}
