import { nearest } from "./nearest.js";
import type {
  Choice,
  EnumShape,
  IntegerShape,
  ListShape,
  Shape,
  StringShape,
  StructureShape,
} from "./shape.js";
import { allOf, oneOf, quote, showAllowed, showGiven } from "./show.js";
import type { Path, Violation } from "./violation.js";

export interface ValidateOptions {
  /** Where the value stands, for the paths of violations. Default: nowhere. */
  readonly path?: Path;
  /**
   * Tells values that are not known yet, as in a preview. They count as given and are not looked into. Default: every
   * value is known.
   */
  readonly isUnknown?: (value: unknown) => boolean;
}

/** Beyond this many, further violations are not looked for: a hostile value must not become an enormous answer. */
export const maxViolations = 100;

/**
 * Everything in which a value breaks a shape, in the order of the value; empty if nothing does. The value may be
 * anything that JSON can say. It is never changed, and no value makes this function throw.
 */
export function validate(shape: Shape, value: unknown, options: ValidateOptions = {}): Violation[] {
  const validation = new Validation(options.isUnknown ?? (() => false));
  validation.check(shape, value, options.path ?? []);
  return validation.violations;
}

class Validation {
  readonly violations: Violation[] = [];

  constructor(private readonly isUnknown: (value: unknown) => boolean) {}

  /** The depth is that of the shape, never that of the value: what a shape does not know is not entered. */
  check(shape: Shape, value: unknown, path: Path): void {
    if (this.violations.length >= maxViolations || this.isUnknown(value)) return;
    switch (shape.kind) {
      case "string":
        return this.checkString(shape, value, path);
      case "integer":
        return this.checkInteger(shape, value, path);
      case "boolean":
        if (typeof value !== "boolean") this.refuse(shape, value, path);
        return;
      case "enum":
        return this.checkEnum(shape, value, path);
      case "list":
        return this.checkList(shape, value, path);
      case "structure":
        return this.checkStructure(shape, value, path);
    }
  }

  private checkString(shape: StringShape, value: unknown, path: Path): void {
    if (typeof value !== "string" || !fits(shape, value)) this.refuse(shape, value, path);
  }

  private checkInteger(shape: IntegerShape, value: unknown, path: Path): void {
    // Beyond the safe integers a number has already lost digits on its way through JSON.
    if (!Number.isSafeInteger(value)) return this.refuse(shape, value, path);
    const integer = value as number;
    if (integer < (shape.min ?? -Infinity) || integer > (shape.max ?? Infinity))
      this.refuse(shape, value, path);
  }

  private checkEnum(shape: EnumShape, value: unknown, path: Path): void {
    if (typeof value !== "string" || !Object.hasOwn(shape.values, value)) this.refuse(shape, value, path);
  }

  private checkList(shape: ListShape, value: unknown, path: Path): void {
    if (!Array.isArray(value)) return this.refuse(shape, value, path);
    const { minItems = 0, maxItems = Infinity } = shape;
    if (value.length < minItems || value.length > maxItems) this.refuse(shape, value, path);
    for (let index = 0; index < value.length; index++) {
      if (this.violations.length >= maxViolations) return;
      this.check(shape.item, value[index], [...path, index]);
    }
  }

  private checkStructure(shape: StructureShape, value: unknown, path: Path): void {
    if (!isObject(value)) return this.refuse(shape, value, path);
    for (const choice of shape.choices) this.checkChoice(choice, value, path);
    for (const [name, member] of Object.entries(shape.members)) {
      const memberPath = [...path, name];
      if (isGiven(value, name)) {
        if (value[name] === null && !member.required) this.refuseNull(member.shape, memberPath);
        else this.check(member.shape, value[name], memberPath);
      } else if (member.required) {
        this.add(memberPath, undefined, `nothing was given; ${showAllowed(member.shape)} is required.`);
      }
    }
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(shape.members, name) || value[name] === undefined) continue;
      if (this.violations.length >= maxViolations) return;
      this.refuseUnknownMember(shape, name, value[name], [...path, name]);
    }
  }

  private checkChoice(choice: Choice, value: Record<string, unknown>, path: Path): void {
    const given = choice.of.filter((name) => isGiven(value, name));
    if (given.length === 1 || (given.length === 0 && !choice.required)) return;
    const found = given.length === 0 ? "none of them was given" : `${allOf(given)} were given`;
    const allowed =
      choice.of.length === 1
        ? `${choice.of[0]} is required`
        : `${choice.required ? "exactly" : "at most"} one of ${oneOf(choice.of)} is allowed`;
    this.add(
      path,
      value,
      `${given.length === 0 && choice.of.length === 1 ? "nothing was given" : found}; ${allowed}.`,
    );
  }

  private refuseUnknownMember(shape: StructureShape, name: string, given: unknown, path: Path): void {
    const names = Object.keys(shape.members);
    const meant = nearest(name, names);
    const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
    this.add(
      path,
      given,
      `${quote(name)} is not a member of ${shape.name}; ${allOf(names)} ${names.length === 1 ? "is" : "are"} allowed.${hint}`,
    );
  }

  private refuseNull(shape: Shape, path: Path): void {
    this.add(
      path,
      null,
      `null was given; ${showAllowed(shape)} is allowed. Leave the member out to have none.`,
    );
  }

  private refuse(shape: Shape, given: unknown, path: Path): void {
    this.add(path, given, `${showGiven(given)} was given; ${showAllowed(shape)} is allowed.`);
  }

  private add(path: Path, given: unknown, message: string): void {
    if (this.violations.length < maxViolations) this.violations.push({ path, given, message });
  }
}

/** Lengths count characters (code points), as the contract does, not the units of a string in memory. */
function fits(shape: StringShape, value: string): boolean {
  const { minLength = 0, maxLength = Infinity, pattern } = shape;
  // A character takes at most two units; longer than that, counting is not worth it.
  if (value.length > 2 * maxLength) return false;
  const length =
    value.length > maxLength || value.length < 2 * minLength ? Array.from(value).length : value.length;
  return length >= minLength && length <= maxLength && (pattern === undefined || pattern.regex.test(value));
}

/** A member is given unless it is absent; null is given. */
const isGiven = (value: Record<string, unknown>, name: string): boolean =>
  Object.hasOwn(value, name) && value[name] !== undefined;

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
