import type { Shape } from "./shape.js";

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

/** What a caller gave, in the words of JSON. */
export function showGiven(value: unknown): string {
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
      return "an object";
    default:
      return `a ${typeof value}`;
  }
}

/** What a shape allows, as the subject of a sentence. */
export function showAllowed(shape: Shape): string {
  switch (shape.kind) {
    case "string": {
      const characters = range(shape.minLength || undefined, shape.maxLength, "character");
      if (shape.pattern === undefined)
        return characters === undefined ? "a string" : `a string of ${characters}`;
      return characters === undefined || shape.minLength === shape.maxLength || shape.maxLength === undefined
        ? shape.pattern.says
        : `${characters}, ${shape.pattern.says},`;
    }
    case "integer": {
      if (shape.min !== undefined && shape.max !== undefined)
        return `an integer from ${shape.min} to ${shape.max}`;
      if (shape.min !== undefined) return `an integer of at least ${shape.min}`;
      if (shape.max !== undefined) return `an integer of at most ${shape.max}`;
      return "an integer";
    }
    case "boolean":
      return "true or false";
    case "enum":
      return oneOf(Object.keys(shape.values).map((value) => JSON.stringify(value)));
    case "list": {
      const items = range(shape.minItems || undefined, shape.maxItems, "item");
      return items === undefined ? "a list" : `a list of ${items}`;
    }
    case "structure":
      return `an object with ${shape.union ? "one of " : ""}${Object.keys(shape.members).join(", ")}`;
  }
}

const range = (min: number | undefined, max: number | undefined, unit: string): string | undefined => {
  if (min !== undefined && max !== undefined)
    return min === max ? `exactly ${count(min, unit)}` : `${min} to ${count(max, unit)}`;
  if (min !== undefined) return `at least ${count(min, unit)}`;
  if (max !== undefined) return `at most ${count(max, unit)}`;
  return undefined;
};

const count = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? "" : "s"}`;

/** `a, b or c` */
export const oneOf = (names: readonly string[]): string => joined(names, "or");
/** `a, b and c` */
export const allOf = (names: readonly string[]): string => joined(names, "and");

const joined = (names: readonly string[], last: string): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1)}`;
