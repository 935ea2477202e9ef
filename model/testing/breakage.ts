import fc from "fast-check";
import type {
  IntegerShape,
  ListShape,
  MapShape,
  NumberShape,
  Shape,
  StringShape,
  StructureShape,
} from "../shape.js";
import type { Path } from "../violation.js";
import { arbitrary, arbitraryList, arbitraryMap, arbitraryStructure } from "./arbitrary.js";

/** A value that breaks a shape in one way only, and where. */
export interface Broken {
  readonly value: unknown;
  readonly path: Path;
}

/** One way to break a shape, with the values that are broken in it. */
export interface Breakage {
  /** Where, for any index: `listeners[].portMapping.port`. */
  readonly place: string;
  /** Which constraint: `above the largest`. */
  readonly constraint: string;
  readonly values: fc.Arbitrary<Broken>;
}

/** Every way in which a value can break a shape: each constraint of each place in it, once. */
export function breakages(shape: Shape, place = ""): Breakage[] {
  return [
    ...ownBreakages(shape).map((breakage) => ({ place, ...breakage })),
    ...innerBreakages(shape, place),
  ];
}

function innerBreakages(shape: Shape, place: string): Breakage[] {
  if (shape.kind === "list") {
    return breakages(shape.item, `${place}[]`).map((breakage) => ({
      ...breakage,
      values: breakage.values.chain((broken) => inList(shape, broken)),
    }));
  }
  if (shape.kind === "map") {
    return breakages(shape.item, `${place}{}`).map((breakage) => ({
      ...breakage,
      values: breakage.values.chain((broken) => inMap(shape, broken)),
    }));
  }
  if (shape.kind !== "structure") return [];
  return Object.entries(shape.members).flatMap(([name, member]) =>
    breakages(member.shape, place === "" ? name : `${place}.${name}`).map((breakage) => ({
      ...breakage,
      values: breakage.values.chain((broken) => inStructure(shape, name, broken)),
    })),
  );
}

const inList = (shape: ListShape, broken: Broken): fc.Arbitrary<Broken> =>
  arbitraryList(shape, arbitrary(shape.item)).chain((items) =>
    fc.nat({ max: items.length === 0 ? 0 : items.length - 1 }).map((index) => ({
      value: items.length === 0 ? [broken.value] : items.with(index, broken.value),
      path: [index, ...broken.path],
    })),
  );

const inMap = (shape: MapShape, broken: Broken): fc.Arbitrary<Broken> =>
  arbitraryMap(shape, arbitrary(shape.item)).map((entries) => {
    const name = Object.keys(entries)[0] ?? "one";
    return { value: { ...entries, [name]: broken.value }, path: [name, ...broken.path] };
  });

const inStructure = (shape: StructureShape, name: string, broken: Broken): fc.Arbitrary<Broken> =>
  arbitraryStructure(
    shape,
    (member, other) => (other === name ? fc.constant(broken.value) : arbitrary(member.shape)),
    name,
  ).map((value) => ({ value, path: [name, ...broken.path] }));

type OwnBreakage = Omit<Breakage, "place">;

function ownBreakages(shape: Shape): OwnBreakage[] {
  const ofOtherForm = here(`not of form ${shape.kind}`, fc.constantFrom(...otherForms(shape)));
  switch (shape.kind) {
    case "string":
      return [ofOtherForm, ...stringBreakages(shape)];
    case "integer":
      return [
        ofOtherForm,
        here(
          "not a whole number that JSON keeps",
          fc.constantFrom(0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY),
        ),
        ...rangeBreakages(shape),
      ];
    case "number":
      return [
        ofOtherForm,
        here("not a number that JSON keeps", fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)),
        ...rangeBreakages(shape),
      ];
    case "boolean":
      return [ofOtherForm];
    case "enum":
      return [
        ofOtherForm,
        here(
          "no value of the enumeration",
          fc.constantFrom(
            "",
            "toString",
            "__proto__",
            ...Object.keys(shape.values).map((value) => `${value} `),
          ),
        ),
      ];
    case "list":
      return [ofOtherForm, ...listBreakages(shape)];
    case "map":
      return [ofOtherForm, ...mapBreakages(shape)];
    case "structure":
      return [ofOtherForm, ...structureBreakages(shape)];
    case "json":
      return [];
  }
}

const here = (constraint: string, values: fc.Arbitrary<unknown>): OwnBreakage => ({
  constraint,
  values: values.map((value) => ({ value, path: [] })),
});

