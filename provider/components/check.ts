import { type Member, type Shape, showAllowed, type Violation, validate } from "@pulumi-appmesh/model";
import { type Failure, reasonOf, tagFailures } from "../resources/check.js";
import { formatPropertyPath } from "../resources/property-path.js";
import { dropNulls, isObject, isUnknown, type ObjectValue, reveal } from "../server/values.js";
import type { ComponentType } from "./component.js";

/** Everything that is wrong with what a component is given, in the words and at the places of its own inputs. */
export function checkComponent(type: ComponentType, given: ObjectValue, name?: string): Failure[] {
  const inputs = dropNulls(given) as ObjectValue;
  const open = reveal(inputs) as ObjectValue;
  const ofShapes = [...shapeViolations(type, open)];
  // The rules are looked at once the inputs are what they should be.
  const violations = ofShapes.length > 0 ? ofShapes : [...(type.rules?.(open, name) ?? [])];
  const ofTags = type.inputs.tags === undefined ? [] : [...tagFailures(inputs.tags)];
  return [
    ...violations.map((found) => ({
      property: formatPropertyPath(found.path),
      reason: reasonOf(found, inputs),
    })),
    ...ofTags.map(({ path, reason }) => ({ property: formatPropertyPath(path), reason })),
  ];
}

function* shapeViolations(type: ComponentType, inputs: ObjectValue): Generator<Violation> {
  for (const [name, member] of Object.entries(type.inputs)) {
    const value = inputs[name];
    if (value === undefined) {
      if (member.required)
        yield violation([name], value, `nothing was given; ${showAllowed(member.shape)} is required.`);
    } else if (name !== "tags") {
      if (type.plain?.includes(name)) yield* unknownViolations(name, member, value);
      yield* validate(member.shape, value, { path: [name], isUnknown });
    }
  }
  const allowed = Object.keys(type.inputs);
  for (const name of Object.keys(inputs)) {
    if (allowed.includes(name)) continue;
    yield violation(
      [name],
      inputs[name],
      `it is not a property of ${type.name}; ${allowed.join(", ")} are allowed.`,
    );
  }
}

/** What is not known yet in an input that decides how many resources there will be. */
function* unknownViolations(name: string, { shape, required }: Member, value: unknown): Generator<Violation> {
  const given = "a value that is not known yet was given";
  if (isUnknown(value)) {
    const asked = `${showAllowed(shape)} is ${required ? "required" : "allowed"}`;
    yield violation(
      [name],
      value,
      `${given}; ${asked}, ${KNOWN[shape.kind] ?? "which must be known before anything is made"}.`,
    );
    return;
  }
  const entries = isObject(value) ? Object.entries(value) : Array.isArray(value) ? [...value.entries()] : [];
  for (const [key, entry] of entries) {
    if (isUnknown(entry) && hasMembers(shape))
      yield violation([name, key], entry, `${given}; only its members may be so.`);
  }
}

const KNOWN: Partial<Record<Shape["kind"], string>> = {
  map: "whose names must be known before anything is made; what they stand for need not be",
  list: "whose length must be known before anything is made; its items need not be",
};

const hasMembers = (shape: Shape): boolean =>
  (shape.kind === "map" || shape.kind === "list") && shape.item.kind === "structure";

export const violation = (path: Violation["path"], given: unknown, message: string): Violation => ({
  path,
  given,
  message,
});
