// The values of files, as they are read.
import { unknown } from "../subjects/known.js";

export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A list of names and values as an object, as tags and a proxy's properties are; not known as a whole where any name is not. */
export function byName(list: unknown, member: "name" | "key"): unknown {
  if (!Array.isArray(list)) return list === unknown ? unknown : {};
  const items = list.map((item) => (typeof item === "object" && item !== null ? item : {}));
  if (list.includes(unknown) || items.some((item) => item[member] === unknown)) return unknown;
  return Object.fromEntries(items.map((item) => [String(item[member]), item.value]));
}
