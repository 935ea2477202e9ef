import { entityTypes } from "@pulumi-appmesh/model";
import type { Declared } from "../subjects/forms.js";
import { unknown } from "../subjects/known.js";

type Members = Readonly<Record<string, unknown>>;

export const isTemplate = (value: object): value is { readonly Resources: Members } =>
  "Resources" in value && typeof value.Resources === "object" && value.Resources !== null;

/** The App Mesh entities and task definitions of a template. What it computes is not known before it is deployed. */
export function fromTemplate(template: {
  readonly Resources: Members;
}): readonly (Declared & { readonly id: string })[] {
  return Object.entries(template.Resources).flatMap(([id, resource]) => {
    const { Type, Properties = {} } = resource as { Type?: unknown; Properties?: Members };
    const props = inApiWords(Properties) as Members;
    if (Type === "AWS::ECS::TaskDefinition") {
      return [{ id, type: "aws:ecs/taskDefinition:TaskDefinition", props: taskDefinition(props) }];
    }
    const type = Object.values(entityTypes).find(({ title }) => Type === `AWS::AppMesh::${title}`);
    if (type === undefined) return [];
    const tags = Array.isArray(props.tags)
      ? {
          tags: Object.fromEntries(
            props.tags.map(({ key, value }: { key: string; value: unknown }) => [key, value]),
          ),
        }
      : {};
    // A mesh, like all the others, may be named by CloudFormation itself.
    return [
      { id, type: `appmesh:index:${type.title}`, props: { [type.nameMember]: unknown, ...props, ...tags } },
    ];
  });
}

/** What stands for a value that is computed when the template is deployed. */
const computed = (value: Members): boolean =>
  Object.keys(value).length === 1 &&
  Object.keys(value).every((key) => key === "Ref" || key.startsWith("Fn::"));

function inApiWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inApiWords);
  if (typeof value !== "object" || value === null) return value;
  if (computed(value as Members)) return unknown;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [apiWord(name), inApiWords(each)]));
}

/** `TLS`, `HTTP2` and `AWSCloudMap` are tls, http2 and awsCloudMap; all others begin with a small letter. */
const apiWord = (name: string): string =>
  name.replace(/^([A-Z0-9]+)(?=[A-Z][a-z]|$)|^[A-Z]/, (start) => start.toLowerCase());

/** The proxy's properties are a list of names and values here, and an object in Pulumi's words. */
function taskDefinition(props: Members): Members {
  const proxy = props.proxyConfiguration as Members | typeof unknown | undefined;
  if (proxy === undefined || proxy === unknown) return props;
  const list = (proxy as { proxyConfigurationProperties?: { name: string; value: unknown }[] })
    .proxyConfigurationProperties;
  const properties = Object.fromEntries((list ?? []).map(({ name, value }) => [name, value]));
  return { ...props, proxyConfiguration: { ...(proxy as Members), properties } };
}
