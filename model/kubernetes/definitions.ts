// The CustomResourceDefinitions of the seven kinds, as the API server of a cluster takes them.
import type { Shape, StructureShape } from "../shape.js";
import { type ObjectKind, objectKinds } from "./kinds.js";
import { apiGroup } from "./names.js";
import { membersInManifests } from "./words.js";

/** A JSON schema as Kubernetes has it. */
export type OpenApiSchema = { readonly [keyword: string]: unknown };

export interface CustomResourceDefinition {
  readonly apiVersion: "apiextensions.k8s.io/v1";
  readonly kind: "CustomResourceDefinition";
  readonly metadata: { readonly name: string };
  readonly spec: OpenApiSchema;
}

/** One definition for each kind, in the order in which a mesh is built. */
export const customResourceDefinitions = (): readonly CustomResourceDefinition[] =>
  objectKinds.map(definition);

function definition(kind: ObjectKind): CustomResourceDefinition {
  const singular = kind.kind.toLowerCase();
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${apiGroup}` },
    spec: {
      group: apiGroup,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular,
        categories: ["all"],
      },
      scope: kind.scope,
      versions: [
        {
          name: "v1beta2",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              description: kind.doc,
              type: "object",
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                spec: schemaOf(kind.spec),
                status: schemaOf(kind.status),
              },
              // As AWS's definitions have it: what stands beside spec and status is kept.
              "x-kubernetes-preserve-unknown-fields": true,
            },
          },
          subresources: { status: {} },
          additionalPrinterColumns: [
            ...(kind.arn === undefined
              ? []
              : [
                  {
                    name: "ARN",
                    type: "string",
                    jsonPath: `.status.${kind.arn}`,
                    description: "ARN of the entity",
                  },
                ]),
            { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
        },
      ],
    },
  };
}

/**
 * The schema of a value in a manifest. It asks for what the shapes of App Mesh's API ask for, member by member. As with
 * AWS's own definitions, which members exclude each other is left to the controller's webhooks and to the API, and so
 * are the patterns of names.
 */
export function schemaOf(shape: Shape): OpenApiSchema {
  switch (shape.kind) {
    case "string":
      return { type: "string", ...limits({ minLength: shape.minLength, maxLength: shape.maxLength }) };
    case "integer":
      return { type: "integer", format: "int64", ...limits({ minimum: shape.min, maximum: shape.max }) };
    case "number":
      return { type: "number", ...limits({ minimum: shape.min, maximum: shape.max }) };
    case "boolean":
      return { type: "boolean" };
    case "enum":
      return { type: "string", enum: Object.keys(shape.values) };
    case "list":
      return {
        type: "array",
        items: schemaOf(shape.item),
        ...limits({ minItems: shape.minItems, maxItems: shape.maxItems }),
      };
    case "map":
      return { type: "object", additionalProperties: schemaOf(shape.item) };
    case "json":
      return { "x-kubernetes-preserve-unknown-fields": true };
    case "structure":
      return structureSchema(shape);
  }
}

function structureSchema(shape: StructureShape): OpenApiSchema {
  const members = Object.entries(membersInManifests(shape));
  const required = members.filter(([, member]) => member.required).map(([name]) => name);
  return {
    description: shape.doc,
    type: "object",
    properties: Object.fromEntries(
      members.map(([name, member]) => [name, { ...schemaOf(member.shape), description: member.doc }]),
    ),
    ...(required.length > 0 && { required }),
  };
}

const limits = (given: Readonly<Record<string, number | undefined>>): OpenApiSchema =>
  Object.fromEntries(Object.entries(given).filter(([, limit]) => limit !== undefined));
