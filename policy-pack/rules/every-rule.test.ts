// Every rule, as the engine asks it: what breaks it and what does not, what is not known yet, levels, settings, exemptions and
// remediations, in every shape that an entity may be declared in. A rule without its case here fails.
import { deepEqual, notEqual, ok } from "node:assert/strict";
import { isAboutStacks } from "../judge.js";
import { Analyzer } from "../pulumi/analyzer.js";
import type { StackResource } from "../pulumi/subjects.js";
import type { Level, Rule } from "../rule.js";
import { configure, type PackSettings } from "../settings.js";
import { type Case, cases, nameOf } from "../testing/cases.js";
import { toAws, toKubernetes } from "../testing/shapes.js";
import { rules } from "./index.js";

/** What is said of a stack: with its level, at its resource; and why nothing is said. */
function said(resources: readonly StackResource[], settings: PackSettings) {
  const analyzer = new Analyzer(configure(settings));
  const answers = [
    ...resources.map((resource) => analyzer.analyze(resource)),
    analyzer.analyzeStack(resources),
  ];
  return {
    found: answers.flatMap(({ diagnostics }) =>
      diagnostics.map(({ policy, level, urn = "", message }) => [policy, level, nameOf(urn), message]),
    ),
    notApplicable: answers.flatMap(({ notApplicable }) => notApplicable.map(({ reason }) => reason)),
  };
}

const isEntities = (resources: readonly StackResource[]): boolean =>
  resources.every(({ type }) => type.startsWith("appmesh:index:"));

const only = (rule: Rule, level: Level, config: object = {}): PackSettings => ({
  all: "disabled",
  rules: { [rule.name]: { level, ...cases[rule.name]?.given, ...config } },
});

describe("every rule", () => {
  it("has a case with everything that is to be shown of it", () => {
    deepEqual(Object.keys(cases).toSorted(), rules.map(({ name }) => name).toSorted());
    for (const { name, settings } of rules)
      deepEqual(Object.keys(cases[name]?.settings ?? {}).toSorted(), Object.keys(settings).toSorted(), name);
  });

  for (const rule of rules) {
    describe(rule.name, () => {
      const { breaks, at, found, complies, waits, open, settings, mended } = cases[rule.name] as Case;
      const text = (expected: string, level = "mandatory") => [[rule.name, level, at, expected]];

      it("finds what breaks it, at its level", () => {
        for (const level of ["mandatory", "advisory"] as const)
          deepEqual(said(breaks, only(rule, level)).found, text(found, level));
        deepEqual(said(breaks, only(rule, "disabled")), { found: [], notApplicable: [] });
      });

      it("is content with what does not", () => {
        deepEqual(said(complies, only(rule, "mandatory")).found, []);
      });

      it("waits for what is not known, and says for what", () => {
        const { found, notApplicable } = said(waits, only(rule, "mandatory"));
        deepEqual(found, []);
        const later =
          open === "" ? "it is about" : `${open} is not known before \`pulumi up\`, which judges it`;
        ok(
          notApplicable.some((reason) => reason.startsWith(later)),
          notApplicable.join("\n"),
        );
      });

      it("does as its settings say", () => {
        for (const [name, { value, on = breaks, usual = found, finds }] of Object.entries(settings)) {
          const told = (expected: string) => (expected === "" ? [] : text(expected));
          deepEqual(said(on, only(rule, "mandatory")).found, told(usual), name);
          deepEqual(said(on, only(rule, "mandatory", { [name]: value })).found, told(finds), name);
          notEqual(usual, finds, name);
        }
      });

      it("leaves alone what is exempt, until that is over, and tells it", () => {
        const exempt = (urn: string, expires?: string) =>
          said(breaks, {
            ...only(rule, "mandatory"),
            exemptions: [
              {
                urn,
                rules: [rule.name],
                reason: "shown in a test",
                ...(expires !== undefined && { expires }),
              },
            ],
          }).found;
        const line = (message: string) => ["exemptions", "advisory", "", message];
        const urn = `*::${at}`;
        deepEqual(exempt(urn), [line(`1 finding is exempt from ${rule.name} of ${urn} (shown in a test)`)]);
        deepEqual(exempt(urn, "2020-01-31"), [
          ...text(found),
          line(`the exemption from ${rule.name} of ${urn} ended on 2020-01-31 (shown in a test): it is over`),
        ]);
        deepEqual(exempt("*::another"), [
          ...text(found),
          line(
            `the exemption from ${rule.name} of *::another silenced nothing (shown in a test): delete it if it is not needed any more`,
          ),
        ]);
      });

      it(mended ? "makes its one safe change" : "changes nothing", () => {
        const analyzer = new Analyzer(configure(only(rule, "remediate")));
        const made = breaks.flatMap((resource) => analyzer.remediate(resource).remediations);
        deepEqual(
          made.map(({ policy, props }) => [policy, props]),
          mended ? [[rule.name, mended]] : [],
        );
        // What is left of a finding stops.
        deepEqual(said(breaks, only(rule, "remediate")).found, text(found));
      });

      const shapes = isEntities(breaks) ? [toAws, toKubernetes] : [];
      for (const toShape of shapes) {
        const other = toShape(breaks);
        if (other === undefined) continue;
        it(`says the same of ${toShape === toAws ? "aws.appmesh" : "Kubernetes objects"}`, () => {
          // Places and names are in the words of the declaration, which tests of the shapes hold.
          const bare = (message: unknown) => String(message).replace(/^(spec|metadata)[^ ]*: /, "");
          const own = (all: readonly unknown[][]) =>
            all.map(([policy, level, , text]) => [policy, level, bare(text)]);
          deepEqual(own(said(other, only(rule, "mandatory")).found), own(text(found)));
          const fine = toShape(complies);
          if (fine) deepEqual(said(fine, only(rule, "mandatory")).found, []);
        });
      }
    });
  }

  it("is asked of a resource before it is made, or of the stack", () => {
    const stack = rules.filter(isAboutStacks).map(({ name }) => name);
    for (const rule of rules) {
      const analyzer = new Analyzer(configure(only(rule, "mandatory")));
      const before = (cases[rule.name] as Case).breaks.flatMap(
        (resource) => analyzer.analyze(resource).diagnostics,
      );
      deepEqual(before.length === 0, stack.includes(rule.name), rule.name);
    }
  });
});
