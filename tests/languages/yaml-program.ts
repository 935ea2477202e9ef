// A program of Pulumi YAML against the provider's schema: every type, property, value and reference. There is no
// language host of YAML here that would run it.
import { schema } from "./examples.js";

interface Type {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: Type;
  readonly additionalProperties?: Type;
}
interface Members {
  readonly properties: Readonly<Record<string, Type>>;
  readonly required?: readonly string[];
}
type Values = Readonly<Record<string, unknown>>;

/** All that is wrong with a program of Pulumi YAML, each with its place. */
export function mistakes(program: {
  config?: Readonly<Record<string, { type: string }>>;
  resources?: Readonly<Record<string, { type: string; properties?: Values }>>;
  variables?: Readonly<Record<string, { "fn::invoke": { function: string; arguments?: Values } }>>;
  outputs?: Values;
}): string[] {
  const found: string[] = [];

  /** The type of what `${name}` or `${name.output}` stands for. */
  function referred(reference: string, at: string): Type | undefined {
    const [name = "", output, key] = reference.split(".");
    const setting = program.config?.[name];
    if (setting !== undefined && output === undefined) return { type: setting.type };
    const looked = schema.functions[program.variables?.[name]?.["fn::invoke"].function ?? ""]?.outputs;
    const resource = looked ?? schema.resources[program.resources?.[name]?.type ?? ""];
    const whole: Type | undefined =
      output === undefined ? undefined : output === "id" ? { type: "string" } : resource?.properties[output];
    const type = key === undefined ? whole : whole?.additionalProperties;
    if (type === undefined) found.push(`${at}: nothing is called ${reference}`);
    return type;
  }

  function check(type: Type, value: unknown, at: string): void {
    const [, reference] = typeof value === "string" ? (/^\$\{(.+)\}$/.exec(value) ?? []) : [];
    if (reference !== undefined) {
      const given = referred(reference, at);
      if (given !== undefined && given.type !== type.type)
        found.push(`${at}: ${reference} is of type ${given.type}, expected ${type.type}`);
    } else if (isObject(value) && "fn::secret" in value) check(type, value["fn::secret"], at);
    else if (type.$ref === "pulumi.json#/Any") return;
    else if (type.$ref !== undefined) named(schema.types[type.$ref.slice("#/types/".length)], value, at);
    else if (type.type === "array" && Array.isArray(value))
      for (const [index, item] of value.entries()) check(type.items ?? {}, item, `${at}[${index}]`);
    else if (type.type === "object" && isObject(value))
      for (const [key, item] of Object.entries(value))
        check(type.additionalProperties ?? {}, item, `${at}.${key}`);
    else if (type.type !== kind(value) && !(type.type === "number" && kind(value) === "integer"))
      found.push(`${at}: ${JSON.stringify(value)}, expected ${type.type}`);
  }

  function named(type: Members & { enum?: readonly { value: unknown }[] }, value: unknown, at: string): void {
    if (type.enum === undefined) members(type, value, at);
    else if (!type.enum.some((each) => each.value === value))
      found.push(
        `${at}: ${JSON.stringify(value)}, expected ${type.enum.map((each) => each.value).join(", ")}`,
      );
  }

  function members({ properties, required = [] }: Members, value: unknown, at: string): void {
    if (!isObject(value)) {
      found.push(`${at}: ${JSON.stringify(value)}, expected an object`);
      return;
    }
    for (const name of required) if (!(name in value)) found.push(`${at}: ${name} is missing`);
    for (const [name, member] of Object.entries(value)) {
      const type = properties[name];
      if (type === undefined) found.push(`${at}.${name}: no such property`);
      else check(type, member, `${at}.${name}`);
    }
  }

  for (const [name, { type, properties = {} }] of Object.entries(program.resources ?? {})) {
    const resource = schema.resources[type];
    if (resource === undefined) found.push(`${name}: no resource ${type}`);
    else
      members({ properties: resource.inputProperties, required: resource.requiredInputs }, properties, name);
  }
  for (const [name, { "fn::invoke": call }] of Object.entries(program.variables ?? {})) {
    const invoked = schema.functions[call.function];
    if (invoked === undefined) found.push(`${name}: no function ${call.function}`);
    else members(invoked.inputs, call.arguments ?? {}, name);
  }
  for (const [name, value] of Object.entries(program.outputs ?? {})) {
    const [, reference = String(value)] = /^\$\{(.+)\}$/.exec(String(value)) ?? [];
    referred(reference, `outputs.${name}`);
  }
  return found;
}

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const kind = (value: unknown) => (Number.isInteger(value) ? "integer" : typeof value);
