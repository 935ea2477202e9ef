import type { Members, Shape, StructureShape } from "@pulumi-appmesh/model";
import type { EnumSpec, ObjectSpec, Properties, PropertySpec, TypeSpec } from "./package-spec.js";

/** Collects the named types that a schema's properties refer to. */
export class Types {
  readonly #specs = new Map<string, { spec: ObjectSpec | EnumSpec; shape: Shape }>();

  /** How a property of this shape is typed; structures and enums become named types on the way. */
  of(shape: Shape): TypeSpec {
    switch (shape.kind) {
      case "string":
      case "integer":
      case "number":
      case "boolean":
        return { type: shape.kind };
      case "list":
        return { type: "array", items: this.of(shape.item) };
      case "map":
        return { type: "object", additionalProperties: this.of(shape.item) };
      case "json":
        return { $ref: "pulumi.json#/Any" };
      case "enum":
        return this.#named(shape.name, shape, () => ({
          type: "string",
          description: shape.doc,
          enum: Object.entries<string>(shape.values).map(([value, description]) => ({
            name: enumMember(value),
            value,
            description,
          })),
        }));
      case "structure":
        return this.#named(shape.name, shape, () => this.#object(shape));
    }
  }

  properties(members: Members): Properties {
    return Object.fromEntries(
      Object.entries(members).map(([name, { shape, doc, secret }]): [string, PropertySpec] => [
        name,
        { ...this.of(shape), description: doc, ...(secret === true && { secret }) },
      ]),
    );
  }

  /** By token, in the order of their names. */
  all(): Readonly<Record<string, ObjectSpec | EnumSpec>> {
    const sorted = [...this.#specs].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, { spec }]) => [typeToken(name), spec]));
  }

  #object(shape: StructureShape): ObjectSpec {
    return {
      type: "object",
      description: shape.doc,
      properties: this.properties(shape.members),
      ...requiredOf(shape.members),
    };
  }

  #named(name: string, shape: Shape, make: () => ObjectSpec | EnumSpec): TypeSpec {
    const known = this.#specs.get(name);
    if (known === undefined) this.#specs.set(name, { spec: make(), shape });
    else if (known.shape !== shape) throw new Error(`two different shapes have the name ${name}`);
    return { $ref: `#/types/${typeToken(name)}` };
  }
}

export function requiredOf(members: Members): { required?: readonly string[] } {
  const required = Object.entries(members)
    .filter(([, member]) => member.required)
    .map(([name]) => name);
  return required.length === 0 ? {} : { required };
}

const typeToken = (name: string): string => `appmesh:index:${name}`;

/**
 * deadline-exceeded becomes DeadlineExceeded, GET becomes Get. Of these, languages make names in their own way (DEADLINE_EXCEEDED),
 * for which IPv4_ONLY is Ipv4Only, and X86_64 keeps what is between its numbers.
 */
function enumMember(value: string): string {
  return value
    .split(/-|_(?!\d)/)
    .map((part) => (/^([A-Z]+|IPv\d)$/.test(part) ? part.toLowerCase() : part))
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}
