// The pages that people read: what they lead to is there, and the README leads to all of docs/.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

const documents = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".md"))
  .map((path) => join("docs", path));
const examples = readdirSync(join(root, "examples"))
  .map((example) => join("examples", example, "README.md"))
  .filter((path) => existsSync(join(root, path)));
const pages = ["README.md", "bench/README.md", "policy-pack/README.md", ...examples, ...documents];

/** The places in this clone that a page leads to, without what is within them. */
const linksOf = (page: string): string[] =>
  [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:|^#/.test(link))
    .map((link) => join(dirname(page), link.replace(/#.*$/, "")));

/** As GitHub names headings. */
const anchorsOf = (page: string): Set<string> => {
  const text = read(page);
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- ]/gu, "")
      .replaceAll(" ", "-"),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="(.+?)">/g)].map(([, id = ""]) => id)]);
};

describe("the pages", () => {
  it("lead to what is there", () => {
    const missing = pages.flatMap((page) =>
      linksOf(page)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${page}: ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  it("lead to headings that are there", () => {
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s:#]*\.md)?#([^)\s]+)\)/g)]
        .filter(([, file, anchor = ""]) => {
          const target = file === undefined ? page : join(dirname(page), file);
          return existsSync(join(root, target)) && !anchorsOf(target).has(anchor);
        })
        .map(([link]) => `${page}: ${link}`),
    );
    assert.deepEqual(missing, []);
  });

  it("can all be reached from the README", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached)
      for (const path of linksOf(page))
        if (path.endsWith(".md") && existsSync(join(root, path))) reached.add(path);
    assert.deepEqual(
      documents.filter((page) => !reached.has(page)),
      [],
    );
    // Those of docs/ itself from the README at once.
    const first = new Set(linksOf("README.md"));
    assert.deepEqual(
      documents.filter((page) => dirname(page) === "docs" && !first.has(page)),
      [],
    );
  });
});
