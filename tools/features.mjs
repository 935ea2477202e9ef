// Makes docs/features.md: every field of the model, and the test with real traffic that shows what it does.
//
//   node tools/features.mjs           writes it
//   node tools/features.mjs --check   fails where it is not what would be written
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { exceptions } from "./features/exceptions.mjs";
import { fieldsOf, rowsOf, tagsOf } from "./features/fields.mjs";
import { root } from "./setup/clone.mjs";

const page = join(root, "docs/features.md");

/** The page, as the model and the tests are now. */
export async function features() {
  const { entityTypes } = await import(pathToFileURL(join(root, "model/dist/index.js")).href);
  const fields = fieldsOf(entityTypes);
  const tests = readdirSync(join(root, "tests"), { recursive: true })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".test.ts") && !/(^|\/)(dist|node_modules)\//.test(file))
    .sort()
    .map((file) => ({
      file: `tests/${file}`,
      tags: tagsOf(readFileSync(join(root, "tests", file), "utf8")),
    }));
  const rows = rowsOf(fields, tests, exceptions);
  const shown = [...rows.values()].filter(({ why }) => why === undefined).length;
  const lines = [
    "# What each field does",
    "",
    "Every field of App Mesh's model, and the tests that show its effect with real traffic through real Envoys: status codes,",
    "counts, bytes, handshakes, logs. Where no test does that yet, what holds the field instead. Made by",
    "`node tools/features.mjs` from the model and the tests' own tags, and compared by the tests.",
    "",
    `${shown} of ${fields.length} fields are shown by traffic.`,
  ];
  for (const [kind, { title }] of Object.entries(entityTypes)) {
    lines.push("", `## ${title}`, "", "| field | shown by |", "|---|---|");
    const own = fields.filter((field) => field.startsWith(`${kind}.`));
    for (const field of own) lines.push(`| \`${field.slice(kind.length + 1)}\` | ${cell(rows.get(field))} |`);
    if (own.length === 0) lines.push("| | |");
  }
  return `${lines.join("\n")}\n`;
}

const cell = ({ tests, why }) =>
  why === undefined
    ? tests.map(({ file, title }) => `[${escaped(title)}](../${file})`).join("<br>")
    : `*${why}*`;

const escaped = (title) => title.replace(/[|[\]*_`<]/g, "\\$&");

if (process.argv[1] === import.meta.filename) {
  const text = await features();
  if (!process.argv.includes("--check")) writeFileSync(page, text);
  else if (readFileSync(page, "utf8") !== text) {
    console.error("docs/features.md is not as the model and the tests are now: run node tools/features.mjs");
    process.exitCode = 1;
  }
}
