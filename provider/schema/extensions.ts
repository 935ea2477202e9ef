import { extensions } from "../extensions/extensions.js";
import type { Properties, PropertySpec, ResourceSpec } from "./package-spec.js";
import { requiredOf, type Types } from "./types.js";

/** What a mesh has beside App Mesh's entities, by token. */
export const extensionResources = (types: Types): Record<string, ResourceSpec> =>
  Object.fromEntries(
    extensions.map(({ token, doc, inputs, outputs, secrets, identity }) => {
      const given = types.properties(inputs);
      const { required: requiredInputs = [] } = requiredOf(inputs);
      const { required = [] } = requiredOf({ ...inputs, ...outputs });
      const replacing = changed(given, identity, (property) => ({ ...property, willReplaceOnChanges: true }));
      const added = changed(types.properties(outputs), secrets, (property) => ({
        ...property,
        secret: true,
      }));
      return [
        token,
        {
          description: doc,
          inputProperties: replacing,
          requiredInputs,
          properties: { ...given, ...added },
          required,
        },
      ];
    }),
  );

const changed = (
  properties: Properties,
  names: readonly string[],
  change: (property: PropertySpec) => PropertySpec,
): Properties =>
  Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      names.includes(name) ? change(property) : property,
    ]),
  );
