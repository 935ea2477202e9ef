import { entityTypes } from "@pulumi-appmesh/model";
import { lineageNames } from "../subjects/appmesh.js";
import { type Declared, openType } from "../subjects/forms.js";
import { unknown } from "../subjects/known.js";
import { byName, isMembers, type Members } from "./members.js";
import { inPulumiWords } from "./task-definition.js";

export const isTemplate = (value: object): value is { readonly Resources: Members } =>
  "Resources" in value && typeof value.Resources === "object" && value.Resources !== null;

type Template = { readonly Resources: Members };
type InTemplate = Declared & { readonly id: string };

/**
 * The App Mesh entities, task definitions, roles and policies of a template. What it computes is not known before it is
 * deployed.
 */
export const fromTemplate = ({ Resources }: Template): readonly InTemplate[] =>
  fromResources(withNames(Resources, Resources) as Members);

const fromResources = (resources: Members): readonly InTemplate[] =>
  Object.entries(resources).flatMap(([id, resource]) => {
    if (id.startsWith("Fn::")) return fromFunction(id, resource);
    const { Type, Properties = {} } = resource as { Type?: unknown; Properties?: unknown };
    return Object.hasOwn(readers, String(Type)) ? (readers[String(Type)]?.(id, Properties) ?? []) : [];
  });

/** A loop's resources are judged as it has them, once; what a transform brings in is known once it is deployed. */
function fromFunction(id: string, value: unknown): readonly InTemplate[] {
  const [, , body] = id.startsWith("Fn::ForEach::") && Array.isArray(value) ? value : [];
  return typeof body === "object" && body !== null && !Array.isArray(body)
    ? fromResources(body as Members)
    : [{ id, type: openType, props: {} }];
}

/** By type: what becomes of its properties. */
const readers: Readonly<Record<string, (id: string, properties: unknown) => readonly InTemplate[]>> = {
  ...Object.fromEntries(
    Object.values(entityTypes).map((type) => [
      `AWS::AppMesh::${type.title}`,
      (id: string, properties: unknown) => {
        const props = inApiWords(properties);
        const none = Object.fromEntries(
          ["meshName", ...lineageNames(type.kind), "spec", "tags"].map((member) => [member, unknown]),
        );
        // A mesh, like all the others, may be named by CloudFormation itself.
        const read = isMembers(props)
          ? { [type.nameMember]: unknown, ...props, ...("tags" in props && { tags: tagsOf(props.tags) }) }
          : none;
        return [{ id, type: `appmesh:index:${type.title}`, props: read }];
      },
    ]),
  ),
  "AWS::ECS::TaskDefinition": (id, properties) => {
    const props = inApiWords(properties);
    const read = isMembers(props)
      ? inPulumiWords(props, "proxyConfigurationProperties")
      : { containerDefinitions: unknown };
    return [{ id, type: "aws:ecs/taskDefinition:TaskDefinition", props: read }];
  },
  "AWS::IAM::Role": (id, properties) => {
    const { AssumeRolePolicyDocument, Policies, ManagedPolicyArns } = membersOf(asKnown(properties));
    const inlinePolicies = Array.isArray(Policies)
      ? Policies.map((each) => (each === unknown ? each : { policy: membersOf(each).PolicyDocument }))
      : Policies;
    const props = { assumeRolePolicy: AssumeRolePolicyDocument, inlinePolicies };
    return [{ id, type: "aws:iam/role:Role", props: { ...props, managedPolicyArns: ManagedPolicyArns } }];
  },
  "AWS::IAM::Policy": policy,
  "AWS::IAM::ManagedPolicy": policy,
};

function policy(id: string, properties: unknown): readonly InTemplate[] {
  const { PolicyDocument } = membersOf(asKnown(properties));
  return [{ id, type: "aws:iam/policy:Policy", props: { policy: PolicyDocument } }];
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const membersOf = (value: unknown): Members => (isMembers(value) ? value : {});

/** Whether an object stands for a value that is computed, or has members that a function adds to it. */
const isComputed = (value: Members): boolean => {
  const names = Object.keys(value);
  return names.some((name) => name.startsWith("Fn::")) || (names.length === 1 && names[0] === "Ref");
};

const getAttribute = "Fn::GetAtt";

/** A value in which the names of a template's own entities stand where they are asked for, as far as it gives them as texts. */
function withNames(value: unknown, resources: Members): unknown {
  if (Array.isArray(value)) return value.map((each) => withNames(each, resources));
  if (!isMembers(value)) return value;
  const [[member, given] = [], ...others] = Object.entries(value);
  const name = member === getAttribute && others.length === 0 ? nameIn(resources, given) : undefined;
  return (
    name ??
    Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withNames(each, resources)]))
  );
}

/** What `Mesh.MeshName` and `[Mesh, MeshName]` stand for: an entity's attributes that are called as its properties are the same. */
function nameIn(resources: Members, attribute: unknown): string | undefined {
  const [id, member] = typeof attribute === "string" ? attribute.split(".") : listOf(attribute);
  const { Type, Properties } = membersOf(resources[String(id)]);
  const name = membersOf(Properties)[String(member)];
  return String(Type).startsWith("AWS::AppMesh::") && typeof name === "string" ? name : undefined;
}

/** A value with `unknown` in the place of what is computed when the template is deployed. */
function asKnown(value: unknown, wordOf = (name: string) => name): unknown {
  if (Array.isArray(value)) return value.map((each) => asKnown(each, wordOf));
  if (!isMembers(value)) return value;
  if (isComputed(value)) return unknown;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [wordOf(name), asKnown(each, wordOf)]),
  );
}

/** `TLS`, `HTTP2` and `AWSCloudMap` are tls, http2 and awsCloudMap; all others begin with a small letter. */
const apiWord = (name: string): string =>
  name.replace(/^([A-Z0-9]+)(?=[A-Z][a-z]|$)|^[A-Z]/, (start) => start.toLowerCase());

const inApiWords = (value: unknown): unknown => asKnown(value, apiWord);

const tagsOf = (tags: unknown): unknown => byName(tags, "key");
