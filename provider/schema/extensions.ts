import { extensions } from "../extensions/extensions.js";
import type { PropertySpec, ResourceSpec } from "./package-spec.js";
import { requiredOf, type Types } from "./types.js";

/** What a mesh has beside App Mesh's entities, by token. */
export const extensionResources = (types: Types): Record<string, ResourceSpec> =>
  Object.fromEntries(
    extensions.map(({ token, doc, inputs, identity }) => {
      const properties = types.properties(inputs);
      const { required = [] } = requiredOf(inputs);
      const replacing = Object.fromEntries(
        identity.map((name) => [name, { ...(properties[name] as PropertySpec), willReplaceOnChanges: true }]),
      );
      return [
        token,
        {
          description: doc,
          inputProperties: { ...properties, ...replacing },
          requiredInputs: required,
          properties,
          required,
        },
      ];
    }),
  );
