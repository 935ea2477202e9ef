import type { FoundAt } from "../judge.js";
import { opened } from "./values.js";

/**
 * The inputs of a resource, as they are on the wire, with the safe changes of findings made in them; undefined where there is
 * none. All else stays as it is, to the wrapping.
 */
export function remediate<P extends object>(wire: P, findings: readonly FoundAt[]): P | undefined {
  const edits = findings.flatMap(({ edits = [], subject }) =>
    edits.map(({ path, value }) => ({ path: subject.source.path(path), value })),
  );
  if (edits.length === 0) return undefined;
  const mended = structuredClone(wire);
  for (const { path, value } of edits) {
    let at = opened(mended);
    for (const step of path.slice(0, -1)) {
      // What is missing on the way are objects: an item is changed only where its list is there.
      at[step] ??= {};
      at = opened(at[step]);
    }
    at[path.at(-1) as string | number] = value;
  }
  return mended;
}