function otherForms(shape: Shape): unknown[] {
  const forms: [Shape["kind"][], unknown][] = [
    [["string", "enum"], "text"],
    [["integer", "number"], 7],
    [["number"], 1.5],
    [["boolean"], true],
    [["list"], []],
    [["structure", "map"], {}],
  ];
  return [null, ...forms.filter(([kinds]) => !kinds.includes(shape.kind)).map(([, value]) => value)];
}

function stringBreakages({ minLength = 0, maxLength, pattern }: StringShape): OwnBreakage[] {
  const found: OwnBreakage[] = [];
  if (minLength > 0) found.push(here("shorter than allowed", fc.constant("a".repeat(minLength - 1))));
  if (maxLength !== undefined) {
    found.push(
      here(
        "longer than allowed",
        fc.constantFrom("a".repeat(maxLength + 1), "\u{1f680}".repeat(maxLength + 1)),
      ),
    );
  }
  if (pattern !== undefined) {
    const others = ["\0", "/", " ", ":", "é", "a".repeat(Math.max(minLength, 1))].filter(
      (text) => !pattern.regex.test(text),
    );
    found.push(
      here("not of the pattern", fc.constantFrom(...others.map((text) => text.padEnd(minLength, text)))),
    );
  }
  return found;
}

function rangeBreakages({ min, max }: IntegerShape | NumberShape): OwnBreakage[] {
  const found: OwnBreakage[] = [];
  if (min !== undefined) found.push(here("below the smallest", fc.constantFrom(min - 1, -(2 ** 40))));
  if (max !== undefined)
    found.push(here("above the largest", fc.constantFrom(max + 1, Number.MAX_SAFE_INTEGER)));
  return found;
}

function listBreakages(shape: ListShape): OwnBreakage[] {
  const { minItems = 0, maxItems } = shape;
  const ofLength = (length: number) =>
    fc.array(arbitrary(shape.item), { minLength: length, maxLength: length, size: "max" });
  const found: OwnBreakage[] = [];
  if (minItems > 0) found.push(here("fewer items than allowed", ofLength(minItems - 1)));
  if (maxItems !== undefined) found.push(here("more items than allowed", ofLength(maxItems + 1)));
  return found;
}

function mapBreakages(shape: MapShape): OwnBreakage[] {
  const { minItems = 0, maxItems } = shape;
  const ofSize = (size: number) =>
    fc
      .array(arbitrary(shape.item), { minLength: size, maxLength: size, size: "max" })
      .map((items) => Object.fromEntries(items.map((item, index) => [`entry-${index}`, item])));
  const found: OwnBreakage[] = [];
  if (minItems > 0) found.push(here("fewer entries than allowed", ofSize(minItems - 1)));
  if (maxItems !== undefined) found.push(here("more entries than allowed", ofSize(maxItems + 1)));
  return found;
}

function structureBreakages(shape: StructureShape): OwnBreakage[] {
  const found: OwnBreakage[] = [];
  const values = arbitrary(shape) as fc.Arbitrary<Record<string, unknown>>;
  found.push({
    constraint: "a member that the shape does not have",
    values: fc
      .tuple(values, fc.constantFrom("unheardOf", "__proto__", "constructor", ""))
      .map(([value, name]) => ({ value: withMember(value, name, 1), path: [name] })),
  });
  for (const [name, member] of Object.entries(shape.members)) {
    if (!member.required) continue;
    found.push({
      constraint: `without ${name}`,
      values: values.map((value) => ({ value: without(value, [name]), path: [name] })),
    });
  }
  for (const choice of shape.choices) {
    if (choice.required)
      found.push(
        here(
          `none of ${choice.of}`,
          values.map((value) => without(value, choice.of)),
        ),
      );
    const [one, two] = choice.of;
    if (one === undefined || two === undefined) continue;
    const both = (name: string) => arbitrary((shape.members[name] as { shape: Shape }).shape);
    found.push(
      here(
        `both ${one} and ${two}`,
        fc.tuple(values, both(one), both(two)).map(([value, a, b]) => ({ ...value, [one]: a, [two]: b })),
      ),
    );
  }
  return found;
}

const without = (value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** Also for names that an assignment would treat as special, as JSON.parse does. */
const withMember = (value: Record<string, unknown>, name: string, member: unknown): Record<string, unknown> =>
  Object.defineProperty({ ...value }, name, {
    value: member,
    enumerable: true,
    configurable: true,
    writable: true,
  });
