import type { Path } from "@pulumi-appmesh/model";
import { isObject, type ObjectValue, Secret, type Value } from "../server/values.js";
import type { ResourceDiff } from "./diff.js";
import { formatPropertyPath, isAtOrBelow, parsePropertyPath } from "./property-path.js";

/**
 * The diff with what a program has made a secret since the state was written. Nothing of the entity changes by that, but the
 * engine leaves the outputs of what does not change as they are, which would be in plain text for ever.
 */
export function withNewSecrets(
  diff: ResourceDiff,
  {
    state,
    news,
    ignoreChanges,
  }: {
    readonly state: ObjectValue;
    readonly news: ObjectValue;
    readonly ignoreChanges: readonly string[];
  },
): ResourceDiff {
  const told = diff.changes.map(({ path }) => path);
  const passed = [...told, ...ignoreChanges.map(parsePropertyPath)];
  const hidden = [...newSecrets([], state, news)].filter(
    (path) =>
      !passed.some((each) => isAtOrBelow(path, each)) && !told.some((each) => isAtOrBelow(each, path)),
  );
  if (hidden.length === 0) return diff;
  const changes = hidden.map((path) => ({
    path,
    property: formatPropertyPath(path),
    kind: "update" as const,
    replaces: false,
  }));
  return { ...diff, changes: [...diff.changes, ...changes] };
}

/** The places of secrets that the state has in plain text. What it does not have at all is a change anyway. */
function* newSecrets(path: Path, state: Value | undefined, news: Value): Generator<Path> {
  if (state === undefined || state === null || state instanceof Secret) return;
  if (news instanceof Secret) {
    yield path;
  } else if (isObject(news) && isObject(state)) {
    for (const [key, value] of Object.entries(news)) yield* newSecrets([...path, key], state[key], value);
  } else if (Array.isArray(news) && Array.isArray(state)) {
    for (const [index, value] of news.entries()) yield* newSecrets([...path, index], state[index], value);
  }
}
