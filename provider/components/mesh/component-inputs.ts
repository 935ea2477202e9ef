import { type Member, type Violation, validate } from "@pulumi-appmesh/model";
import { type Failure, reasonOf, tagFailures } from "../../resources/check.js";
import { formatPropertyPath } from "../../resources/property-path.js";
import { isUnknown, type ObjectValue } from "../../server/values.js";

/** What is wrong with a component's inputs by their shapes. `further` are inputs that it looks at itself. */
export function* inputViolations(
  title: string,
  members: Readonly<Record<string, Member>>,
  further: readonly string[],
  inputs: ObjectValue,
): Generator<Violation> {
  for (const [name, { shape, required }] of Object.entries(members)) {
    if (inputs[name] !== undefined) yield* validate(shape, inputs[name], { path: [name], isUnknown });
    else if (required) yield violation([name], undefined, "nothing was given; it is required.");
  }
  const allowed = [...Object.keys(members), ...further];
  for (const name of Object.keys(inputs)) {
    if (allowed.includes(name)) continue;
    yield violation(
      [name],
      inputs[name],
      `it is not a property of ${title}; ${allowed.join(", ")} are allowed.`,
    );
  }
}

/** Violations, and what is wrong with the tags, as the engine is told of them; `inputs` say what is secret. */
export function failuresOf(violations: readonly Violation[], inputs: ObjectValue): Failure[] {
  const ofTags = [...tagFailures(inputs.tags)];
  return [
    ...violations.map((found) => ({
      property: formatPropertyPath(found.path),
      reason: reasonOf(found, inputs),
    })),
    ...ofTags.map(({ path, reason }) => ({ property: formatPropertyPath(path), reason })),
  ];
}

export const violation = (path: Violation["path"], given: unknown, message: string): Violation => ({
  path,
  given,
  message,
});
