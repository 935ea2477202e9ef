import { deepEqual, equal, throws } from "node:assert/strict";
import { array, assert, constantFrom, oneof, property, record, uniqueArray } from "fast-check";
import {
  chooses,
  InvalidSelector,
  isPossible,
  isWithin,
  readSelector,
  type Selector,
  SelectorIndex,
} from "./labels.js";

const read = (matchLabels: object, ...matchExpressions: object[]) =>
  readSelector({ matchLabels, matchExpressions });
const expression = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });

describe("label selectors", () => {
  it("choose by labels and expressions, all of them", () => {
    const chosen = (selector: object, labels: object) =>
      chooses(readSelector(selector as never), labels as never);
    equal(chosen({}, {}), true);
    equal(chosen({ matchLabels: { app: "a" } }, { app: "a", more: "x" }), true);
    equal(chosen({ matchLabels: { app: "a" } }, { app: "b" }), false);
    equal(chosen({ matchLabels: { app: "a" } }, {}), false);
    equal(chosen({ matchLabels: { app: "a", tier: "b" } }, { app: "a" }), false);
    const by = (operator: string, ...values: string[]) => ({
      matchExpressions: [expression("app", operator, ...values)],
    });
    deepEqual(
      [by("In", "a", "b"), by("NotIn", "a", "b"), by("Exists"), by("DoesNotExist")].map((selector) =>
        [{ app: "a" }, { app: "c" }, {}].map((labels) => chosen(selector, labels)),
      ),
      [
        [true, false, false],
        [false, true, true],
        [true, true, false],
        [false, false, true],
      ],
    );
    // What every object has is no label of a pod.
    equal(chosen(by("DoesNotExist"), { toString: "x" }), true);
    equal(chooses(read({}, expression("toString", "DoesNotExist")), {}), true);
  });

  it("are refused where Kubernetes refuses them", () => {
    const invalid = (given: object, path: readonly (string | number)[], message: string, fix: string) =>
      throws(
        () => read({}, expression("a", "Exists"), given),
        (error) => {
          deepEqual(error instanceof InvalidSelector && [error.path, error.message, error.fix, error.name], [
            ["matchExpressions", 1, ...path],
            message,
            fix,
            "InvalidSelector",
          ]);
          return true;
        },
      );
    invalid(expression("app", "In"), ["values"], "In of no values of app", "give values");
    invalid({ key: "app", operator: "NotIn" }, ["values"], "NotIn of no values of app", "give values");
    for (const operator of ["Exists", "DoesNotExist"])
      invalid(
        expression("app", operator, "a"),
        ["values"],
        `${operator} of app with values`,
        "leave them out",
      );
    const operators = "give In, NotIn, Exists or DoesNotExist";
    invalid(expression("app", "Equals", "a"), ["operator"], "there is no operator Equals", operators);
  });

  const often = { numRuns: 1000 };
  const keys = ["a", "b"];
  const values = ["x", "y", "z"];
  const requirement = oneof(
    record({
      key: constantFrom(...keys),
      operator: constantFrom("In", "NotIn"),
      values: uniqueArray(constantFrom(...values), { minLength: 1 }),
    }),
    record({ key: constantFrom(...keys), operator: constantFrom("Exists", "DoesNotExist") }),
  );
  const requirements = array(requirement, { maxLength: 4 });
  const selector = requirements.map((all) => read({}, ...all));
  /** Every pod that there can be: with each value that is named anywhere, with another, and without the label. */
  const pods = [undefined, ...values, "w"].flatMap((a) =>
    [undefined, ...values, "w"].map((b) => ({
      ...(a !== undefined && { a }),
      ...(b !== undefined && { b }),
    })),
  );
  const chosenOf = (one: Parameters<typeof chooses>[0]) => pods.filter((labels) => chooses(one, labels));

  it("choose what every one of their requirements does, whatever their order", () => {
    const asks = (values: readonly string[], value: string | undefined) => ({
      In: value !== undefined && values.includes(value),
      NotIn: value === undefined || !values.includes(value),
      Exists: value !== undefined,
      DoesNotExist: value === undefined,
    });
    assert(
      property(requirements, (all) => {
        const made = read({}, ...all);
        for (const pod of pods)
          equal(
            chooses(made, pod),
            all.every(
              ({ key, operator, ...more }) =>
                asks("values" in more ? more.values : [], pod[key as "a"])[operator as "In"],
            ),
          );
      }),
      often,
    );
  });

  it("may choose a pod where there is one that they choose", () => {
    assert(
      property(selector, (one) => equal(isPossible(one), chosenOf(one).length > 0)),
      often,
    );
  });

  it("are within one another where every pod of the one is one of the other", () => {
    assert(
      property(selector, selector, (one, other) => {
        if (!isPossible(one)) return;
        const wider = new Set(chosenOf(other));
        equal(
          isWithin(one, other),
          chosenOf(one).every((pod) => wider.has(pod)),
        );
      }),
      often,
    );
  });

  it("are found by pods and by what is within them, as if each was looked at", () => {
    assert(
      property(array(selector, { maxLength: 6 }), (all) => {
        const named = all.map((each, name) => ({ name, selector: each }));
        const index = new SelectorIndex(named);
        const sorted = (found: readonly { name: number }[]) => found.map(({ name }) => name).toSorted();
        for (const pod of pods)
          deepEqual(
            sorted(index.choosing(pod)),
            sorted(named.filter((each) => isPossible(each.selector) && chooses(each.selector, pod))),
          );
        for (const { selector: inner } of named) {
          if (!isPossible(inner)) continue;
          deepEqual(
            sorted(index.around(inner)),
            sorted(named.filter((each) => isWithin(inner, each.selector))),
          );
        }
      }),
    );
  });

  it("tell which labels they ask for", () => {
    const index = new SelectorIndex([
      { selector: read({ app: "a" }) },
      { selector: read({}, expression("b", "Exists")) },
    ]);
    deepEqual([...index.keys], ["app", "b"]);
  });

  it("are looked for where fewest others are", () => {
    /** How often a label of a selector is looked at when each is looked for. */
    const looks = (selectors: readonly Selector[]) => {
      let count = 0;
      const all = selectors.map((each) => {
        const counted = new Map(each);
        counted.get = (key) => {
          count++;
          return each.get(key);
        };
        return { selector: counted };
      });
      const index = new SelectorIndex(all);
      count = 0;
      for (const each of all) deepEqual(index.around(each.selector), [each]);
      return count;
    };
    const numbers = Array.from({ length: 2000 }, (_, at) => `${at}`);
    // Its own labels, of itself alone.
    equal(looks(numbers.map((version) => read({ app: "web", version }))), 4000);
    equal(looks(numbers.map((version) => read({ version, app: "web" }))), 4000);
    equal(looks(numbers.map((key) => read({ app: "web" }, expression(key, "Exists")))), 4000);
  });
});
