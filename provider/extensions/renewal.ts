import { integer, optional, type Violation } from "@pulumi-appmesh/model";
import { type ObjectValue, reveal } from "../server/values.js";

/** When what was issued is replaced: an input of all that is. */
export const renewBeforeSeconds = optional(
  integer({ min: 0 }),
  "For how many seconds before its end another one takes its place at the next pulumi up: as long as it takes until somebody " +
    "surely runs one, and whatever uses it has the new one. 0 waits until it has ended. Default: a third of its life.",
);

/** Milliseconds since 1970; undefined where it does not end, or that is not known. */
export function renewalOf({
  createdAt,
  expiresAt,
  renewBeforeSeconds = null,
}: ObjectValue): number | undefined {
  if (typeof createdAt !== "string" || typeof expiresAt !== "string") return undefined;
  const end = Date.parse(expiresAt);
  const before = reveal(renewBeforeSeconds);
  return end - (typeof before === "number" ? before * 1000 : (end - Date.parse(createdAt)) / 3);
}

/** What would be renewed with each update, or never. `lifeSeconds`: without `expiresInSeconds`; undefined: it does not end. */
export function* renewalViolations(
  inputs: ObjectValue,
  lifeSeconds: number | undefined,
): Generator<Violation> {
  const open = (name: string) => {
    const given = inputs[name];
    return given === undefined ? undefined : reveal(given);
  };
  const before = open("renewBeforeSeconds");
  const life = open("expiresInSeconds") ?? lifeSeconds;
  if (typeof before !== "number") return;
  const path = ["renewBeforeSeconds"];
  if (life === undefined) {
    const message =
      "it was given without expiresInSeconds; what does not end is not renewed. Leave it out, or give an end.";
    yield { path, given: before, message };
  } else if (typeof life === "number" && before >= life) {
    const message = `${before} was given; less than the ${life} seconds of its life is allowed, since it would be renewed by every update.`;
    yield { path, given: before, message };
  }
}
