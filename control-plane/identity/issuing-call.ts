import { optional, string } from "@pulumi-appmesh/model";
import { IdentityError } from "./errors.js";

/** The call by which something was issued, where its client has marked it. */
export interface IssuingCall {
  readonly clientToken: string;
  /** When it came, in seconds since 1970. */
  readonly at: number;
}

export const clientTokenMember = optional(
  string({
    minLength: 1,
    maxLength: 36,
    pattern: { regex: /^[A-Za-z0-9_-]*$/, says: "of letters, numbers, hyphens and underscores" },
  }),
  "Marks the call: where it is repeated, since its answer was lost, what it issued before is taken back, so that nothing is left " +
    "over that nobody knows of. At most 36 letters, digits, hyphens and underscores. Default: none.",
);

export const callOf = (clientToken: string | undefined, at: number): { readonly call?: IssuingCall } =>
  clientToken === undefined ? {} : { call: { clientToken, at } };

/**
 * What the same call has issued before. Throws ConflictException where that was a later attempt of it: its answer is the one
 * that the client waits for.
 */
export function issuedBefore<T>(
  issued: Iterable<T>,
  callOfIssued: (one: T) => IssuingCall | undefined,
  call: IssuingCall | undefined,
): T[] {
  if (call === undefined) return [];
  const same = [...issued].filter((one) => callOfIssued(one)?.clientToken === call.clientToken);
  if (same.some((one) => (callOfIssued(one)?.at ?? 0) > call.at)) {
    throw new IdentityError(
      "ConflictException",
      `the call of clientToken '${call.clientToken}' has been repeated, and was answered since: use that answer`,
    );
  }
  return same;
}
