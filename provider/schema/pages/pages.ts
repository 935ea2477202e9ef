import type { EnumSpec, FunctionSpec, ObjectSpec, PackageSpec, ResourceSpec } from "../package-spec.js";
import { described } from "./description.js";
import { anchor, typeName } from "./names.js";
import { table } from "./table.js";

/**
 * The reference of the package, of nothing but its schema: a page for each resource, component and function, one of all
 * their types, and one that leads to them. By the name of the file, in docs/reference.
 */
export function pages(schema: PackageSpec): ReadonlyMap<string, string> {
  const resources = Object.entries(schema.resources);
  const made: Group = ["Resources", resources.filter(([, each]) => !each.isComponent), resource];
  const whole: Group = ["Components", resources.filter(([, each]) => each.isComponent), resource];
  const looked: Group = ["Functions", Object.entries(schema.functions), called];
  const groups = [made, whole, looked];
  const own = groups.flatMap(([, specs, page]) =>
    specs.map(([token, spec]): [string, string] => [fileOf(token), page(typeName(token), spec as never)]),
  );
  return new Map([
    ["README.md", contents(schema, groups)],
    ["provider.md", provider(schema)],
    ...own,
    ["types.md", types(schema)],
  ]);
}

type Spec = ResourceSpec | FunctionSpec;
type Group = readonly [
  title: string,
  specs: readonly (readonly [string, Spec])[],
  page: (name: string, spec: never) => string,
];

const GENERATED = "<!-- Written by `npm run sdk` of provider/schema.json: changes here are lost. -->";

const page = (...parts: readonly string[]): string =>
  `${[GENERATED, ...parts].filter((part) => part !== "").join("\n\n")}\n`;

/** appmesh:index:getVirtualNode is described in get-virtual-node.md. */
const fileOf = (token: string): string =>
  `${typeName(token)
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-")
    .toLowerCase()}.md`;

function contents({ description }: PackageSpec, groups: readonly Group[]): string {
  const lists = groups.map(([title, specs]) => {
    const items = specs.map(
      ([token, spec]) => `- [${typeName(token)}](${fileOf(token)}): ${described(spec).summary}`,
    );
    return `## ${title}\n\n${items.join("\n")}`;
  });
  return page(
    "# Reference of the Pulumi package",
    description,
    "- [The provider's settings](provider.md)\n- [Types](types.md) of what is in inputs and outputs",
    ...lists,
  );
}

function provider({ provider: { description, inputProperties } }: PackageSpec): string {
  const rows = Object.entries(inputProperties).map(([name, property]) => {
    const variables = property.defaultInfo?.environment.map((each) => `environment: \`${each}\``) ?? [];
    return [name, property, [...(property.secret ? ["secret"] : []), ...variables]] as const;
  });
  return page("# Provider", description, table("Setting", rows));
}

function resource(name: string, spec: ResourceSpec): string {
  const { text, example, sections } = described(spec);
  const inputs = Object.entries(spec.inputProperties).map(([input, property]) => {
    const isRequired = spec.requiredInputs?.includes(input) ?? false;
    const marks = [
      ...(isRequired ? ["required"] : []),
      ...(property.willReplaceOnChanges ? ["a change replaces it"] : []),
      ...(property.plain ? ["must be known in the preview"] : []),
      ...(property.secret ? ["secret"] : []),
    ];
    return [input, property, marks] as const;
  });
  const outputs = Object.entries(spec.properties)
    // Whatever a resource is given is among its outputs, too.
    .filter(([output]) => spec.isComponent || !(output in spec.inputProperties))
    .map(([output, property]) => {
      const mayBeUnset = !(spec.required?.includes(output) ?? false);
      return [
        output,
        property,
        [...(mayBeUnset ? ["may be unset"] : []), ...(property.secret ? ["secret"] : [])],
      ] as const;
    });
  return page(
    `# ${name}`,
    text,
    example,
    `## Inputs\n\n${table("Input", inputs)}`,
    `## Outputs\n\n${spec.isComponent ? "" : "All inputs, and:\n\n"}${table("Output", outputs)}`,
    ...sections,
  );
}

function called(name: string, spec: FunctionSpec): string {
  const { text, example } = described(spec);
  const given = members(spec.inputs);
  return page(
    `# ${name}`,
    text,
    example,
    given.length === 0 ? "" : `## Inputs\n\n${table("Input", given)}`,
    `## Outputs\n\n${table("Output", members(spec.outputs, "may be unset"))}`,
  );
}

/** The members of an object, each marked where it is required, or where it is not. */
function members({ properties, required = [] }: ObjectSpec, unset?: string) {
  return Object.entries(properties).map(([name, property]) => {
    const isRequired = required.includes(name);
    const marks = unset === undefined ? (isRequired ? ["required"] : []) : isRequired ? [] : [unset];
    return [name, property, [...marks, ...(property.plain ? ["must be known in the preview"] : [])]] as const;
  });
}

function types({ types: specs }: PackageSpec): string {
  const sections = Object.entries(specs).map(([token, spec]) => {
    const body = "enum" in spec ? values(spec) : table("Member", members(spec));
    return [`<a id="${anchor(token)}"></a>\n\n## ${typeName(token)}`, spec.description, body].join("\n\n");
  });
  return page("# Types", "What inputs and outputs consist of.", ...sections);
}

const values = ({ enum: all }: EnumSpec): string =>
  all.map(({ value, description }) => `- \`${value}\`: ${description}`).join("\n");
