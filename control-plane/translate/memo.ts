/**
 * Remembers what `compute` returned, by the identity of its arguments (objects) and their values (all else), so
 * that the same inputs give the same object. What is remembered goes when one of the objects goes, usually a spec; at
 * least one is such that it does. Where all of them stay, so does every value that was ever given beside them.
 */
export function memo<A extends readonly [object, ...unknown[]], R>(
  compute: (...args: A) => R,
): (...args: A) => R {
  const root = new Branch<R>();
  return (...args) => {
    // Objects first, whose branches go with them: names that come and go would leave theirs behind.
    let branch = root;
    let places = 0;
    for (let place = 0; place < args.length; place++) {
      if (!isObject(args[place])) continue;
      places |= 1 << place;
      branch = branch.at(args[place]);
    }
    branch = branch.at(places).at(args.length);
    for (const argument of args) if (!isObject(argument)) branch = branch.at(argument);
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

const isObject = (argument: unknown): argument is object => typeof argument === "object" && argument !== null;

/** One step through the arguments. */
class Branch<R> {
  result: { readonly value: R } | undefined;
  #objects: WeakMap<object, Branch<R>> | undefined;
  #values: Map<unknown, Branch<R>> | undefined;

  at(argument: unknown): Branch<R> {
    if (isObject(argument)) {
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
