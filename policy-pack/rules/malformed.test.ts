// Declarations in which anything stands in the place of anything: whoever makes them says what is wrong with them, and the pack
// neither fails nor stops to judge the others.
import { assert, constantFrom, nat, property, tuple } from "fast-check";
import { check } from "../check/check.js";
import { Analyzer } from "../pulumi/analyzer.js";
import type { StackResource } from "../pulumi/subjects.js";
import { fromWire } from "../pulumi/values.js";
import { configure } from "../settings.js";
import { cases } from "../testing/cases.js";
import { unknownObject, unknownText } from "../testing/judged.js";
import { toAws, toKubernetes } from "../testing/shapes.js";

const junk = [null, true, 7, "", "junk", [], [null], {}, { junk: 7 }, unknownText, unknownObject];
const isEntity = ({ type }: StackResource) => type.startsWith("appmesh:index:");

/** Stacks of every rule, in every shape. */
const stacks = Object.values(cases).flatMap(({ breaks }) =>
  breaks.every(isEntity) ? [breaks, toAws(breaks), toKubernetes(breaks) ?? []] : [breaks],
);

/** The same with another value in one place: the `at`th of all that there are. */
function spoiled(value: unknown, at: { left: number }, by: unknown): unknown {
  if (at.left-- === 0) return by;
  if (typeof value === "string" && /^[[{]/.test(value))
    return JSON.stringify(spoiled(JSON.parse(value), at, by));
  if (Array.isArray(value)) return value.map((item) => spoiled(item, at, by));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, spoiled(member, at, by)]));
}

describe("malformed declarations", () => {
  const settings = {
    preset: "zero-trust",
    rules: { "required-tags": { tags: ["a"] }, "name-pattern": "mandatory" },
  } as const;

  it("stop nothing from being judged", function () {
    this.timeout(60_000);
    assert(
      property(constantFrom(...stacks), tuple(nat(80), constantFrom(...junk)), (stack, [left, by]) => {
        const at = { left };
        const resources = stack.map((each) => ({ ...each, props: spoiled(each.props, at, by) as object }));
        if (resources.some(({ props }) => typeof props !== "object" || props === null)) return;
        const analyzer = new Analyzer(configure(settings));
        for (const resource of resources) {
          analyzer.analyze(resource);
          analyzer.remediate(resource);
        }
        analyzer.analyzeStack(resources);
        check(
          resources.map(({ urn, type, props }) => ({
            type,
            props: fromWire(props) as Record<string, unknown>,
            file: "f",
            name: urn,
          })),
          configure(settings),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
