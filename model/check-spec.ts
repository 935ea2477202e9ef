import { entityTypes } from "./entities.js";
import type { Kind } from "./entity.js";
import { type ValidateOptions, validate } from "./validate.js";
import type { Violation } from "./violation.js";

/** Everything in which a spec breaks the model, by its shape and by the rules that need only this one spec. */
export function checkSpec(kind: Kind, spec: unknown, options: ValidateOptions = {}): Violation[] {
  return validate(entityTypes[kind].spec, spec, { path: ["spec"], ...options });
}
