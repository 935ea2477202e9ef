import { RE2JS } from "re2js";

/**
 * Why Envoy would refuse a regular expression; undefined if it takes it. Envoy's RE2 refuses what is not its
 * syntax and what compiles to too large a program; one refused expression would cost a proxy all of its routes.
 */
export function refusal(regex: string): string | undefined {
  const known = refusals.get(regex);
  if (known !== undefined) return known.reason;
  let reason: string | undefined;
  try {
    if (RE2JS.compile(regex).programSize() > largestProgram) reason = "it is too large";
  } catch (error) {
    reason = (error as Error).message;
  }
  if (refusals.size >= remembered) refusals.clear();
  refusals.set(regex, { reason });
  return reason;
}

/**
 * What App Mesh's sidecars took, in instructions. RE2 itself works on bytes, and its programs are up to ten times as
 * large as those of this port, which works on characters: our own sidecars take them all, AWS's may refuse some.
 */
const largestProgram = 1000;

const remembered = 10_000;
const refusals = new Map<string, { readonly reason: string | undefined }>();
