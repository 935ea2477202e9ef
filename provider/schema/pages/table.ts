import type { PropertySpec } from "../package-spec.js";
import { typeInWords } from "./names.js";

/** Properties, each with what is to be known of it besides its meaning. */
export function table(
  title: string,
  rows: readonly (readonly [name: string, property: PropertySpec, marks: readonly string[]])[],
): string {
  const lines = rows.map(
    ([name, property, marks]) =>
      `| \`${name}\` | ${typeInWords(property)}${marks.map((mark) => `, ${mark}`).join("")} | ${cell(property.description)} |`,
  );
  return [`| ${title} | Type | Meaning |`, "| --- | --- | --- |", ...lines].join("\n");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
