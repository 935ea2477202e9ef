import type { IntegerShape, NumberShape, Shape, StringShape } from "./shape.js";

/** Longest text of a caller that an error repeats, in characters. */
const longest = 80;

/**
 * A caller's text for an error message: quoted, shortened, and without anything that could act on a terminal, a log or
 * the direction of writing.
 */
export function quote(text: string): string {
  // Cut before the costly part: the text may be megabytes long.
  const head = Array.from(text.slice(0, 2 * longest));
  const shortened = head.slice(0, longest).join("");
  const shown = JSON.stringify(shortened).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, escaped);
  return shortened.length < text.length ? `${shown} … (${text.length} characters)` : shown;
}

const escaped = (character: string): string => {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\u{${code}}`;
};

/** What a caller gave, in the words of JSON; an object counts its entries where a map is asked for. */
export function showGiven(value: unknown, asked?: Shape): string {
  switch (typeof value) {
    case "undefined":
      return "nothing";
    case "string":
      return quote(value);
    case "number":
    case "boolean":
      return String(value);
    case "bigint":
      return quote(String(value)).slice(1, -1);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value))
        return value.length === 1 ? "a list of 1 item" : `a list of ${value.length} items`;
      return asked?.kind === "map"
        ? `a map of ${count(Object.keys(value).length, "entry", "entries")}`
        : "an object";
    default:
      return `a ${typeof value}`;
  }
}

/** What a shape allows, as the subject of a sentence. */
export function showAllowed(shape: Shape): string {
  switch (shape.kind) {
    case "string":
      return showString(shape);
    case "integer":
      return showNumber(shape, "an integer");
    case "number":
      return showNumber(shape, "a number");
    case "boolean":
      return "true or false";
    case "enum":
      return oneOf(Object.keys(shape.values).map((value) => JSON.stringify(value)));
    case "list":
      return among("a list", showRange(shape.minItems, shape.maxItems, "item"));
    case "map":
      return among("a map", showRange(shape.minItems, shape.maxItems, "entry", "entries"));
    case "json":
      return "any JSON value";
    case "structure": {
      const names = Object.keys(shape.members);
      return `an object with ${shape.union && names.length > 1 ? `exactly one of ${oneOf(names)}` : allOf(names)}`;
    }
  }
}

function showString({ minLength, maxLength, pattern }: StringShape): string {
  // A whole phrase of its own needs no length beside it; a mere addition ("without spaces") does.
  if (pattern !== undefined && /^an? /.test(pattern.says)) return pattern.says;
  const text = among("a string", showRange(minLength, maxLength, "character"));
  return pattern === undefined ? text : `${text} ${pattern.says}`;
}

function showNumber({ min, max }: IntegerShape | NumberShape, what: string): string {
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  if (min !== undefined) return `${what} of at least ${min}`;
  if (max !== undefined) return `${what} of at most ${max}`;
  return what;
}

const among = (what: string, range: string | undefined): string =>
  range === undefined ? what : `${what} of ${range}`;

function showRange(min = 0, max: number | undefined, unit: string, units = `${unit}s`): string | undefined {
  if (max === undefined) return min === 0 ? undefined : `at least ${count(min, unit, units)}`;
  if (min === max) return `exactly ${count(max, unit, units)}`;
  return min === 0 ? `at most ${count(max, unit, units)}` : `${min} to ${count(max, unit, units)}`;
}

const count = (n: number, unit: string, units: string): string => `${n} ${n === 1 ? unit : units}`;

/** `a, b or c` */
export const oneOf = (names: readonly string[]): string => joined(names, "or");

/** `a, b and c` */
export const allOf = (names: readonly string[]): string => joined(names, "and");

/** `no a`, `neither a nor b`, `none of a, b and c` */
export function noneOf(names: readonly string[]): string {
  if (names.length === 1) return `no ${names[0]}`;
  return names.length === 2 ? `neither ${names[0]} nor ${names[1]}` : `none of ${allOf(names)}`;
}

const joined = (names: readonly string[], last: string): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;
