/** A program that shows a resource, from which the languages' examples are written. */
export interface Example {
  readonly title: string;
  readonly resources: readonly Made[];
}

/** One resource of an example. */
export interface Made {
  readonly variable: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: { readonly [name: string]: Input };
}

export type Input =
  | string
  | number
  | boolean
  | Output
  | readonly Input[]
  | { readonly [name: string]: Input };

class Output {
  constructor(
    readonly variable: string,
    readonly property: string,
  ) {}
}

/** An output of another resource of the example. */
export const output = (variable: string, property: string): Output => new Output(variable, property);

/** The part of a description that shows the example; Pulumi's generators take what is in their own language. */
export function exampleSection(example: Example): string {
  return [
    "{{% examples %}}",
    "## Example Usage",
    "{{% example %}}",
    `### ${example.title}`,
    "",
    `\`\`\`typescript\n${typescript(example)}\`\`\``,
    "",
    `\`\`\`yaml\n${yaml(example)}\`\`\``,
    "{{% /example %}}",
    "{{% /examples %}}",
  ].join("\n");
}

export function typescript({ resources }: Example): string {
  const all = JSON.stringify(
    resources.map(({ inputs }) => inputs),
    (_, value) => (value instanceof Output ? `${value.variable}.` : value),
  );
  const statements = resources.map(({ variable, type, name, inputs }) => {
    const made = `new appmesh.${type}(${JSON.stringify(name)}, ${literal(inputs, "")});`;
    return all.includes(`"${variable}."`) ? `const ${variable} = ${made}` : made;
  });
  return `import * as appmesh from "@pulumi-appmesh/appmesh";\n\n${statements.join("\n\n")}\n`;
}

/** The longest line that a list or an object is written on. */
const WIDTH = 90;

function literal(value: Input, indent: string): string {
  if (value instanceof Output) return `${value.variable}.${value.property}`;
  if (typeof value !== "object") return JSON.stringify(value);
  const isList = Array.isArray(value);
  const render = (inner: string) =>
    isList
      ? (value as readonly Input[]).map((item) => literal(item, inner))
      : Object.entries(value).map(([key, member]) => `${key}: ${literal(member, inner)}`);
  const [open, close] = isList ? ["[", "]"] : ["{ ", " }"];
  const line = `${open}${render(indent).join(", ")}${close}`;
  if (!line.includes("\n") && indent.length + line.length <= WIDTH - 20) return line;
  const inner = `${indent}    `;
  const lines = render(inner).map((each) => `${inner}${each},\n`);
  return `${open.trim()}\n${lines.join("")}${indent}${close.trim()}`;
}

export function yaml({ resources }: Example): string {
  const parts = resources.map(
    ({ variable, type, name, inputs }) =>
      `  ${variable}:\n    type: appmesh:index:${type}\n    name: ${name}\n    properties:\n${members(inputs, "      ")}`,
  );
  return `resources:\n${parts.join("")}`;
}

const members = (value: { readonly [name: string]: Input }, indent: string): string =>
  Object.entries(value)
    .map(([key, member]) => `${indent}${key}:${below(member, `${indent}  `)}`)
    .join("");

function below(value: Input, indent: string): string {
  if (value instanceof Output) return ` \${${value.variable}.${value.property}}\n`;
  // JSON's texts are YAML's, too.
  if (typeof value !== "object")
    return ` ${typeof value === "string" && !/^[A-Za-z][\w.-]*$/.test(value) ? JSON.stringify(value) : value}\n`;
  if (!Array.isArray(value)) return `\n${members(value as { readonly [name: string]: Input }, indent)}`;
  const items = (value as readonly Input[]).map((item) => {
    const text = below(item, `${indent}  `);
    return `${indent}-${text.startsWith("\n") ? ` ${text.slice(1 + indent.length + 2)}` : text}`;
  });
  return `\n${items.join("")}`;
}
