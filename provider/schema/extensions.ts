import { meshSettings } from "../extensions/mesh-settings.js";
import type { PropertySpec, ResourceSpec } from "./package-spec.js";
import { requiredOf, type Types } from "./types.js";

/** What a mesh has beside App Mesh's entities, by token. */
export function extensionResources(types: Types): Record<string, ResourceSpec> {
  const { token, doc, inputs } = meshSettings;
  const { required = [] } = requiredOf(inputs);
  const properties = types.properties(inputs);
  return {
    [token]: {
      description: doc,
      inputProperties: {
        ...properties,
        meshName: { ...(properties.meshName as PropertySpec), willReplaceOnChanges: true },
      },
      requiredInputs: required,
      properties,
      required,
    },
  };
}
