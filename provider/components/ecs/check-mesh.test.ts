import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatViolation } from "@pulumi-appmesh/model";
import fc from "fast-check";
import { isUnknown, UNKNOWN } from "../../server/values.js";
import { meshViolations } from "./check-mesh.js";

const folder = fileURLToPath(new URL("../../../components/ecs/testdata", import.meta.url));
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8"));
const told = (containers: unknown, options: object): readonly string[] =>
  [...meshViolations(containers, options, isUnknown)].map(formatViolation);

/** What is refused, and everything that its user is told of it. */
interface Refused {
  readonly containerDefinitions: unknown;
  readonly options: object;
  readonly told: readonly string[];
}

const file = "refused.golden.json";
const refused: Readonly<Record<string, Readonly<Record<string, Refused>>>> = read(file);

describe("the check of a task of a mesh", () => {
  if (process.env.UPDATE_GOLDEN) {
    const again = (each: Refused) => ({ ...each, told: told(each.containerDefinitions, each.options) });
    const all = Object.entries(refused).map(([about, cases]) => [
      about,
      Object.fromEntries(Object.entries(cases).map(([title, each]) => [title, again(each)])),
    ]);
    writeFileSync(join(folder, file), `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
  }

  for (const [about, cases] of Object.entries(refused)) {
    describe(`of ${about}`, () => {
      for (const [title, { containerDefinitions, options, told: expected }] of Object.entries(cases)) {
        it(`refuses ${title}`, () => {
          assert.notDeepEqual(expected, []);
          assert.deepEqual(told(containerDefinitions, options), expected);
        });
      }
    });
  }

  const tasks = readdirSync(folder)
    .filter((name) => name.endsWith(".input.json"))
    .map((name) => read(name));

  it("finds nothing wrong with tasks of which any parts are not known yet", () => {
    fc.assert(
      fc.property(fc.constantFrom(...tasks), fc.array(fc.nat(), { maxLength: 6 }), (task, choices) => {
        const { containerDefinitions, options } = choices.reduce(hideOne, task);
        assert.deepEqual(told(containerDefinitions, options), []);
      }),
      { numRuns: 2_000 },
    );
  });

  it("never throws, whatever is not known yet in what is refused", () => {
    const all = Object.values(refused).flatMap((cases) => Object.values(cases));
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.array(fc.nat(), { maxLength: 6 }), (each, choices) => {
        const { containerDefinitions, options } = choices.reduce(hideOne, each as never) as never as Refused;
        assert.ok(told(containerDefinitions, options).every((text) => text.length > 0));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The value with one of its parts, at any depth below the first, not known. */
function hideOne<T>(value: T, choice: number): T {
  const places: (readonly (string | number)[])[] = [];
  const walk = (part: unknown, path: readonly (string | number)[]) => {
    // Neither all containers nor all options at once: these are always there.
    if (path.length > 0 && !(path.length === 1 && path[0] === "options")) places.push(path);
    if (typeof part !== "object" || part === null || isUnknown(part)) return;
    const keys = Array.isArray(part) ? [...part.keys()] : Object.keys(part);
    for (const key of keys) walk((part as Record<string | number, unknown>)[key], [...path, key]);
  };
  walk(value, []);
  const place = places[choice % places.length] as readonly (string | number)[];
  const copy = structuredClone(hidden(value)) as T;
  return shown(replaced(copy, place)) as T;
}

/** Copies keep no identity: what is not known travels as a text of its own. */
const mark = "\u0000unknown";
const hidden = (value: unknown): unknown => mapped(value, (part) => (isUnknown(part) ? mark : part));
const shown = (value: unknown): unknown => mapped(value, (part) => (part === mark ? UNKNOWN : part));

function mapped(value: unknown, change: (part: unknown) => unknown): unknown {
  const part = change(value);
  if (typeof part !== "object" || part === null || isUnknown(part)) return part;
  if (Array.isArray(part)) return part.map((item) => mapped(item, change));
  return Object.fromEntries(Object.entries(part).map(([key, member]) => [key, mapped(member, change)]));
}

function replaced(value: unknown, [first, ...rest]: readonly (string | number)[]): unknown {
  if (first === undefined) return mark;
  const copy = value as Record<string | number, unknown>;
  copy[first] = replaced(copy[first], rest);
  return copy;
}
