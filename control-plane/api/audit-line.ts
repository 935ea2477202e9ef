import { createHash } from "node:crypto";
import diff from "microdiff";

/** What a change was from and to: whole, or, where that is large, what differs, and by which digests it can be told. */
export type FromTo =
  | { readonly from: object | null; readonly to: object | null }
  | {
      readonly fromDigest: string | null;
      readonly toDigest: string | null;
      readonly changes: readonly ChangedValue[];
      /** How many further values differ. */
      readonly changesLeftOut?: number;
    };

export interface ChangedValue {
  readonly path: string;
  /** JSON, cut where it is long; missing where there was nothing. */
  readonly from?: string;
  /** JSON, cut where it is long; missing where nothing is left. */
  readonly to?: string;
}

/** The most characters of JSON that both sides together are told whole in. */
const WHOLE = 32 * 1024;
const MOST_CHANGES = 100;
const LONGEST_VALUE = 200;

export function fromTo(before: object | undefined, after: object | undefined): FromTo {
  const [from, to] = [JSON.stringify(before), JSON.stringify(after)];
  if ((from?.length ?? 0) + (to?.length ?? 0) <= WHOLE) return { from: before ?? null, to: after ?? null };
  const changes = diff(before ?? {}, after ?? {});
  return {
    fromDigest: digestOf(from),
    toDigest: digestOf(to),
    changes: changes.slice(0, MOST_CHANGES).map((change) => ({
      path: change.path.join("."),
      ...(change.type !== "CREATE" && { from: cut(change.oldValue) }),
      ...(change.type !== "REMOVE" && { to: cut(change.value) }),
    })),
    ...(changes.length > MOST_CHANGES && { changesLeftOut: changes.length - MOST_CHANGES }),
  };
}

const digestOf = (json: string | undefined): string | null =>
  json === undefined ? null : `sha256:${createHash("sha256").update(json).digest("hex")}`;

function cut(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > LONGEST_VALUE ? `${json.slice(0, LONGEST_VALUE)}…` : json;
}
