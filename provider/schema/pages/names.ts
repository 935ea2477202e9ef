import type { TypeSpec } from "../package-spec.js";

/** appmesh:index:Listener is Listener. */
export const typeName = (token: string): string => token.slice(token.lastIndexOf(":") + 1);

/** Where types.md describes a type. */
export const anchor = (token: string): string => typeName(token).toLowerCase();

/** A type in words, with a link to what it is made of. */
export function typeInWords({ type, $ref, items, additionalProperties }: TypeSpec): string {
  if ($ref === "pulumi.json#/Any") return "anything that JSON can say";
  if ($ref !== undefined) return `[${typeName($ref)}](types.md#${anchor($ref)})`;
  if (type === "array") return `list of ${typeInWords(items ?? { type: "string" })}`;
  if (type === "object") return `map of ${typeInWords(additionalProperties ?? { type: "string" })}`;
  return type ?? "anything";
}
