import fc from "fast-check";
import type {
  Infer,
  IntegerShape,
  ListShape,
  MapShape,
  Member,
  NumberShape,
  Shape,
  StringShape,
  StructureShape,
} from "../shape.js";
import { validate } from "../validate.js";

type Json = unknown;
type Members = Record<string, Json>;

/** Changes what is generated for one shape, wherever it occurs. */
export type Refinements = ReadonlyMap<Shape, (value: never) => Json>;

/** Every kind of value that a shape allows. */
export function arbitrary<S extends Shape>(
  shape: S,
  refinements: Refinements = new Map(),
): fc.Arbitrary<Infer<S>> {
  const refine = refinements.get(shape);
  const values = unrefined(shape, refinements);
  return (refine === undefined ? values : values.map((value) => refine(value as never))) as fc.Arbitrary<
    Infer<S>
  >;
}

function unrefined(shape: Shape, refinements: Refinements): fc.Arbitrary<Json> {
  switch (shape.kind) {
    case "string":
      return arbitraryString(shape);
    case "integer":
      return arbitraryInteger(shape);
    case "number":
      return arbitraryNumber(shape);
    case "boolean":
      return fc.boolean();
    case "enum":
      return fc.constantFrom(...Object.keys(shape.values));
    case "list":
      return arbitraryList(shape, arbitrary(shape.item, refinements));
    case "map":
      return arbitraryMap(shape, arbitrary(shape.item, refinements));
    case "structure":
      return arbitraryStructure(shape, (member) => arbitrary(member.shape, refinements));
    case "json":
      // A member that is null would have to be left out.
      return fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null);
  }
}

/** Words of every script, the empty one among them where it is allowed; never longer than a test wants to read. */
function arbitraryString(shape: StringShape): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = shape;
  const limits = { minLength, maxLength: Math.min(maxLength, minLength + 12) };
  const isAllowed = (text: string) => validate(shape, text).length === 0;
  const text = fc.oneof(
    fc.string({ unit: "grapheme-ascii", ...limits }),
    fc.string({ unit: "binary", ...limits }),
  );
  return (pattern === undefined ? text : (matching(pattern.regex) ?? text)).filter(isAllowed);
}

/** fast-check knows many regular expressions, but neither lookaheads nor properties of characters. */
function matching(regex: RegExp): fc.Arbitrary<string> | undefined {
  try {
    return fc.stringMatching(regex, { size: "-1" });
  } catch {
    return undefined;
  }
}

const arbitraryInteger = (shape: IntegerShape): fc.Arbitrary<number> =>
  fc.maxSafeInteger().map((n) => {
    const min = shape.min ?? Number.MIN_SAFE_INTEGER;
    const max = shape.max ?? Number.MAX_SAFE_INTEGER;
    return n < min || n > max ? min + (Math.abs(n) % Math.min(max - min + 1, Number.MAX_SAFE_INTEGER)) : n;
  });

const arbitraryNumber = ({ min, max }: NumberShape): fc.Arbitrary<number> =>
  fc.double({
    noNaN: true,
    noDefaultInfinity: true,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  });

export function arbitraryMap(shape: MapShape, item: fc.Arbitrary<Json>): fc.Arbitrary<Members> {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = shape;
  return fc.dictionary(fc.string(), item, {
    minKeys: minItems,
    maxKeys: Math.min(maxItems, minItems + 3),
    noNullPrototype: true,
  });
}

export function arbitraryList(shape: ListShape, item: fc.Arbitrary<Json>): fc.Arbitrary<Json[]> {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = shape;
  return fc.array(item, { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) });
}

/** Optional members come and go; of members that exclude each other at most one is there. */
export function arbitraryStructure(
  shape: StructureShape,
  memberValues: (member: Member, name: string) => fc.Arbitrary<Json>,
  present?: string,
): fc.Arbitrary<Members> {
  const chosen = shape.choices.map((choice) => {
    if (present !== undefined && choice.of.includes(present)) return fc.constant(present);
    return choice.required
      ? fc.constantFrom(...choice.of)
      : fc.option(fc.constantFrom(...choice.of), { nil: "" });
  });
  return fc.tuple(...chosen).chain((choices) => {
    const excluded = new Set(
      shape.choices.flatMap((choice) => choice.of).filter((name) => !choices.includes(name)),
    );
    const members = Object.entries(shape.members).filter(([name]) => !excluded.has(name));
    const requiredKeys = members
      .filter(([name, member]) => member.required || choices.includes(name) || name === present)
      .map(([name]) => name);
    const values = Object.fromEntries(members.map(([name, member]) => [name, memberValues(member, name)]));
    return fc.record(values, { requiredKeys, noNullPrototype: true });
  });
}
