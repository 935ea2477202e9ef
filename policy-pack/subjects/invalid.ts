import { checkSpec, type Violation } from "@pulumi-appmesh/model";
import type { Entity } from "./entity.js";
import { unknown } from "./known.js";

/** Everything for which App Mesh would not take the spec of an entity, as far as it is known. Paths are the model's. */
export const violationsOf = ({ kind, given }: Pick<Entity, "kind" | "given">): readonly Violation[] =>
  checkSpec(kind, given, { isUnknown: (value) => value === unknown });

/** What is wrong with a spec and the way out of it, as a finding tells them. */
export function inFinding({ message }: Violation): { readonly message: string; readonly fix: string } {
  const [, wrong = message, wayOut = ""] = /^(.*[^.])\. ([A-Z][^.]*)[.?]$/s.exec(message) ?? [];
  const fix = wayOut.replace(/^Did you mean /, "write ").replace(/^[A-Z]/, (first) => first.toLowerCase());
  return { message: wrong.replace(/\.$/, ""), fix: fix || "correct it" };
}
