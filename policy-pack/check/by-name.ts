import { unknown } from "../subjects/known.js";

/** A list of names and values as an object, as tags and a proxy's properties are; not known as a whole where any name is not. */
export function byName(list: unknown, member: "name" | "key"): unknown {
  if (!Array.isArray(list)) return list === unknown ? unknown : {};
  const items = list.map((item) => (typeof item === "object" && item !== null ? item : {}));
  if (list.includes(unknown) || items.some((item) => item[member] === unknown)) return unknown;
  return Object.fromEntries(items.map((item) => [String(item[member]), item.value]));
}
