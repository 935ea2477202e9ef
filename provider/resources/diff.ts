import type { Path } from "@pulumi-appmesh/model";
import { equal, isObject, isUnknown, type ObjectValue, Secret, type Value } from "../server/values.js";
import { isAutonamed } from "./naming.js";
import { formatPropertyPath, isAtOrBelow, parsePropertyPath } from "./property-path.js";
import { identityMembers, type ResourceType } from "./types.js";

export type ChangeKind = "add" | "delete" | "update";

/** One difference between two versions of a value. */
export interface Change {
  readonly path: Path;
  readonly kind: ChangeKind;
}

export interface ResourceDiff {
  readonly changes: readonly (Change & {
    readonly property: string;
    readonly replaces: boolean;
    /** It is one of the outputs, and not of what the program says. */
    readonly isOutput?: boolean;
  })[];
  /** The old entity goes before the new one comes, since both would have the same name. */
  readonly deleteBeforeReplace: boolean;
  /** Outputs that stay as they are, if nothing is replaced. */
  readonly stables: readonly string[];
}

export interface DiffInput {
  readonly urnName: string;
  readonly olds: ObjectValue;
  readonly news: ObjectValue;
  /** Property paths that the program wants left alone. */
  readonly ignoreChanges: readonly string[];
}

/** What an update from the old inputs to the new ones changes. Only a change of identity replaces. */
export function diffResource(
  type: ResourceType,
  { urnName, olds, news, ignoreChanges }: DiffInput,
): ResourceDiff {
  const identity = identityMembers(type);
  const ignored = ignoreChanges.map(parsePropertyPath);
  const changes = [...diffValues([], olds, news)]
    .filter(({ path }) => !ignored.some((pattern) => isAtOrBelow(path, pattern)))
    .map((change) => ({
      ...change,
      property: formatPropertyPath(change.path),
      replaces: identity.includes(String(change.path[0])),
    }));
  const name = news[type.entity.nameMember];
  const keepsIdentity = !changes.some(({ replaces }) => replaces);
  return {
    changes,
    // Matters where the program itself asks for a replacement (replaceOnChanges): a name that was made up is
    // made up anew, but a fixed one is still taken by the old entity.
    deleteBeforeReplace: keepsIdentity && typeof name === "string" && !isAutonamed(urnName, name),
    stables: [...identity, "arn", "uid", "createdAt", "resourceOwner", "status"],
  };
}

/**
 * The differences between two values, leaves first to last. Null, absent and an empty list are the same;
 * so are lists of plain values in another order, since all of App Mesh's are sets; secrecy makes no
 * difference. A list whose elements moved shows a change at each place.
 */
export function* diffValues(path: Path, old: Value | undefined, now: Value | undefined): Generator<Change> {
  const [a, b] = [open(old), open(now)];
  const [gone, absent] = [isAbsent(a), isAbsent(b)];
  if (gone && absent) return;
  if (gone || absent) {
    yield { path, kind: gone ? "add" : "delete" };
  } else if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      yield* diffValues([...path, key], a[key], b[key]);
  } else if (Array.isArray(a) && Array.isArray(b)) {
    if (sameSet(a, b)) return;
    for (let index = 0; index < Math.max(a.length, b.length); index++) {
      yield* diffItems([...path, index], a[index], b[index]);
    }
  } else if (isUnknown(b) || !equal(a as Value, b as Value)) {
    yield { path, kind: "update" };
  }
}

/** Elements of a list count even if they are empty. */
function* diffItems(path: Path, old: Value | undefined, now: Value | undefined): Generator<Change> {
  if (old === undefined || now === undefined) yield { path, kind: old === undefined ? "add" : "delete" };
  else if (isAbsent(open(old)) || isAbsent(open(now))) {
    if (!equal(old, now)) yield { path, kind: "update" };
  } else yield* diffValues(path, old, now);
}

const open = (value: Value | undefined): Value | undefined =>
  value instanceof Secret ? open(value.value) : value;

const isAbsent = (value: Value | undefined): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

function sameSet(a: readonly Value[], b: readonly Value[]): boolean {
  const [left, right] = [a.map(scalar), b.map(scalar)];
  if (left.length !== right.length || left.includes(undefined) || right.includes(undefined)) return false;
  return left.sort().join() === right.sort().join();
}

/** A plain value in a form that sorts; undefined for anything else. */
function scalar(value: Value): string | undefined {
  const inner = open(value);
  return typeof inner === "string" || typeof inner === "number" || typeof inner === "boolean"
    ? JSON.stringify(inner)
    : undefined;
}
