import { type StructureShape, validate } from "@pulumi-appmesh/model";
import { type Failure, reasonOf } from "../resources/check.js";
import { type Change, diffValues } from "../resources/diff.js";
import { formatPropertyPath, isAtOrBelow, parsePropertyPath } from "../resources/property-path.js";
import type { ResourceDiffInput } from "../resources/resource.js";
import { carrySecrets, dropNulls, isUnknown, type ObjectValue, reveal } from "../server/values.js";

/** The inputs of an extension as they are taken, and everything in which they break its shape. */
export function checkShape(
  shape: StructureShape,
  given: ObjectValue,
): { inputs: ObjectValue; failures: Failure[] } {
  const inputs = dropNulls(given) as ObjectValue;
  const failures = validate(shape, reveal(inputs), { isUnknown }).map((violation) => ({
    property: formatPropertyPath(violation.path),
    reason: reasonOf(violation, inputs),
  }));
  return { inputs, failures };
}

/** How the inputs differ, apart from what the program wants left alone. */
export function changesOf(
  members: object,
  { olds, state, news, ignoreChanges }: ResourceDiffInput,
): readonly (Change & { readonly property: string })[] {
  const ignored = ignoreChanges.map(parsePropertyPath);
  // State that was written without inputs has the same properties among its outputs.
  const before = olds ?? Object.fromEntries(Object.entries(state).filter(([name]) => name in members));
  return [...diffValues([], before, news)]
    .filter(({ path }) => !ignored.some((pattern) => isAtOrBelow(path, pattern)))
    .map((change) => ({ ...change, property: formatPropertyPath(change.path) }));
}

/** What is there now, secret where the known inputs are. */
export const withSecretsOf = (known: ObjectValue, live: ObjectValue): ObjectValue =>
  Object.fromEntries(Object.entries(live).map(([name, value]) => [name, carrySecrets(known[name], value)]));

/** The old one goes before the new one comes where the program asks for a replacement and both are the same one. */
export const goesFirst = (changes: readonly { readonly replaces: boolean }[]): boolean =>
  !changes.some(({ replaces }) => replaces);
