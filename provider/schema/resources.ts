import { entityTypes, type Kind, type Member } from "@pulumi-appmesh/model";
import { identityMembers, type ResourceType, resourceTypes, TAGS_DOC, words } from "../resources/types.js";
import { exampleId } from "./examples-of-functions.js";
import type { ObjectSpec, PropertySpec, ResourceSpec } from "./package-spec.js";
import { requiredOf, type Types } from "./types.js";

/** The entities of a mesh, by token. */
export function entityResources(types: Types): Record<string, ResourceSpec> {
  return Object.fromEntries([...resourceTypes].map(([token, type]) => [token, entityResource(type, types)]));
}

function entityResource(type: ResourceType, types: Types): ResourceSpec {
  const tags: PropertySpec = {
    type: "object",
    additionalProperties: { type: "string" },
    description: TAGS_DOC,
  };
  const inputProperties: Record<string, PropertySpec> = { ...types.properties(type.inputs), tags };
  for (const name of identityMembers(type)) {
    inputProperties[name] = { ...(inputProperties[name] as PropertySpec), willReplaceOnChanges: true };
  }
  const requiredInputs = requiredOf(type.inputs).required;
  const alwaysThere = [...(requiredInputs ?? []), ...type.nameMembers, ...Object.keys(type.outputs)];
  return {
    description: `${type.entity.doc}\n\n${importSection(type)}`,
    inputProperties,
    ...(requiredInputs && { requiredInputs }),
    properties: { ...inputProperties, ...types.properties(type.outputs) },
    required: [...new Set(alwaysThere)],
    listInputs: listInputs(type, types),
  };
}

/** What narrows a listing; the engine lists only what says so. */
function listInputs(type: ResourceType, types: Types): ObjectSpec {
  const narrowing = identityMembers(type).filter((name) => name !== type.entity.nameMember);
  const properties = narrowing.map((name): [string, PropertySpec] => [
    name,
    {
      ...types.of((type.inputs[name] as Member).shape),
      description:
        name === "meshOwner"
          ? "Account that owns the meshes to look into, twelve digits. Defaults to the provider's own account."
          : `Name of the ${words(kindNamed(name))} to look into. Unset, every one is looked into.`,
    },
  ]);
  return {
    type: "object",
    description: "What narrows the list.",
    properties: Object.fromEntries(properties),
  };
}

const kindNamed = (nameMember: string): Kind =>
  Object.values(entityTypes).find((entity) => entity.nameMember === nameMember)?.kind ?? "mesh";

function importSection(type: ResourceType): string {
  const parts = type.nameMembers.map((member) => `\`${member}\``).join(", ");
  const id = exampleId(type);
  const separated = type.nameMembers.length === 1 ? "" : ", separated by slashes";
  const shared =
    type.kind === "mesh"
      ? ""
      : ` In a mesh that another account shares, the account follows the mesh: \`${id.replace("/", "@111122223333/")}\`.`;
  return `## Import\n\nAn existing ${words(type.kind)} is imported by its ${parts}${separated}.${shared}\n\n\`\`\`sh\npulumi import ${type.token} example ${id}\n\`\`\``;
}
