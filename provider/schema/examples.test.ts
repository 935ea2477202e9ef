import { deepStrictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { checkComponent } from "../components/check.js";
import type { ComponentType } from "../components/component.js";
import { componentTypes } from "../components/components.js";
import { functionTypes } from "../functions/types.js";
import { resources } from "../resources/resources.js";
import type { ObjectValue } from "../server/values.js";
import { examples } from "./examples.js";
import { functionExamples } from "./examples-of-functions.js";
import type { PackageSpec } from "./package-spec.js";
import { resolved } from "./resolved.test.support.js";

const schema: PackageSpec = JSON.parse(readFileSync(new URL("../../schema.json", import.meta.url), "utf8"));

describe("the examples", () => {
  it("are there for every resource, component and function, and for nothing else", () => {
    deepStrictEqual(Object.keys(examples).sort(), names(schema.resources));
    deepStrictEqual(Object.keys(functionExamples).sort(), names(schema.functions));
  });

  const names = (specs: object) =>
    Object.keys(specs)
      .map((token) => token.replace("appmesh:index:", ""))
      .sort();

  it("are in each description in every language", () => {
    for (const [token, { description }] of Object.entries({ ...schema.resources, ...schema.functions })) {
      const [, section = ""] = /\{\{% examples %\}\}(.*)\{\{% \/examples %\}\}/s.exec(description) ?? [];
      const languages = [...section.matchAll(/^```(\w+)\n/gm)].map(([, language]) => language);
      deepStrictEqual(languages, ["typescript", "python", "go", "csharp", "java", "yaml"], token);
    }
  });

  for (const [type, example] of Object.entries(examples)) {
    it(`give ${type} nothing that is refused`, () => {
      for (const { type: made, inputs, name } of example.resources) {
        const token = `appmesh:index:${made}`;
        const news = resolved(inputs, example) as ObjectValue;
        const failures =
          resources.get(token)?.check({ urnName: name, olds: {}, news, seed: new Uint8Array(32) }, {})
            .failures ?? checkComponent(componentTypes.get(token) as ComponentType, news);
        deepStrictEqual(failures, [], `${made} ${name}`);
      }
    });
  }

  it("ask each function for what it needs, and for nothing that it does not know", () => {
    for (const [token, { inputs }] of functionTypes) {
      const [lookup] = functionExamples[token.replace("appmesh:index:", "")]?.lookups ?? [];
      const needed = Object.keys(inputs).filter((name) => inputs[name]?.required);
      deepStrictEqual(Object.keys(lookup?.inputs ?? {}), needed, token);
    }
  });
});
