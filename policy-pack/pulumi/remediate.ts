import { Secret } from "@pulumi/policy";
import type { FoundAt } from "../judge.js";

/** Makes the safe changes of findings in the inputs of a resource; undefined where there is none. */
export function remediate<P extends object>(props: P, findings: readonly FoundAt[]): P | undefined {
  const edits = findings.flatMap(({ edits = [], subject }) =>
    edits.map(({ path, value }) => ({ path: subject.source.path(path), value })),
  );
  if (edits.length === 0) return undefined;
  for (const { path, value } of edits) {
    let at: Members = props as Members;
    for (const [depth, step] of path.slice(0, -1).entries()) {
      at[step] ??= typeof path[depth + 1] === "number" ? [] : {};
      at = opened(at[step]);
    }
    at[path.at(-1) as string | number] = value;
  }
  return props;
}

type Members = Record<string | number, unknown>;

/** What is within a secret stays one. */
const opened = (value: unknown): Members => (value instanceof Secret ? value.value : value) as Members;
