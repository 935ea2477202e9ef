import { type Example, type Input, type Inputs, type Output, write } from "./example.js";
import type { ObjectSpec, PackageSpec, Properties, TypeSpec } from "./package-spec.js";

/**
 * The example as a program of Java. Pulumi's own writer of Java programs imports from a package that is not this
 * one's, takes the name of a variable for that of the resource, and gives enums as texts.
 */
export function java(example: Example, schema: PackageSpec): string {
  return new JavaProgram(example, schema).text();
}

const BASE = "io.pulumiappmesh.appmesh";

class JavaProgram {
  readonly #imports = new Set(["com.pulumi.Context", "com.pulumi.Pulumi"]);

  constructor(
    readonly example: Example,
    readonly schema: PackageSpec,
  ) {}

  text(): string {
    const { lookups = [], resources, outputs = {} } = this.example;
    const statements = [
      ...lookups.map(({ variable, function: name, inputs }) => {
        const { properties } = this.#function(name).inputs;
        const functions = this.#imported(`${BASE}.AppmeshFunctions`);
        const args = this.#imported(`${BASE}.inputs.${name.replace(/^g/, "G")}Args`);
        return `var ${variable} = ${functions}.${name}(${this.#built(args, inputs, properties, STEP)});`;
      }),
      ...resources.map(({ variable, type, name, inputs }) => {
        const { inputProperties } = this.#resource(type);
        const args = this.#imported(`${BASE}.${type}Args`);
        const built = this.#built(args, inputs, inputProperties, STEP);
        const made = `new ${this.#imported(`${BASE}.${type}`)}(${JSON.stringify(name)}, ${built});`;
        return this.#isUsed(variable) ? `var ${variable} = ${made}` : made;
      }),
      ...Object.entries(outputs).map(
        ([name, value]) => `ctx.export(${JSON.stringify(name)}, ${this.#reference(value)});`,
      ),
    ];
    const body = statements.map((each) => `${STEP}${each}\n`).join("\n");
    const imports = [...this.#imports].sort().map((each) => `import ${each};\n`);
    return `package program;

${imports.join("")}
public class App {
    public static void main(String[] args) {
        Pulumi.run(App::stack);
    }

    public static void stack(Context ctx) {
${body}    }
}
`;
  }

  #isUsed(variable: string): boolean {
    const { resources, outputs } = this.example;
    return JSON.stringify([resources, outputs]).includes(`{"variable":"${variable}","property":`);
  }

  #built(args: string, inputs: Inputs, properties: Properties, indent: string): string {
    const inner = `${indent}    `;
    const calls = Object.entries(inputs).map(([key, value]) => {
      const type = properties[key];
      if (type === undefined) throw new Error(`${args} has no ${key}`);
      // A list's items are given one beside the other.
      const given = Array.isArray(value)
        ? value.map((item: Input) => this.#value(item, type.items ?? {}, inner)).join(", ")
        : this.#value(value, type, inner);
      return `\n${inner}.${key}(${given})`;
    });
    return `${args}.builder()${calls.join("")}\n${inner}.build()`;
  }

  #value(value: Input, type: TypeSpec, indent: string): string {
    return write(value, {
      text: (content) => this.#text(content, type),
      scalar: (number) => (type.type === "number" ? Number(number).toFixed(1) : String(number)),
      output: (from) => this.#given(from),
      secret: (hidden) => `${this.#imported("com.pulumi.core.Output")}.ofSecret(${this.#text(hidden, type)})`,
      list: (items) =>
        `${this.#imported("java.util.List")}.of(${items
          .map((item) => this.#value(item, type.items ?? {}, indent))
          .join(", ")})`,
      object: (members) => {
        const named = this.#named(type);
        if (named?.type !== "object") return this.#map(members, type, indent);
        const args = this.#imported(`${BASE}.inputs.${typeName(type)}Args`);
        return this.#built(args, members, named.properties, indent);
      },
    });
  }

  #text(content: string, type: TypeSpec): string {
    const named = this.#named(type);
    if (named?.type !== "string") return JSON.stringify(content);
    const value = named.enum.find((each) => each.value === content);
    if (value === undefined) throw new Error(`${typeName(type)} has no ${content}`);
    return `${this.#imported(`${BASE}.enums.${typeName(type)}`)}.${value.name}`;
  }

  #map(members: Inputs, type: TypeSpec, indent: string): string {
    const map = this.#imported("java.util.Map");
    const inner = `${indent}    `;
    const entries = Object.entries(members).map(([key, value]) => {
      const given = this.#value(value, type.additionalProperties ?? {}, inner);
      return `${map}.entry(${JSON.stringify(key)}, ${given})`;
    });
    return entries.length === 0
      ? `${map}.of()`
      : `${map}.ofEntries(\n${inner}${entries.join(`,\n${inner}`)})`;
  }

  #reference({ variable, property }: Output): string {
    const isLookup = this.example.lookups?.some((each) => each.variable === variable);
    return isLookup ? `${variable}.applyValue(each -> each.${property}())` : `${variable}.${property}()`;
  }

  /** What is given on: an output that may be empty is none that inputs take. */
  #given(from: Output): string {
    const made = this.example.resources.find(({ variable }) => variable === from.variable);
    const { required = [] } = made === undefined ? {} : this.#resource(made.type);
    const isOptional = made !== undefined && !required.includes(from.property);
    return `${this.#reference(from)}${isOptional ? `.applyValue(${this.#imported("java.util.Optional")}::get)` : ""}`;
  }

  #imported(name: string): string {
    this.#imports.add(name);
    return name.slice(name.lastIndexOf(".") + 1);
  }

  #named({ $ref }: TypeSpec) {
    return $ref?.startsWith("#/types/") ? this.schema.types[$ref.slice("#/types/".length)] : undefined;
  }

  #resource(type: string) {
    const found = this.schema.resources[`appmesh:index:${type}`];
    if (found === undefined) throw new Error(`no resource ${type}`);
    return found;
  }

  #function(name: string): { inputs: ObjectSpec } {
    const found = this.schema.functions[`appmesh:index:${name}`];
    if (found === undefined) throw new Error(`no function ${name}`);
    return found;
  }
}

const STEP = "        ";
const typeName = ({ $ref = "" }: TypeSpec): string => $ref.slice($ref.lastIndexOf(":") + 1);
