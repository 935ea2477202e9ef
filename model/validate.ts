import { nearest } from "./nearest.js";
import type {
  Choice,
  IntegerShape,
  ListShape,
  MapShape,
  NumberShape,
  Shape,
  StringShape,
  StructureShape,
} from "./shape.js";
import { allOf, noneOf, quote, showAllowed, showGiven } from "./show.js";
import type { Path, Violation } from "./violation.js";

export interface ValidateOptions {
  /** Where the value stands, for the paths of violations. Default: nowhere. */
  readonly path?: Path;
  /**
   * Tells values that are not known yet, as in a preview. Such a value counts as given, is not looked into, and may
   * yet turn out to be absent. Default: every value is known.
   */
  readonly isUnknown?: (value: unknown) => boolean;
  /**
   * Whether the value was taken before, perhaps by another release, whose limits and members may be others: then only
   * what a program that knows this shape would not understand is a violation. Default: false.
   */
  readonly isKept?: boolean;
}

/** Beyond this many, further violations are not looked for: a hostile value must not become an enormous answer. */
export const maxViolations = 100;

/**
 * Everything in which a value breaks a shape, in the order of the shape; empty if nothing does. The value may be
 * anything that JSON can say. It is never changed, and no value makes this function throw.
 */
export function validate(shape: Shape, value: unknown, options: ValidateOptions = {}): Violation[] {
  const validation = new Validation(options.isUnknown ?? (() => false), options.isKept ?? false);
  validation.check(shape, value, options.path ?? []);
  return validation.violations;
}

class Validation {
  readonly violations: Violation[] = [];

  constructor(
    private readonly isUnknown: (value: unknown) => boolean,
    private readonly isKept: boolean,
  ) {}

  /** The depth is that of the shape, never that of the value: what a shape does not know is not entered. */
  check(shape: Shape, value: unknown, path: Path): void {
    if (this.isFull || this.isUnknown(value)) return;
    if (!(this.isKept ? isOfType(shape, value) : isOfForm(shape, value)))
      this.add(path, value, `${showGiven(value, shape)} was given; ${showAllowed(shape)} is allowed.`);
    if (shape.kind === "list" && Array.isArray(value)) this.checkItems(shape, value, path);
    if (shape.kind === "map" && isObject(value)) this.checkEntries(shape, value, path);
    if (shape.kind === "structure" && isObject(value)) this.checkMembers(shape, value, path);
  }

  private get isFull(): boolean {
    return this.violations.length >= maxViolations;
  }

  private checkItems(shape: ListShape, items: readonly unknown[], path: Path): void {
    for (let index = 0; index < items.length && !this.isFull; index++) {
      this.check(shape.item, items[index], [...path, index]);
    }
  }

  private checkEntries(shape: MapShape, entries: Members, path: Path): void {
    for (const [name, value] of Object.entries(entries)) {
      if (this.isFull) return;
      if (value !== undefined) this.check(shape.item, value, [...path, name]);
    }
  }

  private checkMembers(shape: StructureShape, value: Members, path: Path): void {
    for (const choice of shape.choices) this.checkChoice(choice, value, path);
    for (const [name, member] of Object.entries(shape.members)) {
      const at = [...path, name];
      if (!isPresent(value, name)) {
        if (member.required)
          this.add(at, undefined, `nothing was given; ${showAllowed(member.shape)} is required.`);
      } else if (value[name] === null && !member.required && !this.isUnknown(null)) {
        this.add(
          at,
          null,
          `null was given; ${showAllowed(member.shape)} is allowed. Leave the member out to have none.`,
        );
      } else {
        this.check(member.shape, value[name], at);
      }
    }
    if (this.isKept) return;
    for (const name of Object.keys(value)) {
      if (this.isFull) return;
      if (!Object.hasOwn(shape.members, name) && value[name] !== undefined) {
        this.refuseUnknownMember(shape, name, value[name], [...path, name]);
      }
    }
  }

  private checkChoice(choice: Choice, value: Members, path: Path): void {
    const given = choice.of.filter((name) => isPresent(value, name));
    // What is not known yet may turn out to be absent, so only the known can be too many.
    const known = given.filter((name) => !this.isUnknown(value[name]));
    if (known.length > 1) {
      const limit = choice.required ? "exactly one" : "at most one";
      this.add(path, value, `${allOf(known)} were given; ${limit} of ${allOf(choice.of)} is allowed.`);
    } else if (given.length === 0 && choice.required) {
      const required = choice.of.length === 1 ? "it" : "exactly one of them";
      this.add(path, value, `${noneOf(choice.of)} was given; ${required} is required.`);
    }
  }

  private refuseUnknownMember(shape: StructureShape, name: string, given: unknown, path: Path): void {
    const names = Object.keys(shape.members);
    const meant = nearest(name, names);
    const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
    const allowed = `${allOf(names)} ${names.length === 1 ? "is" : "are"} allowed`;
    this.add(path, given, `${quote(name)} is not a member of ${shape.name}; ${allowed}.${hint}`);
  }

  private add(path: Path, given: unknown, message: string): void {
    if (!this.isFull) this.violations.push({ path, given, message });
  }
}

/** Whether a value is what a shape asks for, apart from the items and members in it. */
function isOfForm(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "string":
      return typeof value === "string" && isWithin(shape, value);
    case "integer":
      // Beyond the safe integers a number has already lost digits on its way through JSON.
      return Number.isSafeInteger(value) && isBetween(shape, Number(value));
    case "number":
      return Number.isFinite(value) && isBetween(shape, Number(value));
    case "boolean":
      return typeof value === "boolean";
    case "enum":
      return typeof value === "string" && Object.hasOwn(shape.values, value);
    case "list":
      return Array.isArray(value) && isManyEnough(shape, value.length);
    case "map":
      return isObject(value) && isManyEnough(shape, Object.keys(value).length);
    case "structure":
      return isObject(value);
    case "json":
      return true;
  }
}

/** The same, within whatever limits. */
function isOfType(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "string":
      return typeof value === "string";
    case "integer":
    case "number":
      return Number.isFinite(value);
    case "list":
      return Array.isArray(value);
    case "map":
      return isObject(value);
    default:
      return isOfForm(shape, value);
  }
}

const isBetween = ({ min, max }: IntegerShape | NumberShape, value: number): boolean =>
  value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);

const isManyEnough = ({ minItems, maxItems }: ListShape | MapShape, size: number): boolean =>
  size >= (minItems ?? 0) && size <= (maxItems ?? Number.POSITIVE_INFINITY);

/** Lengths count characters (code points), as the contract does, not the units of a string in memory. */
function isWithin(shape: StringShape, value: string): boolean {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = shape;
  // A character takes at most two units: most strings need no counting, and huge ones get none.
  if (value.length < minLength || value.length > 2 * maxLength) return false;
  if (value.length > maxLength || value.length < 2 * minLength) {
    const length = Array.from(value).length;
    if (length < minLength || length > maxLength) return false;
  }
  return pattern === undefined || pattern.regex.test(value);
}

type Members = Readonly<Record<string, unknown>>;

/** Whether a member is there as a property of its own; null is there. */
export const isPresent = (value: object, name: string): boolean =>
  Object.hasOwn(value, name) && (value as Members)[name] !== undefined;

function isObject(value: unknown): value is Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
