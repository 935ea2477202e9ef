import {
  type Example,
  type Input,
  type Inputs,
  type Looked,
  type Made,
  type Output,
  write,
} from "./example.js";

/**
 * The example in Pulumi's own configuration language, from which Pulumi's generators write it in other languages
 * (tools/sdk-gen).
 */
export function pcl({ lookups = [], resources, outputs = {} }: Example): string {
  return [
    ...lookups.map(lookup),
    ...resources.map(resource),
    ...Object.entries(outputs).map(([name, value]) => `output ${name} {\n  value = ${reference(value)}\n}\n`),
  ].join("\n");
}

const lookup = ({ variable, function: name, inputs }: Looked): string =>
  `${variable} = invoke("appmesh:index:${name}", ${value(inputs)})\n`;

function resource({ variable, type, name, inputs }: Made): string {
  const members = Object.entries({ __logicalName: name, ...inputs });
  const lines = members.map(([key, member]) => `  ${key} = ${value(member)}\n`);
  return `resource ${variable} "appmesh:index:${type}" {\n${lines.join("")}}\n`;
}

function value(input: Input): string {
  return write(input, {
    text,
    scalar: String,
    output: reference,
    secret: (hidden) => `secret(${text(hidden)})`,
    list: (items) => `[${items.map(value).join(", ")}]`,
    object: (members: Inputs) =>
      `{ ${Object.entries(members)
        .map(([key, member]) => `${/^[A-Za-z]\w*$/.test(key) ? key : text(key)} = ${value(member)}`)
        .join(", ")} }`,
  });
}

const reference = ({ variable, property }: Output): string => `${variable}.${property}`;

/** A text of JSON, in which nothing is a template. */
const text = (content: string): string => JSON.stringify(content).replaceAll(/[$%](?=\{)/g, "$&$&");
