import type { Members } from "@pulumi-appmesh/model";
import type { ComponentType } from "../components/component.js";
import { componentTypes } from "../components/components.js";
import type { Properties, PropertySpec, ResourceSpec, TypeSpec } from "./package-spec.js";
import { requiredOf, type Types } from "./types.js";

/** The components, by token. */
export function components(types: Types): Record<string, ResourceSpec> {
  return Object.fromEntries([...componentTypes].map(([token, type]) => [token, component(type, types)]));
}

function component(type: ComponentType, types: Types): ResourceSpec {
  const { inputs, outputs, plain = [], secrets = [] } = type;
  const { required: requiredInputs = [] } = requiredOf(inputs);
  const { required = [] } = requiredOf(outputs);
  return {
    description: type.doc,
    isComponent: true,
    inputProperties: marked(inputs, plain, asPlain, types),
    requiredInputs,
    properties: marked(outputs, secrets, (property) => ({ ...property, secret: true }), types),
    required,
  };
}

function marked(
  members: Members,
  names: readonly string[],
  mark: (property: PropertySpec) => PropertySpec,
  types: Types,
): Properties {
  return Object.fromEntries(
    Object.entries(types.properties(members)).map(([name, property]) => [
      name,
      names.includes(name) ? mark(property) : property,
    ]),
  );
}

/** What must be known before anything is made, and so must the objects in it, though not their members. */
function asPlain(property: PropertySpec): PropertySpec {
  const within = (type: TypeSpec): TypeSpec => (type.$ref === undefined ? type : { ...type, plain: true });
  return {
    ...property,
    ...(property.items && { items: within(property.items) }),
    ...(property.additionalProperties && { additionalProperties: within(property.additionalProperties) }),
    plain: true,
  };
}
