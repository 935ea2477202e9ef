import { type FunctionType, functionTypes } from "../functions/types.js";
import { words } from "../resources/types.js";
import type { FunctionSpec, Properties } from "./package-spec.js";
import { requiredOf, type Types } from "./types.js";

/** What looks at the control plane without changing it, by token. */
export function packageFunctions(types: Types): Record<string, FunctionSpec> {
  return Object.fromEntries([...functionTypes].map(([token, each]) => [token, functionSpec(each, types)]));
}

function functionSpec(each: FunctionType, types: Types): FunctionSpec {
  const what = each.of === "entity" ? `the ${words(each.type.kind)}` : `what was found`;
  const tags: Properties =
    each.of === "entity"
      ? {
          tags: {
            type: "object",
            additionalProperties: { type: "string" },
            description: `Labels of ${what}; empty if it has none.`,
          },
        }
      : {};
  const required = [...(requiredOf(each.outputs).required ?? []), ...Object.keys(tags)];
  return {
    description: each.doc,
    inputs: {
      type: "object",
      description: `What ${each.token.split(":").at(-1)} asks for.`,
      properties: types.properties(each.inputs),
      ...requiredOf(each.inputs),
    },
    outputs: {
      type: "object",
      description: `What is known of ${what}.`,
      properties: { ...types.properties(each.outputs), ...tags },
      required,
    },
  };
}
