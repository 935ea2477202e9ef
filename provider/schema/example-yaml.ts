import { stringify } from "yaml";
import { type Example, type Input, type Inputs, type Output, write } from "./example.js";

/** The example as a program of Pulumi YAML. */
export function yaml({ lookups = [], resources, outputs }: Example): string {
  const program = {
    ...(lookups.length > 0 && {
      variables: Object.fromEntries(
        lookups.map(({ variable, function: name, inputs }) => [
          variable,
          { "fn::invoke": { function: `appmesh:index:${name}`, arguments: members(inputs) } },
        ]),
      ),
    }),
    ...(resources.length > 0 && {
      resources: Object.fromEntries(
        resources.map(({ variable, type, name, inputs }) => [
          variable,
          { type: `appmesh:index:${type}`, name, properties: members(inputs) },
        ]),
      ),
    }),
    ...(outputs && { outputs: members(outputs) }),
  };
  return stringify(program, { lineWidth: 0, aliasDuplicateObjects: false });
}

const members = (inputs: Inputs): object =>
  Object.fromEntries(Object.entries(inputs).map(([key, member]) => [key, plain(member)]));

function plain(input: Input): unknown {
  return write<unknown>(input, {
    text: (content) => content.replaceAll(/\$(?=\{)/g, "$$$$"),
    scalar: (value) => value,
    output: ({ variable, property }: Output) => `\${${variable}.${property}}`,
    secret: (value) => ({ "fn::secret": value }),
    list: (items) => items.map(plain),
    object: members,
  });
}
