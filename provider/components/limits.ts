import { type LimitName, limitNames } from "@pulumi-appmesh/control-plane/mesh/limits.js";
import type { Violation } from "@pulumi-appmesh/model";
import { isObject, type ObjectValue } from "../server/values.js";
import { violation } from "./check.js";

/** Limits that the control plane does not know. */
export function* limitViolations({ limits }: ObjectValue): Generator<Violation> {
  if (!isObject(limits)) return;
  for (const [name, limit] of Object.entries(limits)) {
    if (limitNames.includes(name as LimitName)) continue;
    yield violation(
      ["limits", name],
      limit,
      `there is no limit ${JSON.stringify(name)}; there are ${limitNames.join(", ")}.`,
    );
  }
}
