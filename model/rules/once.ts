import { showGiven } from "../show.js";
import { formatPath } from "../violation.js";
import type { Cursor } from "./cursor.js";

/** Reports each value that stands in an earlier place already. */
export function eachOnce(places: readonly Cursor<string | number>[]): void {
  const first = new Map<string | number, string>();
  for (const place of places) {
    if (place.value === undefined) continue;
    const earlier = first.get(place.value);
    if (earlier === undefined) first.set(place.value, formatPath(place.path));
    else
      place.report(
        `${showGiven(place.value)} was given, as in ${earlier}; a value that differs from it is allowed.`,
      );
  }
}
