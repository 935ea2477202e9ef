import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { families } from "./rule.js";
import { rules } from "./rules/index.js";
import { rulesPage } from "./rules-page.js";

describe("the rules", () => {
  it("stand in RULES.md as they are (npm run rules writes it)", () => {
    equal(readFileSync(new URL("../RULES.md", import.meta.url), "utf8"), rulesPage());
  });

  it("have names of their own that say what they are about, and whole sentences", () => {
    deepEqual(new Set(rules.map(({ name }) => name)).size, rules.length);
    for (const { name, what, why, remediation, title, family, settings } of rules) {
      match(name, /^[a-z]+(-[a-z]+)*$/);
      match(title, /^[A-Z][^.]+$/, name);
      for (const sentence of [what, why, ...remediation]) match(sentence, /^[A-Z].*\.$/s, name);
      ok(remediation.length > 0, name);
      ok(family in families, name);
      for (const { description } of Object.values(settings) as { description: string }[])
        match(description, /^[A-Z].*\.$/s, name);
    }
  });

  it("are all in files of their own names", async () => {
    for (const rule of rules) {
      const exported = (await import(`./rules/${rule.family}/${rule.name}.js`)) as object;
      ok(Object.values(exported).includes(rule), rule.name);
    }
  });
});
