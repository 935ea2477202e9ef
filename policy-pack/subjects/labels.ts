// Which pods a label selector of Kubernetes chooses, and whether one chooses all that another does.

type Members = Readonly<Record<string, unknown>>;

/** Values of a label: only these, or all but these. `undefined` among them is a label that is not there. */
interface Values {
  readonly only: boolean;
  readonly of: ReadonlySet<string | undefined>;
}

/** What a selector asks of each label that it names. */
export type Selector = ReadonlyMap<string, Values>;

/** A selector that Kubernetes does not take. */
export class InvalidSelector extends Error {
  override readonly name = "InvalidSelector";
  constructor(
    readonly path: readonly (string | number)[],
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}

/** Reads a `metav1.LabelSelector`. Throws InvalidSelector, and NotKnownYet where it is guarded. */
export function readSelector(given: unknown): Selector {
  if (!isObject(given)) throw new InvalidSelector([], shown(given), "give matchLabels or matchExpressions");
  const { matchLabels = {}, matchExpressions = [] } = given;
  if (!isObject(matchLabels))
    throw new InvalidSelector(["matchLabels"], shown(matchLabels), "give labels and their values");
  if (!Array.isArray(matchExpressions))
    throw new InvalidSelector(["matchExpressions"], shown(matchExpressions), "give a list");
  const selector = new Map<string, Values>();
  const ask = (key: string, values: Values) => {
    const other = selector.get(key);
    selector.set(key, other ? both(other, values) : values);
  };
  for (const [key, value] of Object.entries(matchLabels))
    ask(key, { only: true, of: new Set([String(value)]) });
  for (const [index, each] of matchExpressions.entries()) {
    const path = ["matchExpressions", index];
    if (!isObject(each)) throw new InvalidSelector(path, shown(each), "give key, operator and values");
    ask(String(each.key), expressed(each, path));
  }
  return selector;
}

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);

function expressed({ key, operator, values = [] }: Members, path: readonly (string | number)[]): Values {
  if (!Array.isArray(values)) throw new InvalidSelector([...path, "values"], shown(values), "give a list");
  const given = values.map(String);
  switch (operator) {
    case "In":
    case "NotIn":
      if (given.length === 0)
        throw new InvalidSelector([...path, "values"], `${operator} of no values of ${key}`, "give values");
      return { only: operator === "In", of: new Set(given) };
    case "Exists":
    case "DoesNotExist":
      if (given.length > 0)
        throw new InvalidSelector([...path, "values"], `${operator} of ${key} with values`, "leave them out");
      return { only: operator === "DoesNotExist", of: new Set([undefined]) };
    default:
      throw new InvalidSelector(
        [...path, "operator"],
        `there is no operator ${operator}`,
        "give In, NotIn, Exists or DoesNotExist",
      );
  }
}

/** Whether pods of these labels are chosen. */
export const chooses = (selector: Selector, labels: Members): boolean =>
  [...selector].every(([key, values]) =>
    takes(values, Object.hasOwn(labels, key) ? String(labels[key]) : undefined),
  );

/** Whether there may be a pod at all that is chosen. */
export const isPossible = (selector: Selector): boolean =>
  [...selector.values()].every(({ only, of }) => !only || of.size > 0);

/** Whether every pod that one chooses is chosen by the other, too. */
export const isWithin = (selector: Selector, wider: Selector): boolean =>
  [...wider].every(([key, values]) => isSubset(selector.get(key) ?? anything, values));

const anything: Values = { only: false, of: new Set() };

const takes = ({ only, of }: Values, value: string | undefined): boolean => of.has(value) === only;

const isSubset = (a: Values, b: Values): boolean =>
  a.only
    ? [...a.of].every((value) => takes(b, value))
    : !b.only && [...b.of].every((value) => a.of.has(value));

function both(a: Values, b: Values): Values {
  if (!a.only) return b.only ? both(b, a) : { only: false, of: new Set([...a.of, ...b.of]) };
  return { only: true, of: new Set([...a.of].filter((value) => takes(b, value))) };
}

/**
 * Selectors by the pods that they may choose. Each is looked for in the one place where it asks for what fewest others ask for, so
 * that finding those of a pod costs as much as it has labels, and not as there are selectors.
 */
export class SelectorIndex<T extends { readonly selector: Selector }> {
  /** All labels that are asked for. */
  readonly keys: ReadonlySet<string>;
  readonly #places = new Map<string, T[]>();

  constructor(all: readonly T[]) {
    this.keys = new Set(all.flatMap(({ selector }) => [...selector.keys()]));
    const count = new Map<string, number>();
    for (const { selector } of all)
      for (const place of [...selector].flatMap(([key, values]) => placesOf(key, values)))
        count.set(place, (count.get(place) ?? 0) + 1);
    const crowd = (places: readonly string[]) =>
      places.reduce((sum, place) => sum + (count.get(place) as number), 0);
    for (const each of all) {
      const asked = [...each.selector]
        .map(([key, values]) => placesOf(key, values))
        .filter((places) => places.length > 0);
      const places = asked.reduce(
        (least, next) => (crowd(next) < crowd(least) ? next : least),
        asked[0] ?? [""],
      );
      for (const place of places) {
        const others = this.#places.get(place);
        if (others) others.push(each);
        else this.#places.set(place, [each]);
      }
    }
  }

  /** Those that choose pods of these labels. */
  choosing(labels: Members): readonly T[] {
    const places = Object.entries(labels).flatMap(([key, value]) => [key, placeOf(key, String(value))]);
    return this.#in(places).filter(({ selector }) => chooses(selector, labels));
  }

  /** Those that choose all that this one chooses, itself included. */
  around(inner: Selector): readonly T[] {
    // A wider one takes all the values of a label that this one takes: any of them is a place where it may be.
    const places = [...inner].flatMap(([key, values]) => [key, ...placesOf(key, values).slice(0, 1)]);
    return this.#in(places).filter(({ selector }) => isWithin(inner, selector));
  }

  #in(places: readonly string[]): readonly T[] {
    return [...new Set(["", ...places].flatMap((place) => this.#places.get(place) ?? []))];
  }
}

const placeOf = (key: string, value: string): string => `${key}=${value}`;

/** One for each value that is asked for, or one for all where there just has to be one; none where there may be none. */
function placesOf(key: string, values: Values): readonly string[] {
  if (takes(values, undefined)) return [];
  return values.only ? [...values.of].map((value) => placeOf(key, value as string)) : [key];
}
