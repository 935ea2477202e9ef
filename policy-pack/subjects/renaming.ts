import type { Path } from "@pulumi-appmesh/model";
import { unknown } from "./known.js";

/** What a member of another declaration is called in the model. */
export interface Renamed {
  readonly to: string;
  /** It is a list there of which the model knows the only item. */
  readonly only?: boolean;
  /** What its value is in the model. */
  readonly value?: (value: unknown) => unknown;
}

/** By the member around it, as the other declaration calls it, and its own name. */
export type Renaming = Readonly<Record<string, Readonly<Record<string, string | Renamed>>>>;

const find = (renaming: Renaming, around: string, member: string): Renamed | undefined => {
  const found = renaming[around]?.[member];
  return typeof found === "string" ? { to: found } : found;
};

/** A value of another declaration in the model's words. */
export function inModelWords(renaming: Renaming, value: unknown, around = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => inModelWords(renaming, item, around));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, given]) => {
      const renamed = find(renaming, around, member);
      if (renamed === undefined) return [member, inModelWords(renaming, given, member)];
      const { to, only, value: convert } = renamed;
      if (given === unknown) return [to, given];
      const single = only && Array.isArray(given) ? given[0] : given;
      return [to, convert ? convert(single) : inModelWords(renaming, single, member)];
    }),
  );
}

/** Where a part of the model's spec stands in the other declaration, as far as that can be told without its values. */
export function inOtherWords(renaming: Renaming, path: Path): Path {
  const result: (string | number)[] = [];
  let around = "";
  for (const step of path) {
    if (typeof step === "number") {
      result.push(step);
      continue;
    }
    const [member, renamed] = backwards(renaming, around, step);
    result.push(member);
    if (renamed?.only) result.push(0);
    around = member;
  }
  return result;
}

function backwards(renaming: Renaming, around: string, step: string): [string, Renamed | undefined] {
  for (const member of Object.keys(renaming[around] ?? {})) {
    const renamed = find(renaming, around, member);
    if (renamed?.to === step) return [member, renamed];
  }
  return [step, undefined];
}
