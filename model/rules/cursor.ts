import { isPresent } from "../validate.js";
import { formatPath, type Path, type Violation } from "../violation.js";

/** What the cursors of one spec share. */
export interface Inspection {
  readonly isUnknown: (value: unknown) => boolean;
  /** Paths at which the shape is broken already, in the form of formatPath. */
  readonly broken: ReadonlySet<string>;
  readonly violations: Violation[];
}

/**
 * A place in a spec, as rules see it: what is unknown or breaks its shape can neither satisfy nor break a rule, so rules
 * need not care about it and never stumble over it.
 */
export class Cursor<T> {
  constructor(
    private readonly inspection: Inspection,
    readonly path: Path,
    private readonly raw: unknown,
  ) {}

  /** The value, if there is one and it is as its shape says. */
  get value(): T | undefined {
    return this.isOpen ? undefined : (this.raw as T | undefined);
  }

  /** Whether there is certainly nothing here. */
  get isAbsent(): boolean {
    return !this.isOpen && this.raw === undefined;
  }

  at<K extends keyof T & string>(name: K): Cursor<NonNullable<T[K]>> {
    return new Cursor(this.inspection, [...this.path, name], this.child(name));
  }

  /** The items of a list. */
  items(): Cursor<T extends readonly (infer I)[] ? I : never>[] {
    const list = this.value;
    if (!Array.isArray(list)) return [];
    return list.map((item, index) => new Cursor(this.inspection, [...this.path, index], item));
  }

  /** The members that are given, known or not, by name. */
  members(): [name: string, member: Cursor<unknown>][] {
    const value = this.value;
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value)
      .filter(([name]) => isPresent(value, name))
      .map(([name, member]) => [name, new Cursor(this.inspection, [...this.path, name], member)]);
  }

  /** Reports that what stands here breaks a rule; the message says what was given and what is allowed. */
  report(message: string): void {
    this.inspection.violations.push({ path: this.path, given: this.raw, message });
  }

  private get isOpen(): boolean {
    return (
      this.raw === open ||
      this.inspection.isUnknown(this.raw) ||
      this.inspection.broken.has(formatPath(this.path))
    );
  }

  private child(name: string): unknown {
    if (this.isOpen) return open;
    const value = this.value;
    return typeof value === "object" && value !== null && isPresent(value, name)
      ? (value as Record<string, unknown>)[name]
      : undefined;
  }
}

/** Stands for whatever may be inside of a value that is not known. */
const open = Symbol("open");
