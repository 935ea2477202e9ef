import { entityTypes, type Kind } from "@pulumi-appmesh/model";
import { parseAllDocuments } from "yaml";
import type { Declared } from "../subjects/forms.js";
import { fromTemplate, isTemplate } from "./cloudformation.js";

type Members = Readonly<Record<string, unknown>>;

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
 * its output (`describe-*`), alone or in a list; a template of CloudFormation; Kubernetes objects.
 */
export function declaredIn(file: string, text: string): readonly InFile[] {
  const documents = parseAllDocuments(text, { logLevel: "silent", customTags: tagsOfTemplates });
  const found: InFile[] = [];
  for (const [index, document] of documents.entries()) {
    const [error] = document.errors;
    if (error) throw new UnreadableFile(`${file}: neither JSON nor YAML: ${error.message}`);
    const value = withoutNulls(document.toJS({ maxAliasCount: 100 }));
    if (value === undefined) continue;
    const read = fromDocument(file, value, documents.length === 1 ? "" : `document ${index + 1}`);
    if (read === undefined) {
      throw new UnreadableFile(
        `${file}${documents.length === 1 ? "" : `, document ${index + 1}`}: it is no input or output of the AWS CLI for App Mesh, ` +
          "no template of CloudFormation, and no Kubernetes object",
      );
    }
    found.push(...read);
  }
  return found;
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
  if ("apiVersion" in value && "kind" in value) return fromObject(file, value);
  const entity = fromCli(value as Members);
  return entity && [{ file, name: entity.name || place, type: entity.type, props: entity.props }];
}

function fromObject(file: string, value: Members): readonly InFile[] {
  if (value.kind === "List" && Array.isArray(value.items)) {
    return value.items.flatMap((item: Members) => fromObject(file, item));
  }
  const { apiVersion, kind, metadata } = value as { apiVersion: string; kind: string; metadata?: Members };
  const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  return [
    {
      file,
      name: `${kind} ${String(metadata?.name ?? "")}`,
      type: `kubernetes:${group}:${kind}`,
      props: value,
    },
  ];
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
    resolve: () => ({ [name === "Ref" ? "Ref" : `Fn::${name}`]: "" }),
  })),
);
