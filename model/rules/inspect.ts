import type { Infer, Shape } from "../shape.js";
import { maxViolations, type ValidateOptions, validate } from "../validate.js";
import { formatPath, type Path, type Violation } from "../violation.js";
import { Cursor } from "./cursor.js";

/** What a value must be beyond its shape, as far as the value alone can tell. */
export type Rule<T> = (value: Cursor<T>) => void;

/**
 * Everything in which a value breaks its shape, then its rule. Rules see what is right in its shape only, so one broken
 * member does not hide what is wrong elsewhere.
 */
export function inspect<S extends Shape>(
  shape: S,
  rule: Rule<Infer<S>>,
  value: unknown,
  path: Path,
  options: ValidateOptions,
): Violation[] {
  const violations = validate(shape, value, { ...options, path });
  // With more violations than are listed, it is not known what a rule may look at.
  if (violations.length >= maxViolations) return violations;
  const inspection = {
    isUnknown: options.isUnknown ?? (() => false),
    broken: new Set(violations.map((violation) => formatPath(violation.path))),
    violations,
  };
  rule(new Cursor<Infer<S>>(inspection, path, value));
  return violations.slice(0, maxViolations);
}
