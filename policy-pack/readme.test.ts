import { deepEqual, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { judgeSubject, sentence } from "./judge.js";
import { egressDropAll } from "./rules/egress/egress-drop-all.js";
import { configure } from "./settings.js";
import { entity } from "./testing/judged.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(readme)?.[1] ?? "";

describe("the README of the policy pack", () => {
  it("shows settings that are understood", () => {
    const { rules, exemptions } = configure(JSON.parse(block("json")));
    const levels = Object.fromEntries(rules.map(({ rule, level }) => [rule.name, level]));
    deepEqual(
      ["health-check", "access-log", "egress-drop-all", "tls-mutual", "retry-attempts-bounded"].map(
        (name) => levels[name],
      ),
      ["mandatory", "advisory", "remediate", "mandatory", "mandatory"],
    );
    deepEqual(exemptions.length, 1);
  });

  it("shows a finding as it is told", () => {
    const mesh = entity("mesh", "shop", { egressFilter: { type: "ALLOW_ALL" } });
    const [finding] = judgeSubject(egressDropAll, mesh, {})?.findings ?? [];
    ok(finding);
    ok(
      readme.includes(`  ${egressDropAll.what} ${egressDropAll.why}\n  ${sentence(finding.path, finding)}\n`),
    );
  });
});
