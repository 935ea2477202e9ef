import { deepStrictEqual } from "node:assert/strict";
import { checkComponent } from "../components/check.js";
import type { ComponentType } from "../components/component.js";
import { componentTypes } from "../components/components.js";
import { checkResource } from "../resources/check.js";
import { resourceTypes } from "../resources/types.js";
import type { ObjectValue } from "../server/values.js";
import type { Example, Input } from "./example.js";
import { exampleOf, examples } from "./examples.js";
import { packageSpec } from "./package.js";

/** The inputs with what other resources of the example give them. */
function resolved(value: Input, { resources }: Example): unknown {
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => resolved(item, { title: "", resources }));
  if ("variable" in value && "property" in value) {
    const made = resources.find(({ variable }) => variable === value.variable);
    return made?.inputs[value.property as string];
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, resolved(member, { title: "", resources })]),
  );
}

describe("the examples", () => {
  it("are there for every resource and component, in its description", () => {
    const { resources } = packageSpec();
    deepStrictEqual(
      Object.keys(resources).sort(),
      Object.keys(examples)
        .map((type) => `appmesh:index:${type}`)
        .sort(),
    );
    for (const [token, { description }] of Object.entries(resources)) {
      const shown = exampleOf(token.replace("appmesh:index:", ""));
      deepStrictEqual(description.includes(shown), true, token);
    }
  });

  for (const [type, example] of Object.entries(examples)) {
    it(`give ${type} nothing that is refused`, () => {
      for (const { type: made, inputs, name } of example.resources) {
        const token = `appmesh:index:${made}`;
        const news = resolved(inputs, example) as ObjectValue;
        const resource = resourceTypes.get(token);
        const failures =
          resource === undefined
            ? checkComponent(componentTypes.get(token) as ComponentType, news)
            : checkResource(resource, { urnName: name, olds: {}, news, seed: new Uint8Array(32) }).failures;
        deepStrictEqual(failures, [], `${made} ${name}`);
      }
    });
  }
});
