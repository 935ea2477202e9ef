import { createHash } from "node:crypto";
import type { Call, Entity } from "../entity.js";
import { MeshError } from "../errors.js";

/** Marks a call, so that a repetition of it is known; undefined where the client gave no token. */
export const callOf = (clientToken: string | undefined, asked: unknown): Call | undefined =>
  clientToken === undefined ? undefined : { clientToken, digest: digest(asked) };

/**
 * Whether a call has been made already, and its answer has only to be given again. A client that uses the token of
 * one call for another one gets a conflict.
 */
export function isRepeated(call: Call | undefined, made: readonly Call[], entity: Entity): boolean {
  const before = made.find(({ clientToken }) => clientToken === call?.clientToken);
  if (call === undefined || before === undefined) return false;
  if (call.digest === before.digest) return true;
  throw new MeshError(
    "ConflictException",
    `clientToken ${call.clientToken} was used before for another request on ${entity.metadata.arn}. ` +
      "Use a new token for a new request",
  );
}

/**
 * As many of an entity's updates are known again. A client repeats a call within seconds; meanwhile, others may update
 * as well, and what they wrote must not be undone by a late repetition.
 */
const REMEMBERED = 10;

export const withCall = (made: readonly Call[], call: Call | undefined): readonly Call[] =>
  call === undefined ? made : [call, ...made].slice(0, REMEMBERED);

/** The same for the same values, whatever the order of their members. */
const digest = (value: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex");

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)]);
}
