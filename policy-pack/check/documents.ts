import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { type Document, parseAllDocuments } from "yaml";
import type { Declared } from "../subjects/forms.js";
import { fromTemplate, isTemplate } from "./cloudformation.js";
import { isMembers, type Members } from "./members.js";
import { inPulumiWords } from "./task-definition.js";

/** Something that a file declares. */
export interface InFile extends Declared {
  readonly file: string;
  /** What the file calls it: a logical id, a name, a place. */
  readonly name: string;
}

/** A file that cannot be read as any of the known forms. */
export class UnreadableFile extends Error {
  override readonly name = "UnreadableFile";
}

/**
 * What a file declares. JSON and YAML are taken, one or several documents of: input of the AWS CLI (`--cli-input-json`) or
 * its output (`describe-*`), alone or in a list, of task definitions as well; a template of CloudFormation; Kubernetes objects.
 */
export function declaredIn(file: string, text: string): readonly InFile[] {
  const documents = parseAllDocuments(text, { logLevel: "silent", merge: true, customTags: tagsOfTemplates });
  const found: InFile[] = [];
  for (const [index, document] of documents.entries()) {
    const value = withoutNulls(valueOf(document, file));
    if (value === undefined) continue;
    const read = fromDocument(file, value, documents.length === 1 ? "" : `document ${index + 1}`);
    if (read === undefined) {
      throw new UnreadableFile(
        `${file}${documents.length === 1 ? "" : `, document ${index + 1}`}: it is no input or output of the AWS CLI for App Mesh or of a task definition, ` +
          "no template of CloudFormation, and no Kubernetes object",
      );
    }
    found.push(...read);
  }
  return found;
}

function valueOf(document: Document, file: string): unknown {
  const [error] = document.errors;
  if (error) throw new UnreadableFile(`${file}: neither JSON nor YAML: ${error.message}`);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Aliases of what there is not, and of so much that nobody could have written it.
    if (!(error instanceof ReferenceError)) throw error;
    throw new UnreadableFile(`${file}: neither JSON nor YAML: ${error.message}`);
  }
}

/** What a value declares that is read already; undefined where it is of none of the known forms. */
export const declaredBy = (file: string, value: unknown): readonly InFile[] | undefined =>
  fromDocument(file, withoutNulls(value), "");

/** What is null counts as not given, as for those that read the files themselves. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value ?? undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null ? [] : [[name, withoutNulls(member)]],
    ),
  );
}

function fromDocument(file: string, value: unknown, place: string): readonly InFile[] | undefined {
  if (Array.isArray(value)) {
    const all = value.map((each, index) => fromDocument(file, each, `${place}[${index}]`));
    return all.every((each) => each !== undefined) ? all.flat() : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (isTemplate(value)) {
    return fromTemplate(value).map(({ id, ...declared }) => ({ file, name: id, ...declared }));
  }
  const objects = fromObject(file, value as Members);
  if (objects !== undefined) return objects;
  const entity = fromCli(value as Members) ?? fromTaskDefinition(value as Members);
  return entity && [{ file, name: entity.name || place, type: entity.type, props: entity.props }];
}

/** An object of Kubernetes, or a list of some: undefined where it is none, or one in it. */
function fromObject(file: string, value: Members): readonly InFile[] | undefined {
  const { apiVersion, kind, metadata, items } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  if (kind.endsWith("List") && Array.isArray(items)) {
    const all = items.map((item) => (isMembers(item) ? fromObject(file, item) : undefined));
    return all.every((each) => each !== undefined) ? all.flat() : undefined;
  }
  const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  const { name } = (metadata ?? {}) as { readonly name?: unknown };
  return [{ file, name: `${kind} ${String(name ?? "")}`, type: `kubernetes:${group}:${kind}`, props: value }];
}

/** Input has the entity's name beside its spec; output has the same one level deeper, or is the entity itself. */
function fromCli(
  value: Members,
): { readonly type: string; readonly props: Members; readonly name: string } | undefined {
  for (const { kind } of Object.values(entityTypes)) {
    const inner = value[kind];
    if (typeof inner === "object" && inner !== null && Object.keys(value).length === 1)
      return fromCli(inner as Members);
  }
  const kind = kindOf(value);
  if (kind === undefined) return undefined;
  const { nameMember, title } = entityTypes[kind];
  const tags = Array.isArray(value.tags)
    ? {
        tags: Object.fromEntries(
          value.tags.map(({ key, value: text }: { key: string; value: string }) => [key, text]),
        ),
      }
    : {};
  return {
    type: `appmesh:index:${title}`,
    props: { ...value, ...tags },
    name: `${kind} ${String(value[nameMember])}`,
  };
}

/** Input of `aws ecs register-task-definition`, or output that has it in it. */
function fromTaskDefinition({
  taskDefinition,
  ...own
}: Members): { readonly type: string; readonly props: Members; readonly name: string } | undefined {
  if (isMembers(taskDefinition)) return fromTaskDefinition(taskDefinition);
  if (!Array.isArray(own.containerDefinitions)) return undefined;
  return {
    type: "aws:ecs/taskDefinition:TaskDefinition",
    props: inPulumiWords(own, "properties"),
    name: `taskDefinition ${String(own.family ?? "")}`.trim(),
  };
}

/** The innermost entity that is named: a route names its router and its mesh too. */
function kindOf(value: Members): Kind | undefined {
  if (typeof value.meshName !== "string") return undefined;
  const named = Object.values(entityTypes).filter(({ nameMember }) => typeof value[nameMember] === "string");
  return (
    named.find(
      ({ kind }) => !named.some(({ parent }) => parent === kind && parent !== "mesh") && kind !== "mesh",
    )?.kind ?? "mesh"
  );
}

/** What templates of CloudFormation write as tags of YAML: values that are known once they are deployed. */
const tagsOfTemplates = [
  "Ref",
  "Sub",
  "GetAtt",
  "ImportValue",
  "Join",
  "Select",
  "If",
  "FindInMap",
  "Split",
  "Base64",
  "Length",
  "ToJsonString",
  "Cidr",
  "GetAZs",
  "Transform",
  "Equals",
  "And",
  "Or",
  "Not",
  "Condition",
].flatMap((name) =>
  (["scalar", "seq", "map"] as const).map((kind) => ({
    tag: `!${name}`,
    ...(kind === "scalar" ? {} : { collection: kind }),
    // What is in lists of theirs is of no use.
    resolve: (value: unknown) => ({ [`Fn::${name}`]: typeof value === "string" ? value : "" }),
  })),
);
