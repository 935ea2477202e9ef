import { type Example, exampleSection, type Programs } from "./example.js";
import { java } from "./example-java.js";
import { pcl } from "./example-pcl.js";
import { yaml } from "./example-yaml.js";
import { examples } from "./examples.js";
import { functionExamples } from "./examples-of-functions.js";
import type { PackageSpec } from "./package-spec.js";

/** The example of every resource, component and function, by its name. */
export const allExamples: Readonly<Record<string, Example>> = { ...examples, ...functionExamples };

/** What Pulumi's generators write each example from. */
export const pclPrograms = (): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(allExamples).map(([name, example]) => [name, pcl(example)]));

/** Examples in the languages that Pulumi's generators write, by language and name. */
export type Generated = Readonly<
  Record<"typescript" | "python" | "go" | "csharp", Readonly<Record<string, string>>>
>;

/** The schema with an example of each language in every resource's, component's and function's description. */
export function withExamples(schema: PackageSpec, generated: Generated): PackageSpec {
  const described = <T extends { readonly description: string }>(specs: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(specs).map(([token, spec]) => {
        const name = token.replace("appmesh:index:", "");
        const example = allExamples[name];
        if (example === undefined) throw new Error(`${name} has no example`);
        const section = exampleSection(example, programs(name, example, schema, generated));
        const [text, ...sections] = spec.description.split(/\n\n(?=## )/);
        return [token, { ...spec, description: [text, section, ...sections].join("\n\n") }];
      }),
    );
  return { ...schema, resources: described(schema.resources), functions: described(schema.functions) };
}

function programs(name: string, example: Example, schema: PackageSpec, generated: Generated): Programs {
  const from = (language: keyof Generated): string => {
    const program = generated[language][name];
    if (program === undefined) throw new Error(`the example ${name} is not written in ${language}`);
    return program;
  };
  return {
    typescript: from("typescript"),
    python: from("python"),
    go: from("go"),
    csharp: from("csharp"),
    java: java(example, schema),
    yaml: yaml(example),
  };
}
