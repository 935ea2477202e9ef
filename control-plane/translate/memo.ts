/**
 * Remembers what `compute` returned, by the identity of its arguments (objects) and their values (all else), so
 * that the same inputs give the same object. The first argument is an object that lives as long as what is
 * derived from it is of use, usually a spec: what is remembered goes when it goes.
 */
export function memo<A extends readonly [object, ...unknown[]], R>(
  compute: (...args: A) => R,
): (...args: A) => R {
  const root = new Branch<R>();
  return (...args) => {
    let branch = root;
    for (const argument of args) branch = branch.at(argument);
    branch.result ??= { value: compute(...args) };
    return branch.result.value;
  };
}

/** The same array for the same items in the same order: lets a list be an argument of what `memo` returns. */
export function list<T extends object>(items: Iterable<T>): readonly T[] {
  let branch = lists as Branch<readonly T[]>;
  const array = [...items];
  for (const item of array) branch = branch.at(item);
  branch.result ??= { value: array };
  return branch.result.value;
}

/** One step through the arguments. */
class Branch<R> {
  result: { readonly value: R } | undefined;
  #objects: WeakMap<object, Branch<R>> | undefined;
  #values: Map<unknown, Branch<R>> | undefined;

  at(argument: unknown): Branch<R> {
    if (typeof argument === "object" && argument !== null) {
      this.#objects ??= new WeakMap();
      return next(this.#objects, argument);
    }
    this.#values ??= new Map();
    return next(this.#values, argument);
  }
}

function next<K, R>(
  branches: { get(key: K): Branch<R> | undefined; set(key: K, branch: Branch<R>): unknown },
  key: K,
): Branch<R> {
  let branch = branches.get(key);
  if (branch === undefined) {
    branch = new Branch();
    branches.set(key, branch);
  }
  return branch;
}

const lists = new Branch<readonly object[]>();
